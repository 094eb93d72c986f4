"""Another LOOKUP_KEY: while hashes are written anew both keys are asked, and a job that stopped goes on where it was."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from consent.decisions.services.contact_decisions import may_contact
from portal.fronts.workplace.job_types import RENEW_LOOKUPS
from portal.kernel.core import addresses, ciphers, clock, lookup_columns, ports
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import runner
from portal.kernel.people.models import ContactPoint
from tests.consent.factories import law_is_loaded, published_notice, said
from tests.kyc.factories import checked
from tests.people.factories import ContactPointFactory, CustomerFactory, PrincipalFactory, StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def number(index: int) -> str:
    return f"+9198111222{index:02d}"


@pytest.fixture
def changed(settings) -> Any:
    """Call it: from then on another key is in use, and the present one is an older one."""

    def change() -> None:
        settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY, *settings.LOOKUP_KEYS_OLD]
        settings.LOOKUP_KEY = "cd" * 32

    return change


def told(*command: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_lookup_key", *command, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_job_that_died_goes_on_where_it_was_and_everybody_is_found_all_the_time(changed, monkeypatch) -> None:
    every_rule()
    who = PrincipalFactory()
    for index in range(5):
        ContactPointFactory(principal=who, kind="phone", address=number(index))
    document = checked(CustomerFactory(kind="individual"), now=clock.now())
    before = bytes(document.number_index)
    changed()
    monkeypatch.setattr(lookup_columns, "BATCH", 2)
    assert told()["waiting"] > 5

    class Died(Exception):
        pass

    def dies(rows: int) -> None:
        raise Died

    contacts = next(column for column in ports.lookup_columns if column.model == "people.ContactPoint")
    total = contacts.older().count()
    with pytest.raises(Died):
        lookup_columns.renew(contacts, told=dies)
    assert contacts.older().count() == total - 2
    for index in range(5):
        assert ContactPoint.objects.filter(address_key__in=addresses.address_keys(number(index))).count() == 1

    assert told("--start")["job"] == told("--start")["job"], "one job, however often it is started"
    job = Job.objects.get(kind=RENEW_LOOKUPS)
    runner.run(job.pk, now=clock.now())
    job.refresh_from_db()
    assert (job.state, told()["waiting"]) == (JobState.DONE, 0)
    assert {bytes(one)[:1] for one in ContactPoint.objects.values_list("address_key", flat=True)} == {b"\x02"}
    document.refresh_from_db()
    assert bytes(document.number_index)[:1] == b"\x02"
    assert before != bytes(document.number_index)


def test_what_only_grows_keeps_its_hash_and_the_older_key_is_said_to_be_needed(changed) -> None:
    every_rule()
    law_is_loaded()
    published_notice()
    who = PrincipalFactory()
    ContactPointFactory(principal=who, kind="phone", address=number(1), verified_at=clock.now())
    said(who, "given")
    asked = {"address": number(1), "purpose": "marketing", "channel": "sms", "at": clock.now()}
    before = may_contact(**asked)
    assert before.entry, "the yes decides"
    changed()
    assert may_contact(**asked).entry == before.entry
    for column in ports.lookup_columns:
        lookup_columns.renew(column, told=lambda rows: None)
    assert may_contact(**asked).entry == before.entry
    left = told()
    assert left["waiting"] == 0
    assert left["columns"]["consent.ConsentEvent.address_key"] > 0
    assert left["kept"] >= left["columns"]["consent.ConsentEvent.address_key"]


def test_a_hash_of_another_text_and_a_row_that_changed_meanwhile_are_left(changed) -> None:
    wrong = ContactPointFactory(kind="phone", address=number(1))
    ContactPoint.objects.filter(pk=wrong.pk).update(address_key=ciphers.blind_index("other", domain="address"))
    changed()
    column = next(column for column in ports.lookup_columns if column.model == "people.ContactPoint")
    assert lookup_columns.renew(column, told=lambda rows: None) == (0, column.older().count())


def test_an_administrator_starts_it_on_the_system_page_and_an_auditor_does_not(changed) -> None:
    every_rule()
    administrator, auditor = (staff_client(StaffFactory(roles=[role])) for role in ("administrator", "auditor"))
    ContactPointFactory(kind="phone", address=number(1))
    url = reverse("admin:system")
    assert "Lookup hashes under older keys" not in administrator.get(url).text
    changed()
    assert "people.ContactPoint.address_key" in auditor.get(url).text
    assert auditor.post(reverse("admin:system-lookups")).status_code == 403
    for _ in range(2):
        administrator.post(reverse("admin:system-lookups"))
    assert Job.objects.filter(kind=RENEW_LOOKUPS).count() == 1
    assert "is under way" in administrator.get(url).text


def test_the_next_key_is_written_once_and_its_file_is_nobody_elses(tmp_path) -> None:
    path = tmp_path / "lookup"
    call_command("rotate_lookup_key", "--new-key", str(path), stdout=StringIO())
    assert len(path.read_text()) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="is there already"):
        call_command("rotate_lookup_key", "--new-key", str(path), stdout=StringIO())
