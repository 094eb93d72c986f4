"""No day or instant at the end of the calendar gets in, by whichever door."""

import importlib
import pkgutil
from datetime import date, datetime
from uuid import uuid4

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import models

from consent.decisions.admin.list_scrub import ScrubForm
from consent.decisions.admin.point_in_time import PastForm
from portal.fronts.evidence.forms import PackForm, PeriodForm
from portal.kernel.core import clock, time_range
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.people.forms import ApiKeyForm, ProtectionForm
from portal.kernel.registers.senders.forms import EntryForm
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

FIRST_HOUR = "0001-01-01T00:00:00+14:00"


@pytest.mark.parametrize("given", [FIRST_HOUR, "1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00"])
def test_an_instant_outside_the_range_is_refused_with_the_range(given):
    with pytest.raises(time_range.OutOfRange, match="01-01-1990 to 31-12-2199"):
        time_range.moment(datetime.fromisoformat(given))


def test_the_ends_of_the_range_are_days_of_it():
    assert time_range.day(time_range.EARLIEST) == date(1990, 1, 1)
    assert time_range.day(time_range.LATEST) == date(2199, 12, 31)
    last = datetime(2199, 12, 31, 23, 59, 59, tzinfo=clock.IST)
    assert time_range.moment(last) == last


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "field", "entered"),
    [
        (ApiKeyForm, "expires_at", "9999-12-31"),
        (EntryForm, "starts_at", "0001-01-01"),
        (PackForm, "first_day", "0001-01-01"),
        (PackForm, "last_day", "9999-12-31"),
        (PastForm, "at", "01-01-0001 00:00"),
        (ScrubForm, "send_at", "31-12-9999 23:59"),
        (ProtectionForm, "born_on", "1899-12-31"),
    ],
)
def test_a_form_names_the_range_beside_the_field(form, field, entered):
    given: dict[str, object] = {"purposes": []} if form in {PastForm, ScrubForm} else {}
    if issubclass(form, PeriodForm):
        given["user"] = AnonymousUser()
    assert "31-12-2199" in str(form({field: entered}, **given).errors[field])


def test_a_day_of_birth_may_lie_before_there_was_a_network():
    assert "born_on" not in ProtectionForm({"born_on": "1931-03-31"}).errors


def _import_all_forms() -> None:
    for room in apps.get_app_configs():
        if room.name.startswith(("portal.", "kyc", "consent", "grievances")):
            for module in pkgutil.walk_packages(room.module.__path__, f"{room.name}."):
                if "form" in module.name or ".admin" in module.name:
                    importlib.import_module(module.name)


def _kinds_of_form(kind: type = forms.BaseForm):
    for one in kind.__subclasses__():
        yield one
        yield from _kinds_of_form(one)


def test_every_form_of_ours_takes_days_and_instants_of_the_range_only():
    _import_all_forms()
    own = {one for one in _kinds_of_form() if one.__module__.startswith(("portal.", "kyc.", "consent.", "grievances."))}
    assert len(own) > 50
    for one in own:
        for name, field in getattr(one, "base_fields", {}).items():
            if isinstance(field, forms.DateField):
                assert isinstance(field, time_range.DayField), f"{one.__name__}.{name}"
            if isinstance(field, forms.DateTimeField | forms.SplitDateTimeField):
                assert isinstance(field, time_range.MomentField), f"{one.__name__}.{name}"


def test_the_forms_that_the_admin_makes_take_days_of_the_range_only(rf):
    seen = 0
    for model, page in admin.site._registry.items():
        if not isinstance(page, StaffModelAdmin):
            continue
        for column in model._meta.fields:
            if type(column) is models.DateField and column.editable:
                made = page.formfield_for_dbfield(column, rf.get("/"))
                assert isinstance(made, time_range.DayField), f"{model.__name__}.{column.name}"
                seen += 1
    assert seen > 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked", ["at__year=9999", "at__year=1", "at__year=9999&at__month=12&at__day=31", "at__year=x", "at__year="]
)
def test_a_list_by_days_shows_itself_whole_for_a_year_that_we_do_not_take(asked):
    auditor = staff_client(StaffFactory(roles=["auditor"]))
    answer = auditor.get(f"/admin/audit/auditevent/?{asked}")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/audit/auditevent/?e=1")


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["created_at__year=99999", "created_at__year__gte=0", "created_at__iso_year=x"])
@pytest.mark.parametrize("listed", ["jobs/job", "people/principal"])
def test_any_list_shows_itself_whole_for_a_year_that_no_date_has(listed, asked):
    desk = staff_client(StaffFactory(roles=["administrator", "data_protection_officer"]))
    for page in ("", "export/"):
        answer = desk.get(f"/admin/{listed}/{page}?{asked}")
        assert (answer.status_code, answer["Location"]) == (302, f"/admin/{listed}/?e=1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        ("due", "EU-12-1M", "9999-12-31"),
        ("due", "EU-12-1M", FIRST_HOUR),
        ("evidence_pack", "--from", "2026-01-01", "--to", "9999-12-31", "--out", "pack.zip"),
        ("consents_as_of", str(uuid4()), "0001-01-01"),
        ("may_contact", "asha@example.test", "--purpose", "marketing", "--channel", "email", "--at", "9999-12-31"),
    ],
)
def test_a_command_says_the_range_in_one_line_and_calls_it_usage(words):
    with pytest.raises(CommandError, match=r"^Enter a date from 01-01-1990 to 31-12-2199\.$") as refused:
        call_command(*words)
    assert refused.value.returncode == 2
