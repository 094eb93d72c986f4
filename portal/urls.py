"""Every address of the portal. Fronts bring their own lists."""

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic.base import RedirectView

from portal.kernel.core import error_pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/privacy/", permanent=False), name="root"),
    path("", include("portal.fronts.api.urls")),
    path("", include("portal.fronts.selfservice.root_urls")),
    path("", include("portal.fronts.workplace.root_urls")),
    path("admin/evidence/", include("portal.fronts.evidence.urls")),
    path("admin/", include("portal.fronts.workplace.urls")),
    *([path("demo/", include("portal.demo.urls"))] if apps.is_installed("portal.demo") else []),
    path("privacy/", include("portal.fronts.selfservice.urls")),
    path("scim/v2/", include("portal.fronts.signin.scim")),
    path("staff/", include("portal.fronts.signin.urls")),
]

handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler429 = error_pages.too_many
handler500 = error_pages.server_error
