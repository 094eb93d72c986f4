"""What staff typed and did not send is there again after a reload, in their tab and for them alone."""

from typing import Any

import pytest
from django.urls import reverse

from portal.registers.models import Incident
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
