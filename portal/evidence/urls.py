"""The auditors' pages under ``/admin/evidence/``."""

from django.urls import path

from portal.evidence import views

app_name = "evidence"
urlpatterns = [
    path("", views.packs, name="packs"),
    path("<slug:reference>/pack/", views.download, name="download"),
    path("<slug:reference>/receipt/", views.receipt, name="receipt"),
]
