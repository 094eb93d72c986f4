"""What staff typed and did not send is there again after a reload, in their tab and for them alone."""

from typing import Any

import pytest
from django.urls import reverse

from portal.kernel.core import clock
from portal.kernel.registers.incidents.selectors.incidents import facts_of
from portal.kernel.registers.incidents.services.incidents import tell
from portal.kernel.registers.models import Incident
from tests.people.factories import StaffFactory
from tests.registers.factories import as_actor, officer_in_office, opened_incident
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_words_typed_about_an_incident_outlive_a_reload_until_they_are_taken(window: Any, scripts: bool) -> None:
    every_rule()
    officer_in_office()
    officer = StaffFactory(roles=["data_protection_officer"])
    incident: Incident = opened_incident(as_actor(officer))
    where = reverse("admin:registers_incident_do_one", args=[incident.pk, "tell-happened"])
    person = window()
    person.signs_in_with(staff_client(officer))
    page = person.goes_to(where)
    name = incident_field(page)
    page.locator(f"[name={name}]").fill("A mailbox was read by somebody else")
    page.reload()
    assert page.locator(f"[name={name}]").input_value() == ("A mailbox was read by somebody else" if scripts else "")
    page.locator(f"[name={name}]").fill("A mailbox was read")
    page.locator("form[data-typed] [type=submit]").click()
    page.wait_for_load_state()
    assert incident.facts.latest("pk").words == "A mailbox was read"
    person.goes_to(reverse("admin:index"))
    page = person.goes_to(where)
    assert page.locator(f"[name={name}]").input_value() == "A mailbox was read", "as it is known now"
    assert not page.get_by_text("did not send").is_visible()
    if scripts:
        page.locator(f"[name={name}]").fill("Words of the first")
        other = StaffFactory(roles=["data_protection_officer"])
        person.signs_in_with(staff_client(other))
        page = person.goes_to(where)
        assert page.locator(f"[name={name}]").input_value() == "A mailbox was read"


def incident_field(page: Any) -> str:
    return str(page.locator("form[data-typed] textarea").first.get_attribute("name"))


def test_words_typed_about_some_rows_come_back_for_those_rows_alone(window: Any, scripts: bool) -> None:
    every_rule()
    officer_in_office()
    officer = StaffFactory(roles=["data_protection_officer"])
    incidents: list[Incident] = [opened_incident(as_actor(officer)) for _each in range(3)]
    person = window()
    person.signs_in_with(staff_client(officer))

    def asking(*chosen: Incident) -> Any:
        page = person.goes_to(reverse("admin:registers_incident_changelist"))
        for one in chosen:
            page.locator(f"input[name=_selected_action][value='{one.pk}']").check()
        page.locator("select[name=action]").select_option(label="Update facts")
        page.locator("button[name=index]").click()
        page.wait_for_load_state()
        return page.locator("form[data-typed] textarea").first

    words = asking(*incidents[:2])
    words.fill("About the first two")
    assert asking(*incidents[1:]).input_value() == ""
    assert asking(*incidents[:2]).input_value() == ("About the first two" if scripts else "")


def test_what_a_colleague_saved_meanwhile_stays_where_typed_words_come_back(window: Any, scripts: bool) -> None:
    every_rule()
    officer_in_office()
    officer, colleague = (StaffFactory(roles=["data_protection_officer"]) for _each in range(2))
    incident: Incident = opened_incident(as_actor(officer))
    told(incident, colleague, nature="The first account", location="Pune")
    person = window()
    person.signs_in_with(staff_client(officer))
    page = person.goes_to(reverse("admin:registers_incident_do_one", args=[incident.pk, "tell-happened"]))
    page.locator("[name=nature]").fill("My own account")
    told(incident, colleague, nature="A newer account", location="Delhi")
    page.reload()
    typed = "My own account" if scripts else "A newer account"
    assert [page.locator(f"[name={name}]").input_value() for name in ("nature", "location")] == [typed, "Delhi"]
    page.locator("[name=nature]").fill("My own account")
    page.locator("form[data-typed] [type=submit]").click()
    page.wait_for_load_state()
    if scripts:  # typed before the colleague saved: both are shown, and nothing is written over
        assert page.get_by_text("It is now: A newer account").count()
        assert facts_of(incident)["nature"] == "A newer account"
        assert page.locator("[name=nature]").input_value() == "My own account"
        page.locator("form[data-typed] [type=submit]").click()
        page.wait_for_load_state()
    assert facts_of(incident) | {"nature": "My own account", "location": "Delhi"} == facts_of(incident)


def told(incident: Incident, by: Any, **words: str) -> None:
    tell(incident=incident, words=words, actor=as_actor(by), now=clock.now())
