import pytest
from django.utils.safestring import SafeString

from portal.law.models import LegalRule
from portal.selfservice.templatetags.forms_of_pages import labelled
from tests.people.factories import StaffFactory
from tests.shipped import rules_of_law


def test_a_cell_says_its_column_and_a_name_cannot_break_out():
    headers = [{"text": 'a "b" <c>'}, {"text": "x", "class_attrib": ' class="action-checkbox-column"'}]
    cells = [SafeString('<td class="y">1</td>'), SafeString("<td>2</td>")]
    assert list(labelled(cells, headers)) == [
        '<td data-label="A &quot;b&quot; &lt;c&gt;" class="y">1</td>',
        "<td>2</td>",
    ]


@pytest.mark.django_db
def test_a_list_of_the_admin_is_readable_as_cards(staff):
    StaffFactory()
    page = staff("administrator").get("/admin/people/user/").text
    assert 'data-label="' in page
    assert "<style" not in page


@pytest.mark.django_db
def test_times_have_the_day_first_and_24_hours(staff):
    page = staff("auditor").get("/admin/audit/auditevent/").text
    assert "a.m." not in page
    assert "p.m." not in page


@pytest.mark.django_db
def test_rules_are_listed_and_opened_in_words(staff):
    rules_of_law()
    client = staff("auditor")
    listed = client.get("/admin/law/legalrule/?q=CA-12M").text
    assert "Do not ask again after an opt-out" in listed
    assert "12 months" in listed
    assert "from 1 Jan 2020" in listed
    opened = client.get(f"/admin/law/legalrule/{LegalRule.objects.get(key='CA-ACK').pk}/change/").text
    assert "10 working days" in opened
    assert not [code for code in ("business_day", "calendar_day", ">field_list<") if code in listed + opened]
