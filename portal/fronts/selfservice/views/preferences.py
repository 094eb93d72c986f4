"""Choose your messages: stop everything with one press, or tick what you want and save once. When they come: ``message_times``."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from consent.base.choices import Way
from consent.base.rules.status_fold import YES
from consent.collection.services import non_consent_processing, opt_out_tickets
from consent.preferences.forms import ChoosingForm
from consent.preferences.services import preference_options, preference_updates
from consent.preferences.services.preference_options import Offer
from consent.preferences.services.preference_updates import Saved
from consent.records.models.events import ConsentReceipt
from consent.records.selectors import history
from consent.records.selectors.undos import undo_until
from consent.records.services import receipts
from consent.suppressions.services import address_opt_outs, one_click_unsubscribe
from consent.suppressions.services.undos import undo_stops
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.fronts.selfservice.client_pages import client_of, code_of, preferences_url
from portal.fronts.selfservice.language_switch import keeps_answers, refilled, typed
from portal.fronts.selfservice.templatetags.consent_tags import purpose_name
from portal.fronts.selfservice.views import new_consents
from portal.kernel.core import clock
from portal.kernel.core.errors import LostRace, NotFound, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Channel
from portal.kernel.people.customer_access import customer_required, principal_of
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.people import Principal

#: The stop that this browser made and may take back.
STOPPED = "consent_stopped"


@keeps_answers
@customer_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """GET shows what the person gets; POST saves each refusal under one receipt, and leads on to what is new (``new_consents``)."""
    principal, now = principal_of(request), clock.now()
    subject_ref, client = principal.subject.ref, client_of(request)
    offer = preference_options.offer(subject_ref, at=now, language=get_language() or "en", fiduciary=code_of(client))
    form = ChoosingForm(request.POST if request.method == "POST" else None, initial={"choices": offer.ticked})
    if request.method != "POST":
        return _show(request, refilled(form, request), offer, principal, now, client)
    try:
        saved = preference_updates.save(
            subject_ref=subject_ref,
            ticked=frozenset(request.POST.getlist("choices")),
            was_ticked=frozenset(request.POST["was"].split()) if "was" in request.POST else None,
            refused=frozenset(request.POST.getlist("refused")),
            fiduciary=code_of(client),
            actor=actor_of(request),
            language=get_language() or "en",
        )
    except (Refused, LostRace) as refusal:
        form.add_error(None, str(refusal))
        return _show(request, form, offer, principal, now, client, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if saved.receipt is not None:
        receipts.seal(saved.receipt)
    if saved.left_out:
        _say_what_was_left_out(request, saved)
    if saved.wanted:
        return HttpResponseRedirect(new_consents.keep(request, saved, code_of(client)))
    if saved.receipt is not None:
        return HttpResponseRedirect(preferences_url(client, receipt=saved.receipt.reference))
    if not saved.left_out:
        messages.info(request, _nothing_changed(offer))
    return HttpResponseRedirect(preferences_url(client))


def _nothing_changed(offer: Offer) -> str:
    """A box without a tick is no refusal: who meant one learns where it is given."""
    said = _("Nothing was changed, so nothing was saved.")
    if not offer.refusable:
        return said
    return said + " " + _("To say no to something, open “Refuse unanswered choices”.")


def _say_what_was_left_out(request: HttpRequest, saved: Saved) -> None:
    """First what is saved: who stopped something must not fear for it because of a tick that could not be taken."""
    known = {row.code for row in law.purposes_in_force(on=clock.day(clock.now()))}
    said = []
    if saved.receipt is not None and saved.removed:
        said.append(_("Saved as refused: %(what)s.") % {"what": "; ".join(_box_name(*box) for box in saved.removed)})
    for value, why in saved.left_out.items():
        purpose, _colon, channel = value.partition(":")
        # A box that we never had has no name, and its value is not repeated.
        is_known = purpose in known and channel in Channel.values
        said.append(str(why.label) % {"what": _box_name(purpose, channel) if is_known else _("One of the choices")})
    messages.warning(request, " ".join(dict.fromkeys(said)))


def _box_name(purpose: str, channel: str) -> str:
    name = purpose_name(purpose)
    return name if channel == Channel.NONE else f"{name}, {Channel(channel).label}"


@customer_required
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """One press, at once: no question, no reason. This browser may take it back for some minutes."""
    principal = principal_of(request)
    client = client_of(request)
    again = not _was_pressed(request, principal, code_of(client))
    common: dict[str, Any] = {"actor": actor_of(request), "again": again}
    if client is None:
        stopped = address_opt_outs.stop_everybody_for(principal=principal, language=get_language() or "en", **common)
    else:
        receipt = stop_all_promotional(
            subject_ref=principal.subject.ref, fiduciary=client, is_press=True, **common
        ).receipt
        stopped = [receipt] if receipt is not None else []
    if not stopped:
        messages.info(request, _("You had stopped all promotional messages already."))
        return _back(client)
    receipts.seal(stopped[0])
    request.session[STOPPED] = " ".join(receipt.reference for receipt in stopped)
    return _back(client, receipt=stopped[0].reference)


def _was_pressed(request: HttpRequest, principal: Principal, fiduciary: str) -> bool:
    """Whether this browser has stopped them already, and that stands: a second press is no second stop."""
    try:
        receipt = history.receipt_of(principal.subject.ref, _stopped_here(request)[0])
    except NotFound:
        return False
    return receipt.suppressions.filter(fiduciary__code=fiduciary, lift=None).exists()


@customer_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the stop of this browser back: exactly the state before it."""
    principal = principal_of(request)
    client = client_of(request)
    try:
        stopped = [history.receipt_of(principal.subject.ref, reference) for reference in _stopped_here(request)]
        undone = undo_stops(receipts=stopped, actor=actor_of(request))
    except (Refused, NotFound) as refusal:
        said = str(refusal) if isinstance(refusal, Refused) else _("There is nothing to undo in this browser.")
        messages.warning(request, said)
        return _back(client)
    request.session.pop(STOPPED, None)
    if not undone:
        messages.info(request, _("There was nothing to restore."))
        return _back(client)
    receipts.seal(undone[0])
    return _back(client, receipt=undone[0].reference)


def _stopped_here(request: HttpRequest) -> list[str]:
    """The receipts of the stop that this browser made, our own first; one that is none without such a stop."""
    return str(request.session.get(STOPPED, "")).split() or [""]


def ticket_of(request: HttpRequest, principal: Principal, client: Fiduciary | None = None) -> str:
    """For the stop button of a signed-in person, while the database is away: everybody is stopped, or the client alone."""
    return opt_out_tickets.ticket_of_person(
        subject_ref=principal.subject.ref,
        fiduciary=client.code if client is not None else "",
        user_id=request.user.pk or 0,
        until=clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )


def _back(client: Fiduciary | None, **query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(preferences_url(client, **query))


def _show(
    request: HttpRequest,
    form: ChoosingForm,
    offer: Offer,
    principal: Principal,
    now: datetime,
    client: Fiduciary | None,
    *,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    uses = [group for group in offer.processing if group.is_shown]
    context = {
        "form": form,
        "client": client,
        "mark": one_click_unsubscribe.mark_of(client) if client is not None else "",
        "groups": offer.messages,
        "uses": uses,
        "untranslated": [group for group in (*offer.messages, *uses) if group.is_untranslated],
        "is_all_untranslated": all(group.is_untranslated for group in (*offer.messages, *uses)),
        "owed": non_consent_processing.owed_categories(at=now),
        "goes_on": non_consent_processing.without_consent(at=now),
        "ticked": set(form["choices"].value() or ()),
        "refused": set(form["refused"].value() or ()),
        # After a refusal, or in another language, the boxes are still compared with those that the person first saw.
        "was": request.POST.get("was") if form.is_bound else typed(request).get("was", " ".join(offer.ticked)),
        "offer": offer,
        "is_refilled": bool(typed(request)),
        "just": _just_done(request, principal, now),
        "since": _stopped_since(offer, client),
        "ticket": ticket_of(request, principal, client),
    }
    return render(request, "selfservice/preferences/choose.html", context, status=status)


def _stopped_since(offer: Offer, client: Fiduciary | None) -> datetime | None:
    """Since when the button of this page would stop nothing new; None where it would."""
    if client is not None or offer.stopped_since is None:
        return offer.stopped_since
    return address_opt_outs.person_stopped_since(offer.contacts)


def _has_senders(principal: Principal) -> bool:
    """Whether the person ever allowed a single sender: an undo does not restore that."""
    return history.events_of(principal.subject.ref).filter(sender__gt="", answer__in=YES).exists()


def _just_done(request: HttpRequest, principal: Principal, now: datetime) -> dict[str, Any] | None:
    """What the receipt named in the address says, when it is the person's own and nothing was answered since; without
    one in the address, the stop of this browser as long as it may be taken back.

    The address stays in the browser's history: "Done" is not said again of a stop that was undone.
    """
    named = request.GET.get("receipt", "")
    reference = named or _stopped_here(request)[0]
    if not reference:
        return None
    try:
        receipt: ConsentReceipt = history.receipt_of(principal.subject.ref, reference)
    except NotFound:
        return None
    if not history.is_latest(receipt):
        return None
    ways = {*receipt.events.values_list("way", flat=True), *receipt.suppressions.values_list("way", flat=True)}
    may_undo = receipt.reference in _stopped_here(request) and now <= undo_until(receipt)
    if not named and not may_undo:
        return None
    return {
        "receipt": receipt,
        "is_sealed": receipts.is_sealed(receipt),
        "is_stop": ways == {Way.STOP_ALL},
        "is_undo": ways == {Way.UNDO},
        "leaves_senders": ways == {Way.UNDO} and _has_senders(principal),
        "may_undo": may_undo,
        "undo_until": undo_until(receipt) if may_undo else None,
    }
