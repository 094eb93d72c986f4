"""Approvals: one list of what waits for a login, the answer from the page of a proposal, and one's own proposals."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.fronts.workplace import approvals, profile_changes
from portal.fronts.workplace.models import ProfileProposal
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, date_format
from portal.kernel.law.models import OrganisationProfile
from portal.kernel.law.selectors import profile
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import ApiKey, MergeProposal
from portal.kernel.people.services import api_keys
from tests.consent.factories import law_is_loaded, person
from tests.people.factories import FiduciaryFactory, PrincipalFactory
from tests.registers.test_orders import proposed, received
from tests.shipped import every_rule
from tests.workplace.test_proposals import made_up
from tests.workplace.today import by_label, listed

pytestmark = pytest.mark.django_db
INBOX = "admin:approvals"
REFERENCE = re.compile(r"\bOS(?:-[0-9A-Z]+)+|\d+")


@pytest.fixture
def maker(staff):
    return staff("data_protection_officer")


@pytest.fixture
def checker(staff):
    return staff("administrator")


def key_is_proposed(client, label):
    now = clock.now()
    fields = {"label": label, "scopes": ["decisions:ask"], "expires_at": now + timedelta(days=90)}
    fiduciary = FiduciaryFactory(name=f"Client {label}")
    return api_keys.propose(fiduciary=fiduciary, **fields, actor=actor.staff(client.member.pk), now=now)


def profile_is_proposed(client, *, in_days=1):
    answers = {**dict.fromkeys(OrganisationProfile.SWITCHES, "undecided"), "intermediary": "no"}
    day = clock.day(clock.now()) + timedelta(days=in_days)
    return profile_changes.propose_profile(answers=answers, effective_from=day, actor=actor.staff(client.member.pk))


def decides(client, row, decision, **more):
    url = reverse("admin:approval", args=[row._meta.label, row.pk])
    return client.post(url, {"decision": decision, "answer": "1", **more})


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def told(row):
    """The row with references and words where it was made up with a letter."""
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if value == "x":
            setattr(row, field.attname, "OS-AB-7K4M-9QX3" if "reference" in field.name else "words")
        if field.is_relation and field.name in row._state.fields_cache:
            told(getattr(row, field.name))
    return row


@pytest.mark.parametrize("model", approvals.models_of_proposals(), ids=lambda model: model._meta.label)
def test_every_kind_of_proposal_is_decided_on_a_page_that_the_list_leads_to(model):
    row = made_up(model, model.named_by)
    assert approvals.url_of(row)
    page = admin.site._registry.get(model)
    if page is not None and not hasattr(page, "answered_with"):
        ways = approvals.ways_of(row)
        assert ways is not None
        assert ways.approve.permission == ways.refuse.permission


@pytest.mark.parametrize("model", approvals.models_of_proposals(), ids=lambda model: model._meta.label)
def test_no_line_of_the_list_is_a_bare_reference(model):
    title = approvals.title_of(told(made_up(model, model.named_by)))
    assert re.search(r"\w{2}", REFERENCE.sub("", title)), title


def test_the_number_in_the_bar_is_that_of_the_rows_and_of_the_kinds(maker, checker):
    for label in ("one", "two"):
        key_is_proposed(maker, label)
    profile_is_proposed(maker)
    key_is_proposed(checker, "own")
    shown = checker.get(reverse(INBOX))
    assert shown.context["approvals"].count == len(shown.context["waiting"]) == 3
    assert {one.code: one.count for one in shown.context["found"].kinds()} == {
        "people.ApiKey": 2,
        "workplace.ProfileProposal": 1,
    }
    of_kind = checker.get(reverse(INBOX), {"kind": "people.ApiKey"})
    assert [one.kind for one in of_kind.context["waiting"]] == ["people.ApiKey"] * 2
    assert re.search(r'Approvals <span class="waiting">3</span>', checker.get("/admin/help/").text)


def test_what_has_to_be_decided_by_a_day_comes_first_and_says_the_day(maker, checker):
    key_is_proposed(maker, "older")
    made = profile_is_proposed(maker)
    first, second = checker.get(reverse(INBOX)).context["waiting"]
    assert (first.row, second.due) == (made, None)
    assert first.due.due == date_format.day(made.effective_from)


def merge_is_proposed(by):
    rows = [PrincipalFactory(full_name=name, phone="") for name in ("Asha Kulkarni", "A. Kulkarni")]
    return MergeProposal.objects.create(
        act="people.principal.merge",
        made_by=by,
        made_at=clock.now(),
        old=rows[0],
        new=rows[1],
        why="x",
        shown_sha256="0" * 64,
    )


def test_the_list_says_whose_record_a_proposal_is_about_and_one_event_says_that_it_did(maker, staff):
    merge_is_proposed(maker.member)
    reader = staff("data_protection_officer")
    shown = reader.get(reverse(INBOX)).text
    assert "Asha K. = A. K." in shown
    assert not re.search(r"Person \d", shown)
    [event] = AuditEvent.objects.filter(kind="admin.names.listed")
    assert event.facts == {"list": "workplace.approvals", "filters": "", "count": 1}
    assert "Asha K. = A. K." in maker.get(reverse(INBOX), {"tab": "mine"}).text


def test_names_of_the_list_cost_the_same_for_many_as_for_few(maker, staff):
    reader = staff("data_protection_officer")

    def statements():
        with CaptureQueriesContext(connection) as seen:
            reader.get(reverse(INBOX))
        return len(seen)

    merge_is_proposed(maker.member)
    statements()
    few = statements()
    for _number in range(4):
        merge_is_proposed(maker.member)
    assert statements() == few


def test_after_a_decision_the_next_proposal_opens_and_after_the_last_one_the_list(maker, checker):
    keys = [key_is_proposed(maker, label) for label in ("one", "two")]
    made = profile_is_proposed(maker)
    first = decides(checker, made, "approve").url
    assert first == f"{page_of(keys[0])}?after=1"
    shown = checker.get(first)
    said = [str(message) for message in shown.context["messages"]]
    assert any(approvals.title_of(made) in one and page_of(made) in one for one in said)
    # A second click in haste lands on no button: what decides is folded.
    assert re.search(r'<details class="decide"><summary>.*?value="approve"', shown.text, re.DOTALL)
    assert '<details class="decide">' not in checker.get(page_of(keys[0])).text
    assert profile(on=made.effective_from).intermediary == "no"
    assert decides(checker, keys[0], "refuse", reason="Not needed.").url == f"{page_of(keys[1])}?after=1"
    last = decides(checker, keys[1], "approve")
    assert last.url == reverse(INBOX)
    said = [str(message) for message in checker.get(last.url).context["messages"]]
    assert "Nothing else waits for your approval." in said
    assert list(ApiKey.objects.order_by("pk").values_list("answer", flat=True)) == [Answer.REFUSED, Answer.APPROVED]


def test_the_next_one_is_of_the_kind_that_was_chosen_while_there_is_one(maker, checker):
    first, second = (key_is_proposed(maker, label) for label in ("one", "two"))
    made = profile_is_proposed(maker)
    page = checker.get(page_of(first), {"kind": "people.ApiKey"})
    assert '<input type="hidden" name="kind" value="people.ApiKey">' in page.text
    assert (
        decides(checker, first, "approve", kind="people.ApiKey").url == f"{page_of(second)}?after=1&kind=people.ApiKey"
    )
    assert decides(checker, second, "approve", kind="people.ApiKey").url == f"{page_of(made)}?after=1"


@pytest.mark.parametrize("propose", [key_is_proposed, lambda client, _label: profile_is_proposed(client)])
def test_a_rejection_without_a_reason_is_asked_for_it_and_counts_with_it(maker, checker, propose):
    made = propose(maker, "one")
    asked = decides(checker, made, "refuse")
    assert asked.status_code == 422
    assert type(made).objects.get().answer == Answer.PENDING
    again = re.search(r'<form method="post" data-typed="[^"]*" action="([^"]+)"', asked.text)[1].replace("&amp;", "&")
    done = checker.post(again, {"decision": "refuse", "reason": "The day is too early.", "answer": "1"})
    assert done.url == reverse(INBOX)
    assert type(made).objects.get().reason == "The day is too early."


def test_what_has_changed_since_it_was_proposed_is_not_approved(maker, checker):
    made = profile_is_proposed(maker)
    ProfileProposal.objects.filter(pk=made.pk).update(answers={**made.answers, "ccpa_business": "no"})
    refused = decides(checker, made, "approve")
    assert refused.status_code == 422
    assert "has changed since" in refused.text
    assert ProfileProposal.objects.get().answer == Answer.PENDING


def test_nobody_decides_what_they_proposed_or_may_not_decide(maker, checker, staff):
    made = key_is_proposed(maker, "one")
    decides(maker, made, "approve")
    stranger = decides(staff("support"), made, "approve")
    assert stranger.status_code == 404
    assert ApiKey.objects.get().answer == Answer.PENDING
    assert decides(checker, made, "maybe").status_code == 404
    assert checker.get(reverse("admin:approval", args=["people.User", checker.member.pk])).status_code == 404
    assert checker.get(reverse("admin:approval", args=["people.ApiKey", made.pk])).url == page_of(made)


def test_ones_own_proposals_are_withdrawn_where_their_act_allows_it(maker, checker):
    key, made = key_is_proposed(maker, "one"), profile_is_proposed(maker)
    mine = maker.get(reverse(INBOX), {"tab": "mine"})
    offers = {one.row: bool(one.withdraw) for one in mine.context["waiting"]}
    assert offers == {key: True, made: False}
    assert decides(maker, key, "withdraw").url == f"{reverse(INBOX)}?tab=mine"
    key.refresh_from_db()
    assert key.ended_at is not None
    assert [one.row for one in checker.get(reverse(INBOX)).context["waiting"]] == [made]
    assert maker.get(reverse(INBOX), {"tab": "mine"}).context["found"].own_count == 1


def test_what_came_of_ones_own_proposals_is_said_with_the_reason(maker, checker):
    made = key_is_proposed(maker, "one")
    decides(checker, made, "refuse", reason="Use the key there is.")
    [one] = maker.get(reverse(INBOX), {"tab": "mine"}).context["answered"]
    assert (one.row, one.row.reason) == (made, "Use the key there is.")


def test_only_what_changes_is_compared_and_the_whole_is_folded(maker, checker):
    page = checker.get(page_of(profile_is_proposed(maker)))
    shown = page.context["approval"]
    assert [(before, after) for _label, before, after in shown.differences] == [("not decided", "no")]
    assert shown.names == {"answer-proposal"}


def test_the_bar_costs_two_statements_and_the_list_the_same_for_many_as_for_one(maker, checker):
    key_is_proposed(maker, "one")
    user = checker.member
    approvals.open_to(user)
    with CaptureQueriesContext(connection) as seen:
        assert approvals.open_to(user).count == 1
    assert len(seen) == 2


def test_an_auditor_is_asked_for_nothing(maker, staff):
    key_is_proposed(maker, "one")
    shown = staff("auditor").get(reverse(INBOX))
    assert (shown.context["approvals"].count, shown.context["waiting"]) == (0, [])


def test_today_shows_what_waits_for_approval_as_rows_and_not_as_a_figure(maker, checker):
    made = profile_is_proposed(maker)
    keys = [key_is_proposed(maker, label) for label in "abcdefgh"]
    shown = checker.get("/admin/")
    [group] = [one for one in shown.context["worklist"].groups if one.code == "approvals"]
    assert group.rows[0].url == page_of(made)
    assert (len(group.rows), group.count) == (7, len(keys) + 1)
    assert f'href="{reverse(INBOX)}">Show all 9<' in shown.text
    assert "Approvals" not in by_label(shown)


def test_a_proposal_about_a_record_with_a_deadline_stands_in_the_row_of_that_record(maker, checker):
    every_rule()
    law_is_loaded()
    order = received(person())
    made = proposed(order, actor.staff(maker.member.pk))
    shown = checker.get("/admin/")
    [row] = [one for one in listed(shown) if order.reference in one.keys]
    assert (row.url, row.act.url) == (page_of(made), page_of(made))
    assert row.verb == "Respond to an authority order"
    assert row.time is not None
