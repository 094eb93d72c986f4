"""Addresses for machines."""

from django.urls import URLPattern, URLResolver, path, register_converter

from portal.fronts.api import docs, health, ledger
from portal.fronts.api.v1 import api

register_converter(ledger.TileLevel, "tile_level")
register_converter(ledger.TileNumber, "tile_number")
register_converter(ledger.TileWidth, "tile_width")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("api/v1/docs", docs.docs, name="api-docs"),
    path("api/v1/", api.urls),
    path("ledger/checkpoint", ledger.checkpoint, name="ledger-checkpoint"),
    path("ledger/keys.json", ledger.keys, name="ledger-keys"),
    path("ledger/policy", ledger.policy, name="ledger-policy"),
    path("ledger/tile/entries/<tile_number:number>", ledger.entries, name="ledger-entries"),
    path("ledger/tile/entries/<tile_number:number>.p/<tile_width:width>", ledger.entries, name="ledger-entries-part"),
    path("ledger/tile/<tile_level:level>/<tile_number:number>", ledger.tile, name="ledger-tile"),
    path(
        "ledger/tile/<tile_level:level>/<tile_number:number>.p/<tile_width:width>", ledger.tile, name="ledger-tile-part"
    ),
    path("readyz", health.readyz, name="readyz"),
]
