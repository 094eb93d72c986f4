"""What a filter offers is known beforehand: no page reads through a large table to see which values it has."""

import pytest
from django.contrib import admin
from django.contrib.admin import AllValuesFieldListFilter, FieldListFilter, RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db import connection
from django.test.utils import CaptureQueriesContext

from grievances.models import Ticket
from portal.kernel.core import clock
from tests.grievances.factories import ticket
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

#: Tables that the house itself fills, row by row and by hand: they stay small.
SMALL = {
    *("consent.NoticeText", "consent.NoticeVersion", "consent.PolicyDefect", "consent.TranslationProposal"),
    *("law.LegalRule", "outbox.TemplateVersion", "people.FourEyesRule", "people.RoleGrant"),
    *("registers.IncidentDuty", "registers.IncidentSearch", "retention.Hold", "retention.RetentionRule"),
}


@pytest.fixture
def house(db: None) -> None:
    every_rule()
    FiduciaryFactory(code="onesetu", name="Onesetu", is_self=True)


def made_of(model, chosen):
    """The class behind one entry of ``list_filter``."""
    if not isinstance(chosen, str):
        return chosen[1] if isinstance(chosen, tuple | list) else chosen
    field = get_fields_from_path(model, chosen)[-1]
    return next(made for test, made in FieldListFilter._field_list_filters if test(field))


def test_no_filter_of_a_large_table_scans_for_its_values():
    scanning = {
        f"{model._meta.label}.{chosen if isinstance(chosen, str) else chosen[0]}"
        for model, page in admin.site._registry.items()
        if model._meta.label not in SMALL
        for chosen in page.list_filter
        if issubclass(made_of(model, chosen), AllValuesFieldListFilter | RelatedFieldListFilter)
    }
    assert scanning == set()


@pytest.mark.usefixtures("house")
def test_a_known_value_is_offered_and_filters() -> None:
    kept = ticket(at=clock.now())
    Ticket.objects.filter(pk=kept.pk).update(language="hi")
    desk = staff_client(StaffFactory(roles=["grievance_officer"]))
    page = desk.get("/admin/grievances/ticket/").text
    assert "?language__exact=mr" in page
    assert kept.reference in desk.get("/admin/grievances/ticket/?language__exact=hi").text
    assert kept.reference not in desk.get("/admin/grievances/ticket/?language__exact=mr").text


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    "address",
    [
        "/admin/grievances/ticket/",
        "/admin/grievances/ticket/?queue=open",
        "/admin/people/principal/",
        "/admin/people/customer/",
    ],
)
def test_a_page_of_a_large_table_is_read_in_the_order_of_an_index(address: str) -> None:
    """The order ends with the key, and an index has both: nothing is sorted."""
    desk = staff_client(StaffFactory(roles=["data_protection_officer", "grievance_officer"]))
    with CaptureQueriesContext(connection) as seen:
        assert desk.get(address).status_code == 200
    table = {"ticket": "grievances_ticket", "principal": "people_principal", "customer": "people_customer"}
    name = table[address.split("/")[3]]
    pages = [q["sql"] for q in seen if f'FROM "{name}"' in q["sql"] and "ORDER BY" in q["sql"]]
    assert pages
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in pages:
                cursor.execute("EXPLAIN QUERY PLAN " + statement)
                assert not [step[-1] for step in cursor.fetchall() if "TEMP B-TREE FOR ORDER BY" in step[-1]], statement


@pytest.mark.usefixtures("house")
def test_a_whole_reference_is_looked_up_and_a_piece_of_one_is_looked_for() -> None:
    kept, other = ticket(at=clock.now()), ticket(at=clock.now())
    desk = staff_client(StaffFactory(roles=["grievance_officer"]))
    for typed in (kept.reference, kept.reference.lower().replace("-", ""), kept.reference[3:]):
        with CaptureQueriesContext(connection) as seen:
            page = desk.get("/admin/grievances/ticket/", {"q": typed}).text
        assert kept.reference in page
        assert other.reference not in page
        is_whole = typed.upper().startswith("OS")
        assert any("LIKE" in query["sql"] for query in seen) != is_whole
