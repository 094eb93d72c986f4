"""The auditors' pages under ``/admin/evidence/``."""

from django.urls import path

from portal.evidence import map_views, views

app_name = "evidence"
urlpatterns = [
    path("", views.packs, name="packs"),
    path("inventory/", map_views.data_inventory, name="inventory"),
    path("promises/", map_views.policy_map, name="promises"),
    path("<slug:reference>/pack/", views.download, name="download"),
    path("<slug:reference>/receipt/", views.receipt, name="receipt"),
]
