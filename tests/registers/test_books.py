"""The books of the company: two people, days, an owner, a review, an export, and what each asks of a row."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.models import RoleGrant, User
from portal.kernel.registers.base.choices import BlockReason
from portal.kernel.registers.entries.forms.register_entries import ReviewForm
from portal.kernel.registers.entries.services import entry_validation, register_entries
from portal.kernel.registers.incidents.forms.incidents import PendingForm
from portal.kernel.registers.models import (
    AccessReview,
    AccountBlock,
    AuditFinding,
    BookEntry,
    ContentAccess,
    Contract,
    CountryRule,
    Dataset,
    Dpia,
    ExternalLink,
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
from tests.registers.entered import USUAL, activity, agreed, measure, proposed
from tests.registers.factories import own, papers_for, today, two_people
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
#: Of each book whose rows may forbid something: a row that does, and one that says otherwise.
FORBIDDING = (
    (CountryRule, {"says": "denied"}, {"says": "allowed"}),
    (RecipientCheck, {"outcome": "unfit"}, {"outcome": "fit"}),
    (Dpia, {"outcome": "stop"}, {"outcome": "go"}),
)
PERMITS = {model: otherwise for model, _no, otherwise in FORBIDDING}
BOOKS = sorted((m for m in apps.get_models() if issubclass(m, BookEntry)), key=lambda m: m.__name__)


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()


def needs(model):
    """What a row of this book rests on beside other rows of the books."""
    return {"basis_reference": ticket().reference} if model is ContentAccess else {}


def test_each_book_has_a_page_and_an_example():
    assert {model.__name__ for model in BOOKS} == set(USUAL)
    assert [model for model in BOOKS if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize("model", BOOKS, ids=lambda m: m.__name__)
def test_a_row_holds_once_a_second_person_agrees_and_can_be_looked_at_and_taken_away(model):
    maker, checker = two_people()
    entry = proposed(model, maker, **needs(model), **PERMITS.get(model, {}))
    assert entry.answer == "pending"
    with pytest.raises(NotAllowed):
        sender_entries.answer(entry, approve=True, reason="", actor=maker, now=clock.now())
    sender_entries.answer(entry, approve=True, reason="", actor=checker, now=clock.now())
    register_entries.review(
        entry,
        next_on=today() + timedelta(days=200),
        evidence="Report 12",
        evidence_on=today(),
        actor=checker,
        now=clock.now(),
    )
    assert (entry.review_on, entry.evidence, entry.evidence_on) == (today() + timedelta(days=200), "Report 12", today())
    page = staff_client(StaffFactory(roles=["auditor"]))
    name = f"admin:registers_{model._meta.model_name}"
    assert entry.name in page.get(reverse(f"{name}_changelist")).content.decode()
    assert page.get(reverse(f"{name}_change", args=[entry.pk])).status_code == 200
    taken = page.post(reverse(f"{name}_export"), {"export": "1", "file_format": "csv", "reason": "A look at the book."})
    rows = b"".join(taken.streaming_content).decode()
    assert entry.code in rows
    assert set(model.SHOWN) <= set(rows.splitlines()[0].lstrip("\ufeff").split(","))
    sender_entries.end(entry, actor=maker, now=clock.now())
    with pytest.raises(IllegalMove):
        register_entries.review(entry, next_on=today() + timedelta(days=1), actor=checker, now=clock.now())
    told = AuditEvent.objects.filter(about=f"registers.{model._meta.model_name}:{entry.pk}").order_by("pk")
    kinds = [kind.rpartition(".")[2] for kind in told.values_list("kind", flat=True)]
    assert [kind for kind in kinds if kind != "made"] == ["proposed", "answered", "reviewed", "ended"]


def test_whoever_wrote_a_row_does_not_find_it_right_alone():
    maker, checker = two_people()
    entry = proposed(CountryRule, maker)
    sender_entries.answer(entry, approve=True, reason="", actor=checker, now=clock.now())
    given = {"next_on": today() + timedelta(days=200), "now": clock.now()}
    before = entry.review_on
    with pytest.raises(NotAllowed):
        register_entries.review(entry, **given, actor=maker)
    entry.refresh_from_db()
    assert (entry.review_on, entry.reviewed_by) == (before, None)
    page = reverse("admin:registers_countryrule_change", args=[entry.pk])
    writer, other = (staff_client(User.objects.get(pk=each.user_id)) for each in (maker, checker))
    assert "You wrote this" in writer.get(f"{page[: -len('change/')]}do/review/").text
    assert "You wrote this" not in other.get(f"{page[: -len('change/')]}do/review/").text
    register_entries.review(entry, **given, actor=checker)
    assert (entry.review_on, entry.reviewed_by_id) == (given["next_on"], checker.user_id)


def test_a_book_is_filled_in_on_its_page_by_two_people_and_what_was_entered_stays_when_it_is_refused():
    measure()
    maker = staff_client(StaffFactory(roles=["administrator"]))
    owner = StaffFactory(roles=["data_protection_officer"])
    checker = staff_client(owner)
    form = {
        **USUAL["ProcessingActivity"],
        "fiduciary": own().pk,
        "code": "sending",
        "name": "Sending messages",
        "measures": ["measure-one"],
        "owner": owner.pk,
        "review_on": f"{today() + timedelta(days=90):%Y-%m-%d}",
    }
    add = reverse("admin:registers_processingactivity_add")
    assert "what is done with the data" in maker.get(add).text.lower()
    refused = maker.post(add, {**form, "basis_in": ""})
    assert refused.status_code == 422
    assert "on what basis" in refused.text
    assert "Messages are sent to who agreed." in refused.text
    assert maker.post(add, form).status_code == 302
    row = ProcessingActivity.objects.get()
    do = reverse("admin:registers_processingactivity_do_one", args=[row.pk, "approve"])
    assert checker.post(do, {"answer": "1"}).status_code == 200
    row.refresh_from_db()
    assert (row.answer, row.measures, row.retention_classes) == ("approved", ["measure-one"], ["consent_evidence"])
    assert "Files are encrypted" not in checker.get(do.replace("do/approve/", "")).text


@pytest.mark.parametrize(
    ("model", "changes", "code"),
    [
        (Measure, {"review_on": timedelta()}, "REVIEW_PASSED"),
        (Measure, {"said": "Ask Asha, PAN ABCPR1234K."}, "NUMBER_IN_WORDS"),
        (Measure, {"said": " "}, "FIELD_EMPTY"),
        (Measure, {"control": "magic"}, "CHOICE_MISSING"),
        (Measure, {"owner": None}, "FIELD_EMPTY"),
        (ProcessingActivity, {"purposes": ["selling"]}, "CHOICE_MISSING"),
        (ProcessingActivity, {"purposes": []}, "CHOICE_MISSING"),
        (ProcessingActivity, {"role": "processor"}, "OTHERS_MISSING"),
        (ProcessingActivity, {"basis_in": ""}, "NO_BASIS"),
        (ProcessingActivity, {"basis_in": "legitimate_interest"}, "BASIS_OF_OTHER_LAW"),
        (ProcessingActivity, {"basis_eu": "employment"}, "BASIS_OF_OTHER_LAW"),
        (ProcessingActivity, {"basis_in": "legal_duty"}, "BASIS_OF_OTHER_PURPOSE"),
        (ProcessingActivity, {"basis_eu": "legitimate_interest"}, "BASIS_OF_OTHER_PURPOSE"),
        (ProcessingActivity, {"needs_dpia": True}, "DPIA_MISSING"),
        (ProcessingActivity, {"retention_classes": ["for_ever"]}, "CHOICE_MISSING"),
        (Product, {"activities": []}, "CHOICE_MISSING"),
        (Product, {"activities": ["nothing-there"]}, "CHOICE_MISSING"),
        (Contract, {"signed_on": timedelta(days=3)}, "NOT_SIGNED"),
        (Contract, {"valid_until": timedelta(days=-1)}, "CONTRACT_ENDED"),
        (Contract, {"evidence": ""}, "PAPER_MISSING"),
        (Transfer, {"country": "IN"}, "NOT_ABROAD"),
        (Transfer, {"evidence": ""}, "MECHANISM_WITHOUT_PAPER"),
        (Transfer, {"valid_until": timedelta(days=-1)}, "TRANSFER_ENDED"),
        (Dataset, {"left_out": ["children"]}, "NOT_LEFT_OUT"),
        (Dataset, {"kind": "ai"}, "DPIA_MISSING"),
        (Dataset, {"form": "pseudonymised"}, "NOT_TESTED"),
        (ContentAccess, {"basis_reference": "a friend asked"}, "NO_REFERENCE"),
        (ContentAccess, {}, "NO_REFERENCE"),
        (ExternalLink, {"url": "http://cms.trai.gov.in/"}, "LINK_FORMAT"),
        (ExternalLink, {"url": "https://me@trai.gov.in/"}, "LINK_FORMAT"),
        (ExternalLink, {"url": "https://trai.gov.in/?phone=1"}, "LINK_CARRIES"),
    ],
)
def test_what_a_book_does_not_take_is_refused(model, changes, code):
    with pytest.raises(Refused) as refused:
        proposed(model, two_people()[0], **changes)
    assert refused.value.code == code
    assert not model.objects.exists()


def test_a_product_is_live_only_while_its_record_of_processing_holds():
    maker, checker = two_people()
    product = proposed(Product, maker)
    sender_entries.end(activity(), actor=maker, now=clock.now())
    with pytest.raises(Refused) as refused:
        sender_entries.answer(product, approve=True, reason="", actor=checker, now=clock.now())
    assert refused.value.code == "NO_PROCESSING_ROW"
    agreed(Product, code="another", activities=[activity().code])
    with pytest.raises(Refused) as kept:
        sender_entries.end(activity(), actor=maker, now=clock.now())
    assert kept.value.code == "PRODUCT_RESTS_ON_IT"
    assert activity().ends_at is None


def test_what_an_assessment_stopped_does_not_begin():
    agreed(Dpia, code="stopped", outcome="stop")
    for model, changes in ((ProcessingActivity, {"needs_dpia": True}), (Dataset, {"kind": "ai"})):
        with pytest.raises(Refused) as refused:
            proposed(model, two_people()[0], dpias=["stopped"], **changes)
        assert refused.value.code == "DPIA_STOPS"


def test_no_transfer_goes_to_a_country_that_a_law_denies_or_without_a_contract():
    agreed(Contract)
    waiting = proposed(Transfer, two_people()[0])
    agreed(CountryRule, country="SG")
    with pytest.raises(Refused) as refused:
        sender_entries.answer(waiting, approve=True, reason="", actor=two_people()[1], now=clock.now())
    assert refused.value.code == "COUNTRY_DENIED"
    agreed(CountryRule, country="SG", says="allowed")
    sender_entries.end(Contract.objects.get(), actor=two_people()[0], now=clock.now())
    with pytest.raises(Refused) as unbound:
        sender_entries.answer(waiting, approve=True, reason="", actor=two_people()[1], now=clock.now())
    assert unbound.value.code == "NO_CONTRACT"


@pytest.mark.parametrize(("model", "no", "otherwise"), FORBIDDING, ids=lambda one: getattr(one, "__name__", ""))
def test_what_two_people_forbade_no_one_person_ends(model, no, otherwise):
    maker, checker = two_people()
    row = agreed(model, **no)
    with pytest.raises(Refused) as refused:
        sender_entries.end(row, actor=maker, now=clock.now())
    assert refused.value.code == "FORBIDS"
    page = f"/admin/registers/{model._meta.model_name}/{row.pk}/do/end-entry/"
    assert "one does not end it" in staff_client(User.objects.get(pk=maker.user_id)).post(page, {"answer": "1"}).text
    row.refresh_from_db()
    assert row.ends_at is None
    newer = proposed(model, maker, **{**no, **otherwise})
    with pytest.raises(NotAllowed):
        sender_entries.answer(newer, approve=True, reason="", actor=maker, now=clock.now())
    row.refresh_from_db()
    assert row.ends_at is None
    shown = staff_client(User.objects.get(pk=checker.user_id))
    page = f"/admin/registers/{model._meta.model_name}/{newer.pk}/change/"
    assert "Takes the place of" in shown.get(page).text
    sender_entries.answer(newer, approve=True, reason="", actor=checker, now=clock.now())
    row.refresh_from_db()
    assert (row.ends_at, row.ended_by_id) == (newer.starts_at, checker.user_id)
    kinds = AuditEvent.objects.filter(about=f"registers.{model._meta.model_name}:{row.pk}").order_by("pk")
    assert kinds.last().kind == "registers.book.ended"
    assert "Takes the place of" not in shown.get(page).text


def test_what_forbids_holds_until_the_day_on_which_the_row_in_its_place_begins():
    rule = agreed(CountryRule, country="SG")
    soon = clock.now() + timedelta(days=3)
    newer = agreed(CountryRule, country="SG", says="allowed", starts_at=soon)
    rule.refresh_from_db()
    assert (rule.ends_at, newer.starts_at) == (soon, soon)
    for at, is_denied in ((clock.now(), True), (soon - timedelta(seconds=1), True), (soon, False)):
        assert ("SG" in vendor_assurance.papers_of(["x"], at=at)["x"].denied_countries) is is_denied


def test_a_newer_record_of_processing_takes_the_place_of_one_on_which_a_live_product_rests():
    maker, checker = two_people()
    row = agreed(ProcessingActivity)
    agreed(Product, activities=[row.code])
    newer = proposed(ProcessingActivity, maker, code=row.code, what_is_done="The same, and who gets it is named.")
    sender_entries.answer(newer, approve=True, reason="", actor=checker, now=clock.now())
    row.refresh_from_db()
    assert (row.ends_at, row.ended_by_id) == (newer.starts_at, checker.user_id)


def test_the_same_prohibition_is_not_entered_twice():
    agreed(CountryRule)
    with pytest.raises(Refused) as refused:
        proposed(CountryRule, two_people()[0], owner=CountryRule.objects.get().owner)
    assert (refused.value.code, refused.value.is_same) == ("ENTRY_TAKEN", True)


def test_no_older_check_of_a_recipient_counts_again_by_the_end_of_the_newer_one():
    papers_for("dialer-one")
    service_of = {"recipient_code": "dialer-one", "outcome": "fit", "allowed_categories": ["contact"]}
    newer = agreed(RecipientCheck, code="second-look", **service_of, checked_on=today())
    older = RecipientCheck.objects.get(code="check-dialer-one")
    with pytest.raises(Refused) as refused:
        sender_entries.end(newer, actor=two_people()[0], now=clock.now())
    assert refused.value.code == "OLDER_COUNTS_AGAIN"
    sender_entries.end(older, actor=two_people()[0], now=clock.now())
    sender_entries.end(newer, actor=two_people()[0], now=clock.now())
    assert vendor_assurance.papers_of(["dialer-one"], at=clock.now())["dialer-one"].check is None


def test_a_review_of_access_is_bound_to_who_held_the_roles_then():
    first = proposed(AccessReview, two_people()[0])
    held = RoleGrant.objects.filter(role__code__in=first.roles).count()
    assert (first.grants, first.grants_sha256) == entry_validation.grants_now(first.roles, now=clock.now())
    assert first.grants == held > 0
    StaffFactory(roles=["administrator"])
    assert entry_validation.grants_now(first.roles, now=clock.now())[0] == held + 1
    assert entry_validation.grants_now(first.roles, now=clock.now())[1] != first.grants_sha256


def test_one_row_of_a_code_holds_at_a_time():
    row = agreed(AuditFinding)
    with pytest.raises(Refused) as refused:
        proposed(AuditFinding, two_people()[0], owner=row.owner)
    assert refused.value.code == "ENTRY_TAKEN"


@pytest.mark.parametrize("model", BOOKS, ids=lambda m: m.__name__)
def test_a_correction_begins_in_the_moment_in_which_the_row_it_corrects_ends(model):
    row = agreed(model, **needs(model), **PERMITS.get(model, {}))
    later = clock.now() + timedelta(days=3)
    same = {name: getattr(row, name) for name in model.ABOUT}
    newer = agreed(model, **{**needs(model), **PERMITS.get(model, {}), **same}, name="A better name", starts_at=later)
    row.refresh_from_db()
    assert (row.ends_at, newer.starts_at, newer.ends_at) == (later, later, None)


def test_a_correction_is_proposed_from_the_page_of_the_row_with_what_it_says_now():
    row = agreed(Measure)
    maker = staff_client(StaffFactory(roles=["administrator"]))
    page = reverse("admin:registers_measure_change", args=[row.pk])
    way = f"{reverse('admin:registers_measure_add')}?corrects={row.pk}"
    assert way in maker.get(page).text
    assert f'value="{row.code}"' in maker.get(way).text
    assert row.code not in maker.get(f"{reverse('admin:registers_measure_add')}?corrects=x").text
    assert way not in staff_client(StaffFactory(roles=["auditor"])).get(page).text
    sender_entries.end(row, actor=two_people()[0], now=clock.now())
    assert way not in maker.get(page).text


def blocked(**changes):
    """A block that two people agreed to, of a customer with two owners, and the letters about it."""
    customer = CustomerFactory()
    for number, language in enumerate(("en", "mr")):
        owner = PrincipalFactory(email=f"owner{number}@acme.example", language=language)
        MembershipFactory(customer=customer, principal=owner)
    entry = agreed(AccountBlock, customer=customer, **changes)
    entry.refresh_from_db()
    return entry, list(Message.objects.filter(kind="registers.account_blocked").order_by("pk"))


def test_a_customer_whose_account_is_blocked_is_told_why_and_where_to_object():
    entry, letters = blocked()
    assert (entry.told_at is not None, len(letters)) == (True, 2)
    said, in_marathi = (message_content.text_of(letter).body for letter in letters)
    for words in ("unwanted messages were sent from it", "A machine found this", "/privacy/grievances/"):
        assert words in said
    assert entry.customer.reference in said
    assert "नको असलेले संदेश" in in_marathi


@pytest.mark.parametrize("why", BlockReason.values)
def test_each_reason_but_a_silent_one_has_its_words_and_a_person_alone_is_no_machine(why):
    entry, letters = blocked(why=why, is_automated=False)
    if why == BlockReason.ORDER:
        assert (entry.told_at, letters) == (None, [])
        return
    said = message_content.text_of(letters[0]).body
    assert ("its security is in danger" in said) is (why == BlockReason.SECURITY)
    assert "machine" not in said


def test_nobody_counts_as_told_of_a_block_who_cannot_be_reached():
    entry = agreed(AccountBlock)
    entry.refresh_from_db()
    assert entry.told_at is None


def test_a_machine_alone_blocks_nobody():
    with pytest.raises(Refused) as refused:
        proposed(AccountBlock, two_people()[0], human_check=" ")
    assert refused.value.code == "NO_HUMAN_CHECK"


@pytest.mark.parametrize("model", [Contract, ProcessingActivity])
def test_contracts_and_records_of_processing_are_found_by_the_day_they_hold_from(model):
    reader = staff_client(StaffFactory(roles=["data_protection_officer"]))
    url = reverse(f"admin:registers_{model._meta.model_name}_changelist")
    row = agreed(model)
    year = clock.day(row.starts_at).year
    assert reader.get(url, {"starts_at__year": year}).context["cl"].result_count == 1
    assert reader.get(url, {"starts_at__year": year - 5}).context["cl"].result_count == 0


def test_whoever_is_chosen_as_owner_is_called_by_name():
    colleague = StaffFactory(roles=["data_protection_officer"], full_name="Vidya Gokhale")
    writer = staff_client(StaffFactory(roles=["data_protection_officer"]))
    for model in (Contract, Measure, ProcessingActivity):
        page = writer.get(reverse(f"admin:registers_{model._meta.model_name}_add")).text
        assert f'<option value="{colleague.pk}">Vidya Gokhale</option>' in page
        assert "login " not in page
    assert PendingForm().fields["owner"].label_from_instance(colleague) == "Vidya Gokhale"
    assert ReviewForm().fields["owner"].label_from_instance(colleague) == "Vidya Gokhale"
