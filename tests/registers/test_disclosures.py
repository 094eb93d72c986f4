"""The book of disclosures: written whole or not at all, never with a value, shown to whose data it was."""

import uuid
from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from consent.models import ConsentEvent
from consent.suppressions.services.withdrawals import withdraw
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.people.services import subjects
from portal.kernel.registers.base.choices import Lack
from portal.kernel.registers.data_copy_sections import DisclosureSection
from portal.kernel.registers.models import Contract, Disclosure, Recipient, RecipientCheck
from portal.kernel.registers.recipients.selectors import recipients
from portal.kernel.registers.recipients.services.disclosures import disclose
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.consent.test_turns import while_in_flight
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.registers.factories import service_in_the_book
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
WORKER = actor.system("kyc.checks")


@pytest.fixture(autouse=True)
def rules(db):
    every_rule()
    law_is_loaded()
    published_notice(asks=["kyc_verification"])
    service_in_the_book("pan-register")


def asked(answer, who):
    return said(who, answer, purpose="kyc_verification", channel="none")


def agreed():
    """Somebody whose yes to the check stands."""
    who = PrincipalFactory()
    asked("given", who)
    return who


def disclosed(**changes):
    given = {
        "recipient_code": "pan-register",
        "subject_ref": changes.get("subject_ref") or agreed().subject.ref,
        "fields": ["pan", "name", "pan"],
        "purpose": "kyc_verification",
        "about": "kyc.document:OS-DO-7K4M-9QX2",
        "actor": WORKER,
        "now": clock.now(),
        **changes,
    }
    return disclose(**given)


def test_a_disclosure_names_its_basis_and_its_kinds_once_with_one_event():
    row = disclosed()
    assert (row.fields, row.basis) == (["name", "pan"], "consent")
    event = AuditEvent.objects.get(kind="registers.disclosure.made")
    assert event.facts == {
        "disclosure": row.reference,
        "recipient": "pan-register",
        "fields": "name pan",
        "purpose": "kyc_verification",
        "basis": "consent",
    }


def test_what_rests_on_consent_needs_a_yes_that_stands_and_names_its_receipt():
    who = PrincipalFactory()
    with pytest.raises(Refused) as refused:
        disclosed(subject_ref=who.subject.ref)
    assert refused.value.code == "NO_CONSENT"
    yes = asked("given", who)
    assert disclosed(subject_ref=who.subject.ref).receipt == yes.receipt.reference
    assert disclosed(consent_of=who.subject.ref, subject_ref=uuid.uuid4()).receipt == yes.receipt.reference
    asked("withdrawn", who)
    with pytest.raises(Refused):
        disclosed(subject_ref=who.subject.ref)
    assert Disclosure.objects.count() == 2


def refused_while(first, who):
    """The code of the refusal of a disclosure that begins while something else is written and not committed."""

    def ask():
        try:
            return disclosed(subject_ref=who.subject.ref).receipt
        except Refused as refusal:
            return refusal.code

    return while_in_flight(first, ask)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_disclosed_under_the_yes_that_is_being_withdrawn():
    who = agreed()
    withdrawing = {"purpose": "kyc_verification", "channel": "none", "way": "page", "actor": actor.SYSTEM}
    assert refused_while(lambda: withdraw(subject_ref=who.subject.ref, **withdrawing), who) == "NO_CONSENT"
    assert not Disclosure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_yes_of_an_earlier_reference_that_is_being_withdrawn_allows_nothing_either():
    earlier, who = agreed(), PrincipalFactory()
    subjects.join(old_ref=earlier.subject.ref, new_ref=who.subject.ref, actor=actor.SYSTEM, now=clock.now())
    assert disclosed(subject_ref=who.subject.ref).receipt
    assert refused_while(lambda: asked("withdrawn", earlier), who) == "NO_CONSENT"


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_waits_for_the_disclosure_that_was_begun_before_it():
    who = agreed()
    while_in_flight(lambda: disclosed(subject_ref=who.subject.ref), lambda: asked("withdrawn", who))
    assert Disclosure.objects.get().receipt
    assert ConsentEvent.objects.latest("pk").answer == "withdrawn"


def test_nothing_is_disclosed_for_a_purpose_that_nobody_stated_or_without_a_field():
    with pytest.raises(NotFound):
        disclosed(purpose="curiosity")
    with pytest.raises(Refused):
        disclosed(fields=[])
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize(
    ("what", "changes", "code"),
    [
        (Contract, {"valid_until": date(2026, 1, 1)}, Lack.CONTRACT_ENDED),
        (Contract, {"answer": "refused"}, Lack.NO_CONTRACT),
        (Contract, {"clauses": ["confidentiality"]}, Lack.CLAUSES_MISSING),
        (RecipientCheck, {"outcome": "unfit"}, Lack.CHECK_UNFIT),
        (RecipientCheck, {"sells_nothing": False}, Lack.SALE_NOT_EXCLUDED),
        (RecipientCheck, {"checked_on": date(2025, 1, 1)}, Lack.CHECK_OLD),
        (RecipientCheck, {"allowed_categories": ["name"]}, Lack.CATEGORY_NOT_ALLOWED),
        (RecipientCheck, {"training_use": "general"}, Lack.WOULD_BE_LEARNED),
        (Recipient, {"country": "US"}, Lack.NO_TRANSFER),
        (Recipient, {"answer": "pending", "checked_by": None, "checked_at": None}, Lack.NOT_IN_BOOK),
    ],
)
def test_nothing_is_disclosed_to_whom_a_paper_lacks(what, changes, code):
    what.objects.update(**changes)
    with pytest.raises(Refused) as refused:
        disclosed()
    assert refused.value.code == "NO_PAPERS"
    assert str(code.label) in str(refused.value)
    assert not Disclosure.objects.exists()


def test_a_disclosure_stays_as_it_was_written():
    row = disclosed()
    with pytest.raises(DatabaseError), transaction.atomic():
        Disclosure.objects.filter(pk=row.pk).update(fields=[])


def test_a_person_reads_in_their_bundle_what_left_about_them_and_nobody_elses():
    mine = disclosed()
    disclosed()
    (record,) = DisclosureSection().collect(subject_refs=[mine.subject_ref])
    assert (record["what"], record["purpose"]) == ("Name, PAN", "Checking who you are")
    assert (record["to"], record["basis"]) == (recipients.names_of(["pan-register"])["pan-register"], "Consent")


def test_an_auditor_reads_the_book():
    row = disclosed()
    page = (
        staff_client(StaffFactory(roles=["auditor"]))
        .get(reverse("admin:registers_disclosure_changelist"))
        .content.decode()
    )
    assert row.reference in page
    assert "Name, PAN" in page
