"""Addresses for machines."""

from django.urls import URLPattern, URLResolver, path

from portal.api import health
from portal.api.v1 import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("api/v1/", api.urls),
    path("readyz", health.readyz, name="readyz"),
]
