"""What of this room a search finds: samples, information requests and bundles by their reference, the file of a person."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.core import access
from portal.core.finding import Asked, Found, Hits, PageHit
from portal.evidence import requests, sample_views, samples
from portal.evidence.models import PersonFile
from portal.evidence.permissions import Permission
from portal.people.models import Subject


def find(asked: Asked) -> Found:
    """Answers ``hooks.finders``: bundles of the files of persons."""
    if asked.reference.startswith("OS-PF-"):
        yield Hits("evidence.PersonFile", _("by its reference"), PersonFile.objects.filter(reference=asked.reference))


def find_pages(asked: Asked, request: HttpRequest) -> Iterator[PageHit]:
    """Answers ``hooks.page_finders``: what this login would see on those pages."""
    by = _("by its reference")
    if asked.reference.startswith("OS-SM-") and access.allowed(request.user, Permission.SAMPLE_MAKE):
        for row in sample_views.seen_by(request).filter(reference=asked.reference):
            url = f"{reverse('evidence:samples')}?{urlencode({'sample': row.reference})}"
            yield PageHit(_("samples"), f"{row.reference}: {samples.title_of(row)}", url, by)
    if asked.reference.startswith("OS-IR-") and access.allowed(request.user, Permission.REQUEST_VIEW):
        for one in requests.seen_by(request.user).filter(reference=asked.reference):
            yield PageHit(
                _("information requests"), one.reference, reverse("evidence:request", args=[one.reference]), by
            )
    if asked.subject is not None and access.allowed(request.user, Permission.FILE_VIEW):
        for subject in Subject.objects.filter(ref=asked.subject):
            url = reverse("evidence:person", args=[subject.ref])
            yield PageHit(_("files of persons"), str(subject.ref), url, _("by the reference of the person"))
