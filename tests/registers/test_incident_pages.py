"""The staff's pages of incidents: entered, told, proposed, answered, proved, printed and exported."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.kernel.core import clock
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.incidents import rules
from portal.kernel.registers.incidents.selectors.incidents import facts_of
from portal.kernel.registers.incidents.services import affected_people, incident_notifications, incidents
from portal.kernel.registers.models import Incident, IncidentDecision, IncidentDuty, IncidentSearch
from portal.kernel.registers.tasks import find_affected
from tests.consent.factories import law_is_loaded
from tests.people.factories import PrincipalFactory, StaffFactory
from tests.registers.factories import (
    BEFORE_DPDP,
    as_actor,
    officer_in_office,
    opened_incident,
    told_everything,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """The duties of the DPDP Act about breaches do not hold yet: what is owed here is owed under other laws."""
    with time_machine.travel(BEFORE_DPDP, tick=True):
        yield


@pytest.fixture(autouse=True)
def rules_are_loaded(day: None, db: Any) -> None:
    every_rule()
    law_is_loaded()


@pytest.fixture
def officer() -> Any:
    return StaffFactory(roles=["data_protection_officer"])


@pytest.fixture
def incident(officer: Any) -> Incident:
    officer_in_office()
    found = opened_incident(as_actor(officer))
    told_everything(found, as_actor(officer))
    return found


def act(model: str, row: Any, name: str) -> str:
    return reverse(f"admin:registers_{model}_do_one", args=[row.pk, name])


def local(at: Any) -> str:
    return timezone.localtime(at, clock.IST).strftime("%Y-%m-%d %H:%M")


def test_an_incident_is_entered_and_told_through_the_pages(officer: Any) -> None:
    browser = staff_client(officer)
    an_hour_ago = local(clock.now() - timedelta(hours=1))
    form = {
        "headline": "A mailbox was read",
        "role": "fiduciary",
        "regimes": ["EU"],
        "is_cyber": "on",
        "has_personal_data": "on",
        "risk": "unknown",
        "noticed_at": an_hour_ago,
        "aware_at": an_hour_ago,
    }
    assert browser.post(reverse("admin:registers_incident_add"), form).status_code == 302
    incident = Incident.objects.get()
    browser.post(act("incident", incident, "tell-happened"), {"answer": "1", "nature": "Somebody else read it."})
    page = browser.get(reverse("admin:registers_incident_change", args=[incident.pk])).text
    assert "Somebody else read it." in page
    assert "CERT-In: the incident" in page
    assert "The rule is not in force" in page
    listed = browser.get(reverse("admin:registers_incident_changelist")).text
    assert "the first by" in listed


def test_what_decides_is_put_right_from_what_stands_there_and_clients_are_added(
    officer: Any, incident: Incident
) -> None:
    client = fiduciaries.add_client(code="shop", name="Shop", actor=as_actor(officer), now=clock.now())
    browser, page = staff_client(officer), act("incident", incident, "put-right")
    asking = browser.get(page).context["form"]
    assert (asking["role"].initial, asking["is_cyber"].initial) == ("fiduciary", True)
    given = {"role": "both", "is_cyber": "on", "has_personal_data": "on", "risk": "unknown", "clients": [client.pk]}
    browser.post(page, {"answer": "1", **shown_on(asking), **given})
    assert incident.duties.get(client=client).state == "open"
    assert browser.get(page).context["form"]["clients"].initial == [client.pk]


def shown_on(asking: Any) -> dict[str, Any]:
    """What a browser sends back of the values that the page showed, hidden beside each field."""
    hidden = {field.html_initial_name: field.initial for field in asking if field.field.show_hidden_initial}
    return {name: value for name, value in hidden.items() if value != []}


def test_words_that_a_colleague_saved_while_a_form_was_open_are_not_written_back(
    officer: Any, incident: Incident
) -> None:
    browser, page = staff_client(officer), act("incident", incident, "tell-happened")
    asking = browser.get(page).context["form"]
    as_shown = {**asking.initial, **shown_on(asking)}
    incidents.tell(incident=incident, words={"nature": "A newer account."}, actor=as_actor(officer), now=clock.now())
    count = incident.facts.count()
    answer = browser.post(page, {"answer": "1", **as_shown, "location": "Pune"})
    assert answer.status_code == 200
    known = facts_of(incident)
    assert (known["nature"], known["location"]) == ("A newer account.", "Pune")
    assert incident.facts.count() == count + 1


def test_where_two_change_the_same_words_the_later_one_sees_both_and_loses_neither(
    officer: Any, incident: Incident
) -> None:
    browser, page = staff_client(officer), act("incident", incident, "tell-happened")
    asking = browser.get(page).context["form"]
    as_shown = {**asking.initial, **shown_on(asking)}
    newer = {"nature": "A newer <account>.\r\nOf two lines."}
    incidents.tell(incident=incident, words=newer, actor=as_actor(officer), now=clock.now())
    both = browser.post(page, {"answer": "1", **as_shown, "nature": "My own account.", "location": "Pune"})
    form = both.context["form"]
    assert both.status_code == 422
    assert [error.code for error in form.errors.as_data()["nature"]] == ["CHANGED_MEANWHILE"]
    assert "A newer &lt;account&gt;." in both.text
    assert "My own account." in both.text
    assert facts_of(incident)["nature"] == newer["nature"]
    again = {name: form.data[name] for name in (*form.fields, *shown_on(form))}
    assert browser.post(page, {"answer": "1", **again, "nature": "Both accounts."}).status_code == 200
    known = facts_of(incident)
    assert (known["nature"], known["location"]) == ("Both accounts.", "Pune")


def test_what_decides_and_a_colleague_put_right_meanwhile_is_not_put_back(officer: Any, incident: Incident) -> None:
    browser, page = staff_client(officer), act("incident", incident, "put-right")
    asking = browser.get(page).context["form"]
    as_shown = {
        name: value
        for name, value in {**asking.initial, **shown_on(asking)}.items()
        if value is not False or name.startswith("initial-")
    }
    changed = {"risk": "high", "regimes": ["EU", "IN"]}
    incidents.change(incident=incident, actor=as_actor(officer), now=clock.now(), **changed)
    assert browser.post(page, {"answer": "1", **as_shown, "is_telecom": "on"}).status_code == 200
    incident.refresh_from_db()
    assert (incident.risk, sorted(incident.regimes), incident.is_telecom) == ("high", ["EU", "IN"], True)
    both = browser.post(page, {"answer": "1", **as_shown, "risk": "unlikely", "regimes": ["US-CA"]})
    errors = both.context["form"].errors.as_data()
    assert {name: [error.code for error in found] for name, found in errors.items()} == {
        "risk": ["CHANGED_MEANWHILE"],
        "regimes": ["CHANGED_MEANWHILE"],
    }


def test_a_page_without_what_it_showed_writes_over_nothing_that_is_known(officer: Any, incident: Incident) -> None:
    known = facts_of(incident)["nature"]
    given = {"answer": "1", "nature": "From an older page."}
    refused = staff_client(officer).post(act("incident", incident, "tell-happened"), given)
    assert [error.code for error in refused.context["form"].errors.as_data()["nature"]] == ["CHANGED_MEANWHILE"]
    assert facts_of(incident)["nature"] == known


def test_times_in_the_wrong_order_are_said_beside_the_field(officer: Any) -> None:
    now = clock.now()
    form = {
        "headline": "A mailbox was read",
        "role": "fiduciary",
        "risk": "unknown",
        "noticed_at": local(now - timedelta(hours=1)),
        "aware_at": local(now - timedelta(hours=2)),
    }
    answer = staff_client(officer).post(reverse("admin:registers_incident_add"), form)
    assert answer.status_code == 422
    assert "is noticed before it is known" in answer.text


def test_a_report_goes_from_draft_to_proof_by_two_people(officer: Any, incident: Incident) -> None:
    duty = IncidentDuty.objects.get(incident=incident, code="cert_in")
    asking = staff_client(officer).get(act("incidentduty", duty, "propose-file")).text
    assert "symptoms told" in asking, "the words stand before whoever proposes them"
    staff_client(officer).post(act("incidentduty", duty, "propose-file"), {"answer": "1"})
    decision = IncidentDecision.objects.get()
    other = staff_client(StaffFactory(roles=["administrator"]))
    assert "symptoms told" in other.get(act("incidentdecision", decision, "answer-decision")).text
    other.post(act("incidentdecision", decision, "answer-decision"), {"answer": "1", "decision": "approve"})
    filed = {
        "answer": "1",
        "filed_at": local(clock.now() + timedelta(minutes=0)),
        "reference": "CERT-17",
        "proof": SimpleUploadedFile("asha.pdf", b"received"),
    }
    # A minute has no seconds: what was agreed to within it was agreed to before.
    IncidentDecision.objects.update(checked_at=clock.now() - timedelta(minutes=5))
    # The same link from the record and from the page that asks for an answer, whose address is longer.
    links = re.findall(
        r'href="([^"]*/paper/)"', staff_client(officer).get(act("incidentdecision", decision, "note-filed")).text
    )
    assert set(links) == {reverse("admin:registers_incidentdecision_paper", args=[decision.pk])}
    said = staff_client(officer).post(act("incidentdecision", decision, "note-filed"), filed)
    assert "Noted." in said.text
    decision.refresh_from_db()
    assert decision.filed_reference == "CERT-17"
    printed = other.get(reverse("admin:registers_incidentdecision_paper", args=[decision.pk]))
    assert printed["Content-Type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF-")


def test_the_page_of_a_report_shows_its_proposal_and_for_whom_it_waits(officer: Any, incident: Incident) -> None:
    second = StaffFactory(roles=["administrator"], full_name="Leela Menon")
    duty = incident.duties.get(code="cert_in")
    page = reverse("admin:registers_incidentduty_change", args=[duty.pk])
    asked = staff_client(officer).get(act("incidentduty", duty, "propose-none")).text
    assert second.full_name in asked, "the page says beforehand who may be the second person"
    done = staff_client(officer).post(act("incidentduty", duty, "propose-none"), {"answer": "1", "why": "No harm."})
    assert "It waits for a second person: " in done.text
    decision = IncidentDecision.objects.get()
    shown = staff_client(officer).get(page).text
    assert reverse("admin:registers_incidentdecision_change", args=[decision.pk]) in shown
    assert f"proposed by {officer.full_name}" in shown
    assert second.full_name in shown


def test_open_fields_and_known_words_name_people_and_stand_in_their_forms(officer: Any, incident: Incident) -> None:
    browser = staff_client(officer)
    told = browser.get(act("incident", incident, "tell-happened")).text
    known = incident.facts.filter(code="location").latest("pk").words
    assert known in told, "what is known is changed, not typed anew"
    duty = opened_incident(as_actor(officer)).duties.get(code="cert_in")
    given = {
        "answer": "1",
        "codes": ["systems"],
        "owner": officer.pk,
        "due_at": local(clock.now() + timedelta(hours=2)),
    }
    browser.post(act("incidentduty", duty, "set-pending"), given)
    shown = browser.get(reverse("admin:registers_incidentduty_change", args=[duty.pk])).text
    assert f"not known yet: {officer.full_name}, by " in shown
    assert f"login {officer.pk}" not in shown


def test_a_refused_form_keeps_its_words_and_its_address_asks_again(officer: Any, incident: Incident) -> None:
    duty = incident.duties.get(code="cert_in")
    where = act("incidentduty", duty, "propose-send")
    refused = staff_client(officer).post(where, {"answer": "1", "to": "half an address"})
    assert refused.status_code == 422
    assert 'value="half an address"' in refused.text
    assert f'action="{where}"' in refused.text
    assert staff_client(officer).get(where).status_code == 200


def test_affected_people_are_looked_for_by_query_or_list_on_one_page(officer: Any, incident: Incident) -> None:
    PrincipalFactory(email="asha@acme.example")
    browser, add = staff_client(officer), reverse("admin:registers_incidentsearch_add")
    file = SimpleUploadedFile("list.csv", b"address\nasha@acme.example")
    assert browser.post(add, {"incident": incident.pk, "source": "list"}).status_code == 422
    assert browser.post(add, {"incident": incident.pk, "source": "list", "file": file}).status_code == 302
    assert browser.post(add, {"incident": incident.pk, "source": "everybody"}).status_code == 302
    assert list(IncidentSearch.objects.order_by("pk").values_list("source", "added")) == [("list", 1), ("everybody", 0)]


def test_the_file_is_printed_for_readers_and_refused_to_others(officer: Any, incident: Incident) -> None:
    url = reverse("admin:registers_incident_file", args=[incident.pk])
    printed = staff_client(StaffFactory(roles=["auditor"])).get(url)
    assert printed.content.startswith(b"%PDF-")
    assert incident.reference in printed["Content-Disposition"]
    assert staff_client(StaffFactory(roles=["support"])).get(url).status_code == 403


def test_every_page_of_an_incident_opens_for_an_auditor_and_offers_no_act(officer: Any, incident: Incident) -> None:
    duty = IncidentDuty.objects.get(incident=incident, code="cert_in")
    browser = staff_client(StaffFactory(roles=["auditor"]))
    pages = [
        reverse("admin:registers_incident_changelist"),
        reverse("admin:registers_incident_change", args=[incident.pk]),
        reverse("admin:registers_incidentduty_changelist"),
        reverse("admin:registers_incidentduty_change", args=[duty.pk]),
        reverse("admin:registers_incidentdecision_changelist"),
        reverse("admin:registers_incidentsearch_changelist"),
    ]
    for page in pages:
        shown = browser.get(page)
        assert shown.status_code == 200, page
        assert "Propose to" not in shown.text


@pytest.mark.parametrize("model", ["incident", "incidentduty"])
def test_a_list_asks_as_much_for_many_rows_as_for_few(
    officer: Any, incident: Incident, model: str, django_assert_max_num_queries: Any
) -> None:
    browser, url = staff_client(officer), reverse(f"admin:registers_{model}_changelist")
    with CaptureQueriesContext(connection) as few:
        browser.get(url)
    for _number in range(4):
        opened_incident(as_actor(officer))
    with django_assert_max_num_queries(len(few)):
        assert browser.get(url).status_code == 200


def test_a_paper_of_no_incident_is_not_found(officer: Any) -> None:
    for name in ("incident_file", "incidentdecision_paper"):
        assert staff_client(officer).get(reverse(f"admin:registers_{name}", args=[4711])).status_code == 404


def test_a_duty_is_named_by_its_label_where_it_is_acted_on(officer: Any, incident: Incident) -> None:
    duty = IncidentDuty.objects.get(incident=incident, code="cert_in")
    page = staff_client(officer).get(act("incidentduty", duty, "propose-none")).text
    assert rules.duties()["cert_in"].label in page
    assert f"Cert_in {incident.pk}" not in page
    assert incident.reference in page


def test_after_a_yes_that_was_refused_nothing_counts_as_answered(officer: Any) -> None:
    incident = opened_incident(as_actor(officer), is_cyber=False, has_personal_data=False)
    closing = incident_notifications.propose_close(
        incident=incident, why="Nothing.", actor=as_actor(officer), now=clock.now()
    )
    Incident.objects.filter(pk=incident.pk).update(closed_at=clock.now())
    answer = staff_client(StaffFactory(roles=["administrator"])).post(
        act("incidentdecision", closing, "answer-decision"), {"answer": "1", "decision": "approve"}
    )
    assert answer.status_code == 422
    ((row, _said),) = answer.context["rows"]
    assert (row.answer, row.checked_by_id) == ("pending", None)


def test_who_agrees_sees_how_many_are_affected_and_which_search_was_given_up(officer: Any) -> None:
    officer_in_office()
    incident = opened_incident(as_actor(officer), regimes=["EU"])
    told_everything(incident, as_actor(officer))
    for _number in range(3):
        PrincipalFactory()
    given = {"source": "everybody", "since": None, "until": None, "of": "", "now": clock.now()}
    row = affected_people.search(incident=incident, actor=as_actor(officer), **given)
    find_affected(row.pk)
    hanging = affected_people.search(incident=incident, actor=as_actor(officer), **given)
    staff_client(officer).post(act("incidentsearch", hanging, "give-up"), {"answer": "1", "why": "It hangs for ever."})
    duty = IncidentDuty.objects.get(incident=incident, code="eu_people")
    decision = incident_notifications.propose_report(duty=duty, step="tell", actor=as_actor(officer), now=clock.now())
    page = staff_client(StaffFactory(roles=["administrator"])).get(act("incidentdecision", decision, "answer-decision"))
    row.refresh_from_db()
    assert f"{row.found} people found" in page.text
    assert "It hangs for ever." in page.text
    shown = staff_client(officer).get(reverse("admin:registers_incident_change", args=[incident.pk])).text
    assert "It hangs for ever." in shown
