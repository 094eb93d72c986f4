import re
from datetime import timedelta

import pytest
from django.urls import reverse

from kyc import tasks
from kyc.cases import check_plans
from kyc.cases.selectors import to_review
from kyc.data_copy_sections import KycSection
from kyc.erasure import KycDocuments
from kyc.ledger_checks import DOCUMENTS
from kyc.models import CheckEvidence, Decision, DeletionRequest, Document, Party
from kyc.outcomes.services.deletion_requests import ask_to_delete, end_what_was_held, remove_of_who_left
from kyc.review.services import check_runs, value_checks
from kyc.review.services.check_runs import run_plan, sweep
from kyc.review.services.related_parties import add_person, leave
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove
from portal.kernel.law.models import Clock
from portal.kernel.retention.models import Hold
from portal.kernel.vault.models import ShredOrder, StoredFile
from portal.kernel.vault.services import files
from tests.kyc.factories import CUSTOMER, NOW, answered, checked, firm, held_by_order, party_of, proposed, uploaded
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.registers.factories import order_about
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.usefixtures("same_process")


def test_a_file_that_was_never_sent_is_destroyed_at_once(individual, django_capture_on_commit_callbacks):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    kept = document.kept
    with django_capture_on_commit_callbacks(execute=True):
        ask_to_delete(document, actor=CUSTOMER, now=NOW)
    document.refresh_from_db()
    document.quarantined.refresh_from_db()
    assert (document.state, document.number_sealed, document.number_display) == ("removed", None, "")
    assert document.quarantined.shredded_at is not None
    assert StoredFile.objects.get(pk=kept.pk).shredded_at is not None
    assert AuditEvent.objects.get(kind="kyc.document.deletion_asked").facts["to"] == "let_go"


def test_what_the_customer_had_destroyed_says_so_and_its_place_is_free(individual, asha):
    document = uploaded(individual)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "You deleted this file before you sent it." in page
    assert "Now: Deleted before it was sent" in page
    assert "newer file" not in page
    assert "Ask to delete it" not in page
    assert uploaded(individual).state == "received"


def test_a_second_press_says_that_it_was_asked_for(individual, asha):
    browser = customer_client(asha)
    for made, said in ((uploaded, "You have deleted it already."), (checked, "You have asked for this already.")):
        document = made(individual)
        act = reverse("privacy:kyc-delete", args=[document.reference])
        browser.post(act)
        again = browser.post(act, follow=True)
        assert again.status_code == 200
        assert said in again.text


def test_a_request_about_a_file_that_is_with_us_is_noted_once_and_a_person_answers(individual):
    document = checked(individual)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    document.refresh_from_db()
    assert (document.state, document.deletion_asked_at) == ("checked", NOW)
    assert document.kept is not None
    with pytest.raises(IllegalMove):
        ask_to_delete(document, actor=CUSTOMER, now=NOW)


def test_a_file_let_go_while_the_machine_looks_at_it_is_not_kept(individual, monkeypatch):
    document = uploaded(individual)
    look = check_runs.inspect

    def slow(data, **given):
        ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return look(data, **given)

    monkeypatch.setattr(check_runs, "inspect", slow)
    assert run_plan(document.pk, now=clock.now()) == "removed"
    document.refresh_from_db()
    assert (document.kept, document.number_sealed) == (None, None)
    assert not StoredFile.objects.filter(kind="kyc.document").exists()
    assert not CheckEvidence.objects.exists()


def test_what_the_checks_saw_goes_with_the_file(individual):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    assert CheckEvidence.objects.exists()
    document.refresh_from_db()
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    assert not CheckEvidence.objects.exists()
    assert document.checks.exists()


def test_two_workers_who_judge_one_file_keep_one_copy(individual, monkeypatch):
    """The lease of the first ran out while the child looked at the file."""
    document = uploaded(individual)
    look = check_runs.inspect

    def slow(data, **given):
        monkeypatch.setattr(check_runs, "inspect", look)
        run_plan(document.pk, now=clock.now() + timedelta(hours=1))
        return look(data, **given)

    monkeypatch.setattr(check_runs, "inspect", slow)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    assert document.state == "checked"
    assert StoredFile.objects.get(kind="kyc.document") == document.kept
    assert document.checks.count() == len(check_plans.own_checks(document.kind))


@pytest.mark.parametrize("at", ["number", "duplicate", "expiry"])
def test_a_file_let_go_between_two_checks_ends_the_run_without_a_row_or_an_error(individual, monkeypatch, at):
    document = uploaded(individual)
    plain = value_checks.ask

    def slow(name, row, **given):
        said = plain(name, row, **given)
        if name == at:
            ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return said

    monkeypatch.setattr(value_checks, "ask", slow)
    assert run_plan(document.pk, now=clock.now()) == "removed"
    assert not document.checks.filter(name=at).exists()
    assert not CheckEvidence.objects.exists()


def test_a_file_let_go_before_its_last_line_is_written_stays_let_go(individual, monkeypatch):
    document = uploaded(individual)
    plain = check_runs._finish

    def late(row):
        ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        plain(row)

    monkeypatch.setattr(check_runs, "_finish", late)
    assert run_plan(document.pk, now=clock.now()) == "removed"


def test_a_file_let_go_before_the_worker_opens_it_is_no_error(
    individual, monkeypatch, django_capture_on_commit_callbacks
):
    document = uploaded(individual)
    opens = files.open_stream

    def late(file, **given):
        with django_capture_on_commit_callbacks(execute=True):
            ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return opens(file, **given)

    monkeypatch.setattr(files, "open_stream", late)
    assert run_plan(document.pk, now=clock.now()) == "removed"
    assert not document.checks.exists()


def test_a_customer_erased_while_the_checks_run_is_not_looked_at_again(individual, monkeypatch):
    document = uploaded(individual)
    plain = value_checks.ask

    def slow(name, row, **given):
        said = plain(name, row, **given)
        if name == "duplicate":
            KycDocuments("kyc").erase(subject_ref=individual.subject.ref, before=None)
        return said

    monkeypatch.setattr(value_checks, "ask", slow)
    run_plan(document.pk, now=clock.now())
    assert not document.checks.filter(name="duplicate").exists()
    assert sweep(now=clock.now() + timedelta(days=1)) == 0


def test_a_request_about_a_paper_that_goes_with_its_person_ends_with_it(organisation):
    party = party_of(organisation)
    document = checked(organisation, party=party)
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    leave(party, actor=CUSTOMER, now=NOW)
    request = DeletionRequest.objects.get()
    assert (request.state, request.answered_at) == ("removed", NOW)
    assert not Clock.objects.filter(owner=request.owner, state="running").exists()
    event = AuditEvent.objects.get(kind="kyc.document.deletion_answered")
    assert (event.facts["document"], event.facts["state"]) == (document.reference, "removed")


@pytest.fixture
def director(house):
    """Ravi, a director, whose PAN card is checked and sent; an order keeps everything of him."""
    company = firm("company")
    party = add_person(company.kyc, full_name="Ravi Kumar", roles=["director"], actor=CUSTOMER, now=NOW)
    document = checked(company, party=party)
    document.hold = held_by_order(party.principal.subject.ref)
    return document


def is_whole(document) -> bool:
    """Its copy, its number and its key are here."""
    document.refresh_from_db()
    orders = ShredOrder.objects.filter(subject_ref=document.key_ref)
    return document.kept is not None and document.number_sealed is not None and not orders.exists()


def released(hold) -> None:
    Hold.objects.filter(pk=hold.pk).update(released_at=clock.now())


def test_a_hold_keeps_the_papers_of_somebody_whom_the_customer_takes_off_the_list(director, maker):
    leave(director.party, actor=CUSTOMER, now=NOW)
    assert is_whole(director)
    assert (director.state, list(to_review(at=clock.now()))) == ("removed", [])
    with pytest.raises(IllegalMove):
        proposed(Document.objects.get(pk=director.pk), maker)


def test_nobody_says_yes_to_the_held_paper_of_somebody_who_left(director, maker, checker):
    decision = proposed(director, maker)
    leave(director.party, actor=CUSTOMER, now=NOW)
    with pytest.raises(IllegalMove):
        answered(decision, checker)


def test_a_held_paper_is_destroyed_once_the_hold_has_ended(director, django_capture_on_commit_callbacks):
    leave(director.party, actor=CUSTOMER, now=NOW)
    assert end_what_was_held(now=clock.now()) == 0
    assert is_whole(director)
    released(director.hold)
    with django_capture_on_commit_callbacks(execute=True):
        assert end_what_was_held(now=clock.now()) == 1
    director.refresh_from_db()
    assert (director.state, director.kept) == ("removed", None)
    assert end_what_was_held(now=clock.now()) == 0


def test_the_end_of_holds_leaves_what_two_people_approved_of_somebody_who_left(director):
    Decision.objects.create(
        document=director,
        reference="PR-1",
        outcome="approve",
        answer="approved",
        made_by=StaffFactory(),
        made_at=NOW,
        checked_by=StaffFactory(),
        checked_at=NOW,
    )
    leave(director.party, actor=CUSTOMER, now=NOW)
    released(director.hold)
    assert end_what_was_held(now=clock.now()) == 0
    assert is_whole(director)


def test_a_held_file_that_was_never_sent_is_not_destroyed_at_its_customers_wish(individual, asha):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    hold = held_by_order(individual.subject.ref)
    customer_client(asha).post(reverse("privacy:kyc-delete", args=[document.reference]))
    assert is_whole(document)
    assert (document.state, document.quarantined.shredded_at) == ("removed", None)
    assert not DeletionRequest.objects.exists()
    released(hold)
    assert end_what_was_held(now=clock.now()) == 1
    assert not is_whole(document)


def held_as_before(director, **changes):
    """A held document as the release before the state "removed" left it: its person gone, its own state as it was."""
    Party.objects.filter(pk=director.party.pk).update(ended_at=NOW)
    Document.objects.filter(pk=director.pk).update(**changes)
    director.refresh_from_db()
    return director


def test_the_first_night_after_an_upgrade_removes_what_a_hold_kept_before_there_was_that_state(director):
    other = uploaded(CustomerFactory(kind="individual"))
    held_as_before(director)
    asked = uploaded(firm("company"))
    held_by_order(asked.subject_ref)
    Document.objects.filter(pk=asked.pk).update(deletion_asked_at=NOW)
    assert tasks.end_what_was_held() == 2
    for document, state in ((director, "removed"), (asked, "removed"), (other, "received")):
        document.refresh_from_db()
        assert document.state == state
    assert is_whole(director)
    event = AuditEvent.objects.filter(kind="kyc.document.moved", about=f"kyc.document:{director.reference}").latest(
        "pk"
    )
    assert event.facts["to"] == "removed"
    assert not list(DOCUMENTS.differences(sample=None))
    assert tasks.end_what_was_held() == 0
    released(director.hold)
    assert tasks.end_what_was_held() == 1
    assert not is_whole(director)


def test_where_nothing_was_held_before_the_night_changes_nothing(individual):
    document = uploaded(individual)
    events = AuditEvent.objects.count()
    assert tasks.end_what_was_held() == 0
    document.refresh_from_db()
    assert (document.state, AuditEvent.objects.count()) == ("received", events)


def test_a_held_document_that_two_people_approved_is_not_removed_by_the_first_night(director):
    Decision.objects.create(
        document=director,
        reference="PR-1",
        outcome="approve",
        answer="approved",
        made_by=StaffFactory(),
        made_at=NOW,
        checked_by=StaffFactory(),
        checked_at=NOW,
    )
    held_as_before(director)
    assert remove_of_who_left(now=NOW) == 0


#: What differs by the person: references, tokens and times.
ALIKE = re.compile(
    r"OS-[A-Z]+-\w{4}-\w{4}|nonce-[\w=+/-]+|nonce=\"[^\"]*\"|value=\"\w{32,}\"|\d{2}:\d{2}(:[\d.]+)?|datetime\([^)]*\)"
)


def departures(company, user, *, is_ordered: bool, asks: bool) -> list[str]:
    """Every page about a sent document that nobody has decided about, after its person left the list."""
    party = add_person(company.kyc, full_name="Ravi Kumar", roles=["director"], actor=CUSTOMER, now=NOW)
    document = checked(company, party=party)
    proposed(document, StaffFactory(roles=["kyc_maker"]))
    if is_ordered:
        order_about(party.principal.subject.ref)
    if asks:
        ask_to_delete(document, actor=CUSTOMER, now=NOW)
    leave(party, actor=CUSTOMER, now=NOW)
    browser = customer_client(user)
    asking = reverse("privacy:kyc-delete", args=[document.reference])
    pages = [
        reverse("privacy:kyc-document", args=[document.reference]),
        asking,
        reverse("privacy:kyc-page", args=[document.reference, 1]),
        reverse("privacy:kyc"),
    ]
    seen = [browser.get(page, follow=True) for page in pages]
    seen.append(browser.post(asking, follow=True))
    copy = KycSection().collect(subject_refs=[company.subject.ref, party.principal.subject.ref])
    return [ALIKE.sub("", text) for text in [f"{page.status_code} {page.text}" for page in seen] + [str(copy)]]


@pytest.mark.parametrize("asks", [False, True])
def test_no_page_of_a_sent_document_whose_person_left_tells_of_a_secret_order(house, asks):
    pages = []
    for is_ordered in (False, True):
        company = firm("company", name="Acme Traders")
        boss = CustomerUserFactory(email=f"boss{is_ordered:d}@acme.example", member_of=company)
        pages.append(departures(company, boss, is_ordered=is_ordered, asks=asks))
    for plain, ordered in zip(*pages, strict=True):
        assert ordered.replace("boss1@", "boss0@") == plain
    assert "You removed this person from the list" in pages[0][0]
    assert {request.state for request in DeletionRequest.objects.all()} <= {"removed"}


def removals(customer, user, party=None) -> list[str]:
    """Every page about an unsent file before, at and after its removal, and of an upload in its place."""
    document = uploaded(customer, party=party)
    run_plan(document.pk, now=clock.now())
    browser = customer_client(user)
    asking = reverse("privacy:kyc-delete", args=[document.reference])
    about = reverse("privacy:kyc-document", args=[document.reference])
    image = reverse("privacy:kyc-page", args=[document.reference, 1])
    list_of_tasks = reverse("privacy:kyc")
    seen = [browser.get(page) for page in (about, asking, list_of_tasks)]
    seen.append(browser.post(asking, follow=True))
    seen += [browser.get(page, follow=True) for page in (about, asking, image, list_of_tasks)]
    seen.append(browser.post(asking, follow=True))
    document.refresh_from_db()
    assert document.state == "removed"
    replaced = uploaded(customer, party=party)
    newer = uploaded(customer, party=party)
    for one in (document, replaced, newer):
        seen.append(browser.get(reverse("privacy:kyc-document", args=[one.reference])))
        seen.append(browser.get(reverse("privacy:kyc-delete", args=[one.reference]), follow=True))
    copy = KycSection().collect(subject_refs=[customer.subject.ref])
    texts = [f"{page.status_code} {page.text}" for page in seen] + [str(copy)]
    return [ALIKE.sub("", text) for text in texts]


def test_no_page_of_a_removed_file_tells_of_a_secret_order(individual, asha):
    other = CustomerFactory(kind="individual", name=individual.name)
    ravi = CustomerUserFactory(email="ravi@acme.example", member_of=other)
    open_pages = removals(individual, asha)
    order_about(other.subject.ref)
    under_order = removals(other, ravi)
    for plain, ordered in zip(open_pages, under_order, strict=True):
        assert ordered.replace("ravi@", "asha@") == plain
    kept = Document.objects.filter(case__customer=other)
    assert {one.state: one.quarantined.shredded_at for one in kept} == {
        "removed": None,
        "replaced": None,
        "received": None,
    }


def test_a_held_file_that_a_newer_one_replaces_is_kept_until_the_hold_ends(
    individual, asha, django_capture_on_commit_callbacks
):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    hold = held_by_order(individual.subject.ref)
    uploaded(individual)
    assert is_whole(document)
    assert document.state == "replaced"
    page = customer_client(asha).get(reverse("privacy:kyc-document", args=[document.reference])).text
    assert "We keep nothing of it, unless a law or an order requires us to." in page
    released(hold)
    with django_capture_on_commit_callbacks(execute=True):
        assert end_what_was_held(now=clock.now()) == 1
    assert not is_whole(document)


def test_the_only_copy_of_a_held_paper_that_could_not_be_checked_is_not_destroyed_by_a_newer_one(
    individual, django_capture_on_commit_callbacks
):
    document = uploaded(individual)
    Document.objects.filter(pk=document.pk).update(state="stalled", sent_at=NOW)
    hold = held_by_order(individual.subject.ref)
    with django_capture_on_commit_callbacks(execute=True):
        uploaded(individual)
    document.quarantined.refresh_from_db()
    assert document.quarantined.shredded_at is None
    released(hold)
    with django_capture_on_commit_callbacks(execute=True):
        assert end_what_was_held(now=clock.now()) == 1
    document.quarantined.refresh_from_db()
    assert document.quarantined.shredded_at is not None


def test_the_page_of_a_held_paper_says_that_its_person_left(director):
    boss = CustomerUserFactory(email="boss@acme.example", member_of=director.case.customer)
    leave(director.party, actor=CUSTOMER, now=NOW)
    page = customer_client(boss).get(reverse("privacy:kyc-document", args=[director.reference])).text
    assert "You removed this person from the list" in page
    assert "It is with us" not in page
