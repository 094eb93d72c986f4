"""The auditors' pages under ``/admin/evidence/``."""

from django.urls import path

from portal.fronts.evidence import (
    attestation_views,
    control_views,
    policy_map_views,
    report_views,
    request_views,
    sample_views,
    views,
)
from portal.fronts.evidence.person import views as person_views

app_name = "evidence"
urlpatterns = [
    path("", views.packs, name="packs"),
    path("attestations/<str:promise>/", attestation_views.attest, name="attestation"),
    path("attestations/<int:number>/file/", attestation_views.attestation_file, name="attestation-file"),
    path("controls/", control_views.control_list, name="controls"),
    path("inventory/", policy_map_views.data_inventory, name="inventory"),
    path("people/<uuid:ref>/", person_views.person, name="person"),
    path("people/<uuid:ref>/bundle/", person_views.bundle, name="person-bundle"),
    path("people/<slug:reference>/fetch/", person_views.fetch, name="person-fetch"),
    path("people/<slug:reference>/receipt/", person_views.receipt, name="person-receipt"),
    path("promises/", policy_map_views.policy_map, name="promises"),
    path("reports/", report_views.reports, name="reports"),
    path("reports/month/<int:number>/", report_views.kept_report, name="kept-report"),
    path("reports/<slug:code>/", report_views.report, name="report"),
    path("requests/", request_views.requests_page, name="requests"),
    path("requests/<slug:reference>/", request_views.request_page, name="request"),
    path("samples/", sample_views.samples_page, name="samples"),
    path("<slug:reference>/pack/", views.download, name="download"),
    path("<slug:reference>/receipt/", views.receipt, name="receipt"),
]
