"""Aadhaar's own consent: asked before a byte is read, recorded in the ledger, named on the document, taken back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from consent.base.selectors import contact_rulebook
from consent.collection.services import consent_expiry
from consent.models import ConsentEvent, NoticeVersion
from consent.suppressions.services.withdrawals import withdraw
from kyc.models import Case, DeletionRequest, Document
from kyc.review.services import document_uploads, signed_documents
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import advisory_locks, clock
from portal.kernel.core.errors import Refused
from portal.kernel.people.models import Protection
from portal.kernel.people.selectors import own_turns_of
from tests.consent.factories import published_notice, said
from tests.kyc.factories import CUSTOMER, agreed, checked, party_of, uploaded
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_proving import ekyc, offline, pinned, read_here, yesterday  # noqa: F401
from tests.people.factories import FiduciaryFactory, PrincipalFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.usefixtures("same_process", "read_here", "asha")
PURPOSE = "aadhaar_verification"


def card(customer, **changes):
    data = vectors.picture(vectors.code(vectors.card(reference=yesterday()), living()))
    return offline(customer, data, **{"kind": "aadhaar_qr", "extension": "png", "share_code": "", **changes})


def refused(*given, **changes) -> str:
    with pytest.raises(Refused) as error:
        offline(*given, make=uploaded, **changes)
    assert str(error.value)
    assert not Document.objects.exists()
    return error.value.code


@pytest.mark.parametrize("kind", ["aadhaar_offline_ekyc", "aadhaar_qr", "eaadhaar_pdf"])
def test_without_a_yes_no_byte_of_an_aadhaar_document_is_read(individual, monkeypatch, kind):
    agreed(individual)  # the notice is published, nobody has ticked
    monkeypatch.setattr(signed_documents, "read_at_once", lambda *given, **named: pytest.fail("It was read."))
    monkeypatch.setattr(document_uploads, "at_first_sight", lambda *given: pytest.fail("It was read."))
    assert refused(individual, kind=kind, yes=None) == "CONSENT_MISSING"
    assert not ConsentEvent.objects.exists()


def test_while_its_notice_is_not_published_no_aadhaar_document_is_taken(individual):
    yes = agreed(individual)
    NoticeVersion.objects.update(state="draft")
    assert refused(individual, yes=yes) == "NOTICE_MISSING"


def test_a_yes_to_another_text_than_the_one_in_force_is_none(individual):
    yes = agreed(individual)
    published_notice(asks=[PURPOSE], code="aadhaar-consent", text="Another text")
    assert refused(individual, yes=yes) == "NOTICE_CHANGED"
    assert not ConsentEvent.objects.exists()


def test_the_yes_is_an_event_of_the_holder_and_its_receipt_stands_on_the_document(individual, asha):
    document = offline(individual)
    event = ConsentEvent.objects.get()
    assert document.consent_ref == event.receipt.reference
    assert (event.subject_ref, event.purpose, event.answer, event.way) == (
        asha.principal.subject.ref,
        PURPOSE,
        "given",
        "page",
    )
    assert event.notice_version.notice.code == "aadhaar-consent"
    assert list(event.evidence.values_list("kind", flat=True)) == ["question"]
    fact = AuditEvent.objects.get(kind="kyc.document.uploaded").facts
    assert fact["consent"] == event.receipt.reference


def test_a_file_that_is_refused_leaves_no_yes_behind(individual):
    assert refused(individual, share_code="WRONG") == "SHARE_CODE_WRONG"
    assert not ConsentEvent.objects.exists()


def test_each_document_is_asked_for_anew(individual):
    first = card(individual)
    second = offline(individual)
    assert first.consent_ref != second.consent_ref
    assert list(ConsentEvent.objects.order_by("pk").values_list("answer", flat=True)) == ["given", "renewed"]


def test_a_yes_that_somebody_else_brings_is_the_holders_and_says_whose_word_it_was(organisation):
    party = party_of(organisation)
    other = PrincipalFactory(full_name="Mira Shah")
    offline(organisation, party=party, yes=agreed(organisation, said_by=other.subject.ref))
    event = ConsentEvent.objects.get()
    assert event.subject_ref == party.principal.subject.ref
    assert sorted(event.evidence.values_list("kind", flat=True)) == ["question", "told_for_holder"]


def test_a_child_cannot_say_yes_alone(individual, asha):
    yes = agreed(individual)
    Protection.objects.create(subject_ref=asha.principal.subject.ref, kind="child", ground="said", noted_at=clock.now())
    assert refused(individual, yes=yes) == "FROZEN"
    assert not ConsentEvent.objects.exists()


def test_a_certificate_of_digilocker_needs_a_yes_only_when_it_is_of_aadhaar(individual):
    plain = vectors.enveloped(vectors.digilocker(), living()).encode()
    given = {"kind": "digilocker_xml", "extension": "xml", "share_code": ""}
    assert offline(individual, plain, yes=None, **given).consent_ref == ""
    Document.objects.update(state="asked_again")
    aadhaar = vectors.enveloped(vectors.digilocker_aadhaar(), living()).encode()
    with pytest.raises(Refused) as error:
        offline(individual, aadhaar, yes=None, **given)
    assert error.value.code == "CONSENT_MISSING"
    assert offline(individual, aadhaar, **given).consent_ref == ConsentEvent.objects.get().receipt.reference


def test_a_yes_that_stands_serves_who_brings_the_paper_for_the_holder(individual):
    first = card(individual)
    Document.objects.update(state="replaced")
    assert offline(individual, yes=None).consent_ref == first.consent_ref


def test_a_document_under_a_yes_waits_first_of_all_for_the_turn_of_its_holder(individual, asha, monkeypatch):
    yes, taken = agreed(individual), []
    monkeypatch.setattr(advisory_locks, "take", lambda *names: taken.append((set(names), Case.objects.exists())))
    offline(individual, yes=yes, make=uploaded)
    assert taken[0] == (own_turns_of([asha.principal.subject.ref]), False)


def withdrawn(asha, **changes):
    withdraw(
        subject_ref=asha.principal.subject.ref,
        purpose=PURPOSE,
        channel="none",
        actor=CUSTOMER,
        **{"way": "page", **changes},
    )


def test_taking_the_yes_back_is_the_wish_to_delete_what_was_taken_under_it(individual, asha):
    sent, unsent = card(individual), offline(individual, make=uploaded)
    other = checked(individual)
    withdrawn(asha)
    for document in (sent, unsent, other):
        document.refresh_from_db()
    assert sent.deletion_asked_at is not None
    assert (unsent.state, unsent.deletion_asked_at is None) == ("removed", False)
    assert other.deletion_asked_at is None
    assert refused_after(individual) == "CONSENT_MISSING"


def refused_after(customer) -> str:
    with pytest.raises(Refused) as error:
        offline(customer, yes=None, make=uploaded)
    return error.value.code


def test_taking_back_a_yes_to_something_else_touches_no_document(individual, asha):
    document = card(individual)
    published_notice(asks=["analytics"], code="other")
    withdraw(subject_ref=asha.principal.subject.ref, purpose="analytics", channel="none", way="page", actor=CUSTOMER)
    document.refresh_from_db()
    assert document.deletion_asked_at is None


def test_what_is_withdrawn_from_a_client_leaves_the_documents_that_were_given_to_us(individual, asha):
    FiduciaryFactory(code="acme")
    document = card(individual)
    withdrawn(asha, fiduciary="acme", way="consent_manager")
    assert list(ConsentEvent.objects.order_by("pk").values_list("fiduciary__code", flat=True)) == ["onesetu", "acme"]
    document.refresh_from_db()
    assert document.deletion_asked_at is None


def test_a_no_to_the_question_that_is_put_again_is_the_wish_to_delete_what_the_first_yes_brought(individual, asha):
    document = card(individual)
    new = published_notice(asks=[PURPOSE], code="aadhaar-consent", text="Another text")
    NoticeVersion.objects.filter(pk=new.pk).update(weight="material")
    contact_rulebook.forget()
    assert consent_expiry.end_what_is_over(now=clock.now()).ended == 1
    said(asha.principal, "denied", purpose=PURPOSE, channel="none", occurred_at=clock.now())
    assert list(ConsentEvent.objects.order_by("pk").values_list("answer", flat=True)) == ["given", "expired", "denied"]
    document.refresh_from_db()
    assert document.deletion_asked_at is not None


def test_a_no_from_before_the_yes_that_is_heard_late_leaves_what_the_yes_brought(individual, asha):
    document = card(individual)
    said(asha.principal, "denied", purpose=PURPOSE, channel="none", occurred_at=clock.now() - timedelta(days=1))
    document.refresh_from_db()
    assert document.deletion_asked_at is None


def test_taking_the_yes_back_is_the_wish_to_delete_a_version_that_was_sent_and_replaced(individual, asha):
    replaced, never_sent = card(individual), offline(individual, make=uploaded)
    for document in (replaced, never_sent):
        Document.objects.filter(pk=document.pk).update(state="replaced")
    replaced.refresh_from_db()
    client = customer_client(asha)
    wish = reverse("privacy:kyc-delete", args=[replaced.reference])
    assert wish in client.get(reverse("privacy:kyc-document", args=[replaced.reference])).text
    withdrawn(asha)
    assert DeletionRequest.objects.get().document == replaced
    assert wish not in client.get(reverse("privacy:kyc-document", args=[replaced.reference])).text
