"""The person says that a parent or guardian answers for them: asked once more first, and never taken back by a press."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from consent.collection.services import consent_expiry
from grievances.base.choices import ForWhom, TicketKind
from portal.fronts.selfservice.views import grievances
from portal.kernel.core import clock
from portal.kernel.core.requests import actor_of
from portal.kernel.people import selectors as people
from portal.kernel.people.choices import ProtectionGround, ProtectionKind
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.services import guardianships

#: The two buttons about somebody who answers in the person's place.
WHY = {"child": ProtectionKind.CHILD, "guarded": ProtectionKind.GUARDED}


@customer_required
@require_POST
def tell(request: HttpRequest) -> HttpResponse:
    """The first press says what will happen and changes nothing; the second, with ``confirmed``, notes it.

    A POST both times: that somebody is a child stands in no address. From the second on their own yes is held.
    """
    kind = WHY.get(request.POST.get("why", ""))
    if kind is None:
        raise BadRequest("Neither of the two buttons was pressed.")
    now, subject_ref = clock.now(), principal_of(request).subject.ref
    if request.POST.get("confirmed") != "yes":
        is_child = kind == ProtectionKind.CHILD
        lost = consent_expiry.what_a_child_loses(subject_ref, on=clock.day(now)) if is_child else []
        context = {
            "why": str(kind),
            "is_child": is_child,
            # One line for several addresses: what ends, not where.
            "lost": sorted({(event.purpose, event.channel, event.fiduciary.name) for event in lost}),
        }
        return render(request, "selfservice/consents/somebody_else.html", context)
    guardianships.protect(
        subject_ref=subject_ref,
        kind=kind,
        ground=ProtectionGround.DECLARED,
        actor=actor_of(request),
        now=now,
    )
    messages.success(request, _("Thank you for informing us. Your consent waits for your parent or guardian."))
    return HttpResponseRedirect(reverse("privacy:questions"))


@customer_required
@require_POST
def mistake(request: HttpRequest) -> HttpResponse:
    """It was a mistake: a grievance about wrong data begins. A person of ours decides; nothing ends by this."""
    held = people.protection_of(principal_of(request).subject.ref, at=clock.now())
    if held is None:
        messages.info(request, _("No one else decides for you: there is nothing to correct."))
        return HttpResponseRedirect(reverse("privacy:questions"))
    if held.kind == ProtectionKind.CHILD:
        said = _("You have noted that I am under 18. That is a mistake:")
    else:
        said = _("You have noted that a lawful guardian answers for me. That is a mistake:")
    answers = {"for_whom": str(ForWhom.SELF), "kind": str(TicketKind.DATA_WRONG), "what_happened": f"{said} "}
    return grievances.begin(request, answers, page="what-happened")
