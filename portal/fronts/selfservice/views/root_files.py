"""The small files that programs ask for at the root of the site."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.fronts.selfservice.page_context import UPDATED_ON

#: RFC 9116 recommends less than a year: a stale contact is worse than none.
CONTACT_HOLDS = timedelta(days=364)
PLAIN = "text/plain; charset=utf-8"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may read the public pages; what is behind a sign-in stays out of their lists."""
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /staff/", "Disallow: /demo/", ""]
    return HttpResponse("\n".join(lines), content_type=PLAIN)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    expires = datetime.combine(UPDATED_ON, time(), tzinfo=UTC) + CONTACT_HOLDS
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, hi, mr",
        f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type=PLAIN)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(staticfiles_storage.url("selfservice/favicon.svg"))
