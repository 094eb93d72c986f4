"""What of this room a search finds: samples, information requests and bundles by their reference, the file of a person, and a
case of a control as ``REGISTER:ROW``.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence import requests, sample_views, samples
from portal.fronts.evidence.models import PersonFile
from portal.fronts.evidence.permissions import Permission
from portal.fronts.evidence.registers import REGISTERS
from portal.kernel.core import access
from portal.kernel.core.search_api import Asked, Found, Hits, PageHit
from portal.kernel.people.models import Subject

#: A case as ``registers.case_name`` writes it: register, colon, number of the row.
CASE = re.compile(r"([A-Za-z_.]{1,60}):([0-9]{1,18})", re.ASCII)


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``: bundles of the files of persons, and the row that a list of controls names as a case."""
    if case := CASE.fullmatch(asked.text):
        for register in REGISTERS:
            if case[1] in {register.name, register.label}:
                rows = register.model._default_manager.filter(pk=int(case[2]))
                yield Hits(register.label, _("by register and row"), rows)
    if asked.reference.startswith("OS-PF-"):
        yield Hits("evidence.PersonFile", _("by its reference"), PersonFile.objects.filter(reference=asked.reference))


def find_pages(asked: Asked, request: HttpRequest) -> Iterator[PageHit]:
    """Answers ``ports.page_finders``: what this login would see on those pages."""
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
            yield PageHit(_("subject files"), str(subject.ref), url, _("by the reference of the person"))
