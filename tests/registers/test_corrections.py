"""A row in the place of another: what it may change, what it may not, and how long what it replaces still counts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.people.models import User
from portal.kernel.registers.entries.services import register_entries, register_tasks
from portal.kernel.registers.models import (
    AccessReview,
    AccountBlock,
    ContentAccess,
    Contract,
    CountryRule,
    Measure,
    ProcessingActivity,
    Product,
    RecipientCheck,
    Transfer,
)
from portal.kernel.registers.recipients.selectors import vendor_assurance
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import law_is_loaded
from tests.grievances.factories import ticket
from tests.people.factories import CustomerFactory, MembershipFactory, PrincipalFactory, StaffFactory
from tests.registers.entered import agreed, proposed
from tests.registers.factories import papers_for, today, two_people
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()


def ahead(days=30):
    return clock.now() + timedelta(days=days)


def end(row):
    sender_entries.end(row, actor=two_people()[0], now=clock.now())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Contract, "recipient_code"),
        (RecipientCheck, "recipient_code"),
        (Transfer, "recipient_code"),
        (Transfer, "country"),
        (CountryRule, "country"),
        (CountryRule, "law"),
        (AccountBlock, "customer"),
        (ContentAccess, "reader"),
        (ContentAccess, "what"),
        (ContentAccess, "which"),
        (AccessReview, "roles"),
    ],
)
def test_what_takes_the_place_of_a_row_is_about_the_same(model, name):
    usual = {ContentAccess: lambda: {"basis_reference": ticket().reference}, CountryRule: lambda: {"says": "allowed"}}
    needs = usual.get(model, dict)()
    row = agreed(model, **needs)
    other = {
        "recipient_code": "host-two",
        "country": "AE",
        "law": "EU",
        "what": "recording",
        "which": "message 4712",
        "roles": ["support"],
    }
    value = other.get(name) or (CustomerFactory() if name == "customer" else StaffFactory(roles=["support"]))
    with pytest.raises(Refused) as refused:
        proposed(model, two_people()[0], **needs, **{name: value})
    assert (refused.value.code, list(refused.value.fields)) == ("ABOUT_ANOTHER", [name])
    assert "choose another code" in str(refused.value)
    row.refresh_from_db()
    assert row.ends_at is None
    end(row)
    assert agreed(model, **needs, **{name: value}).pk  # the code is free again


def test_a_correction_by_which_an_older_check_would_count_again_is_refused():
    papers_for("dialer-one")
    older = RecipientCheck.objects.get(code="check-dialer-one")
    service_of = {"recipient_code": "dialer-one", "outcome": "unfit", "allowed_categories": ["contact"]}
    worse = agreed(RecipientCheck, code="second-look", **service_of, checked_on=today())
    before = older.checked_on - timedelta(days=1)
    maker, checker = two_people()
    earlier = proposed(RecipientCheck, maker, code="second-look", **service_of, checked_on=before)
    with pytest.raises(Refused) as refused:
        sender_entries.answer(earlier, approve=True, reason="", actor=checker, now=clock.now())
    assert refused.value.code == "OLDER_COUNTS_AGAIN"
    worse.refresh_from_db()
    assert worse.ends_at is None
    sender_entries.answer(earlier, approve=False, reason="The day is wrong.", actor=checker, now=clock.now())
    right = agreed(RecipientCheck, code="second-look", **service_of, checked_on=today(), conditions="None.")
    assert vendor_assurance.checks_of(["dialer-one"], at=clock.now())["dialer-one"] == right


def test_a_row_whose_place_is_taken_on_a_later_day_is_looked_at_and_ended_until_then():
    maker, checker = two_people()
    row = agreed(Measure)
    later = ahead()
    newer = agreed(Measure, said="Files are encrypted twice.", starts_at=later)
    row.refresh_from_db()
    assert row.ends_at == later
    register_entries.review(row, next_on=today() + timedelta(days=5), actor=checker, now=clock.now())
    assert row.review_on == today() + timedelta(days=5)
    Measure.objects.filter(pk=row.pk).update(review_on=today() - timedelta(days=1))
    assert row.pk in [duty.entry for duty in register_tasks.duties(now=clock.now())]
    page = reverse("admin:registers_measure_change", args=[row.pk])
    assert "Propose a correction" in staff_client(User.objects.get(pk=maker.user_id)).get(page).text
    end(row)
    assert row.ends_at < later
    with pytest.raises(IllegalMove):
        end(row)
    with pytest.raises(IllegalMove):
        register_entries.review(row, next_on=today() + timedelta(days=9), actor=checker, now=clock.now())
    newer.refresh_from_db()
    assert (newer.starts_at, newer.ends_at) == (later, None)


def test_a_correction_for_a_sooner_day_takes_the_place_of_what_holds_and_of_what_was_to_follow():
    row = agreed(Measure)
    later = agreed(Measure, said="Files are encrypted twice.", starts_at=ahead())
    sooner = proposed(Measure, two_people()[0], said="Files and keys are encrypted.")
    assert sender_entries.replaced_by(sooner) == [row, later]
    sender_entries.answer(sooner, approve=True, reason="", actor=two_people()[1], now=clock.now())
    row.refresh_from_db()
    later.refresh_from_db()
    assert (row.ends_at, later.ends_at, sooner.ends_at) == (sooner.starts_at, later.starts_at, None)
    assert later.has_ended(at=clock.now())
    with pytest.raises(IllegalMove):
        end(later)


def test_the_end_of_a_row_that_has_not_begun_gives_back_the_end_of_the_one_whose_place_it_was_to_take():
    row = agreed(ProcessingActivity)
    agreed(Product, activities=[row.code])
    later = agreed(ProcessingActivity, what_is_done="The same, said better.", starts_at=ahead())
    last = agreed(ProcessingActivity, what_is_done="The same, said best.", starts_at=ahead(60))
    end(later)
    row.refresh_from_db()
    assert (row.ends_at, row.ended_by_id) == (last.starts_at, last.checked_by_id)
    end(last)
    row.refresh_from_db()
    assert (row.ends_at, row.ended_by) == (None, None)
    told = AuditEvent.objects.filter(about=f"registers.processingactivity:{row.pk}").order_by("pk").last()
    assert (told.kind, told.facts["ends_at"]) == ("registers.book.ended", None)
    with pytest.raises(Refused) as kept:
        end(row)
    assert kept.value.code == "PRODUCT_RESTS_ON_IT"


@pytest.mark.parametrize(
    ("changes", "letters"), [({"name": "Better"}, 1), ({"appeal": "OS-GR-1"}, 1), ({"why": "security"}, 2)]
)
def test_a_customer_is_told_again_of_a_block_only_when_what_they_were_told_has_changed(changes, letters):
    customer = CustomerFactory()
    MembershipFactory(customer=customer, principal=PrincipalFactory(email="owner@acme.example"))
    row = agreed(AccountBlock, customer=customer)
    newer = agreed(AccountBlock, customer=customer, **changes)
    for each in (row, newer):
        each.refresh_from_db()
    assert Message.objects.filter(kind="registers.account_blocked").count() == letters
    assert (newer.told_at == row.told_at) is (letters == 1)
    assert newer.told_at is not None


def test_an_address_that_names_a_row_by_thousands_of_digits_opens_the_empty_form():
    page = staff_client(StaffFactory(roles=["administrator"]))
    assert page.get(f"{reverse('admin:registers_measure_add')}?corrects={'9' * 5000}").status_code == 200
    assert page.get(f"{reverse('admin:registers_measure_add')}?corrects={'9' * 30}").status_code == 200


def test_a_look_at_a_row_while_its_correction_waits_is_not_undone_by_it():
    maker, checker = two_people()
    row = agreed(Contract)
    waiting = proposed(Contract, maker, name="A better name", evidence="Binder 8", review_on=timedelta(days=999))
    assert (waiting.owner, waiting.review_on, waiting.evidence) == (row.owner, row.review_on, "Binder 8")
    owner = StaffFactory(roles=["data_protection_officer"])
    looked = {"next_on": today() + timedelta(days=40), "evidence": "Binder 9", "owner": owner}
    register_entries.review(row, **looked, evidence_on=today(), actor=checker, now=clock.now())
    sender_entries.answer(waiting, approve=True, reason="", actor=checker, now=clock.now())
    row.refresh_from_db()
    waiting.refresh_from_db()
    for name in ("owner", "review_on", "evidence", "evidence_on", "reviewed_at", "reviewed_by"):
        assert getattr(waiting, name) == getattr(row, name), name
    assert (waiting.owner, waiting.evidence, waiting.reviewed_by_id) == (owner, "Binder 9", checker.user_id)


def test_newer_evidence_stands_with_the_words_that_it_is_of():
    row = agreed(Contract)
    newer = agreed(Contract, code=row.code, valid_until=timedelta(days=900), evidence="Binder 8")
    assert newer.evidence == "Binder 8"
    last = agreed(Contract, code=row.code, name="A better name", evidence="")
    assert (last.evidence, last.review_on) == ("Binder 8", row.review_on)


def test_the_day_of_review_alone_is_nothing_to_correct_and_an_overdue_one_hinders_no_correction():
    row = agreed(Measure)
    with pytest.raises(Refused) as refused:
        proposed(Measure, two_people()[0], review_on=timedelta(days=999))
    assert refused.value.code == "ENTRY_TAKEN"
    passed = today() - timedelta(days=1)
    Measure.objects.filter(pk=row.pk).update(review_on=passed)
    assert agreed(Measure, name="A better name").review_on == passed


def test_nobody_who_wrote_a_row_or_what_it_corrects_finds_it_right():
    first, second = two_people()
    third = two_people()[1]
    row = proposed(Measure, first)
    sender_entries.answer(row, approve=True, reason="", actor=second, now=clock.now())
    for number, (maker, checker) in enumerate(((second, first), (second, first))):
        row = proposed(Measure, maker, name=f"Better {number}")
        sender_entries.answer(row, approve=True, reason="", actor=checker, now=clock.now())
    for writer in (first, second):
        with pytest.raises(NotAllowed):
            register_entries.review(row, next_on=today() + timedelta(days=9), actor=writer, now=clock.now())
    register_entries.review(row, next_on=today() + timedelta(days=9), actor=third, now=clock.now())


def test_the_form_of_a_correction_asks_for_its_words_and_keeps_whose_it_is_and_who_answers_for_it():
    row = agreed(Measure, evidence="Report 4")
    maker = staff_client(StaffFactory(roles=["administrator"]))
    way = f"{reverse('admin:registers_measure_add')}?corrects={row.pk}"
    form = maker.get(way).context["form"]
    assert not {"owner", "review_on"} & set(form.fields)
    said = {
        "name": "A better name",
        "control": row.control,
        "said": row.said,
        "code": "another",
        "review_on": "2099-01-01",
    }
    assert maker.post(way, said).status_code == 302
    newer = Measure.objects.get(name="A better name")
    assert (newer.code, newer.fiduciary, newer.owner, newer.review_on, newer.evidence) == (
        *(row.code, row.fiduciary, row.owner, row.review_on),
        "Report 4",
    )
