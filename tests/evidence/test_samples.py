"""Frozen samples: drawn once from a register, drawn again by anybody, also by the program of a pack that holds them."""

import json
from datetime import date, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from django.db import Error, transaction

from grievances.models import Ticket
from portal.fronts.evidence import samples, sampling
from portal.fronts.evidence.models import DrawnSample
from portal.fronts.evidence.period import Period
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, date_format
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Clock
from portal.kernel.law.services.deadline_log import audit, dues
from portal.kernel.ledger import services as ledger
from portal.kernel.people.models import Fiduciary
from tests.evidence.packed import NOVEMBER, OCTOBER, WHO, make, opened
from tests.evidence.test_sampling import VERIFY
from tests.grievances.factories import ticket
from tests.law.factories import ClockFactory
from tests.people.factories import RoleGrantFactory, StaffFactory, shipped_role
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]
PAGE = "/admin/evidence/samples/"
START = datetime(2026, 10, 5, 12, tzinfo=clock.IST)


@pytest.fixture
def clocks():
    """Ten deadlines of October, the last ones due first, and one that began and ended in September."""
    ClockFactory(
        started_at=START - timedelta(days=9), due_at=START, state="stopped", stopped_at=START - timedelta(days=7)
    )
    return [begun(started_at=START + timedelta(days=n), due_at=START + timedelta(days=60 - n)) for n in range(10)]


def begun(**fields):
    """A deadline with the act that started it, as a pack needs it."""
    found = ClockFactory(**fields)
    facts = {"kind": found.kind, "rules": f"{found.rule_key}/1", "started_at": clock.stamp(found.started_at)}
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False), transaction.atomic():
        audit(AuditKind.LAW_CLOCK_STARTED, found.owner, None, WHO, {**facts, "dues": dues([found])}, clock.now())
    return found


def drawn(method="random", size=4, seed=7, register="clocks", period=OCTOBER):
    return samples.draw(
        register=samples.BY_NAME[register],
        period=period,
        method=method,
        size=size,
        seed=seed,
        actor=actor.staff(1),
        now=NOVEMBER,
    )


def test_a_sample_is_frozen_with_its_seed_and_the_hash_of_its_population(clocks):
    row = drawn()
    lines = {line.split(",")[0]: line for line in row.population}
    assert list(lines) == [str(one.pk) for one in clocks]
    assert (row.population_size, row.population_sha256) == (10, sampling.digest(row.population))
    assert [lines[number] for number in row.chosen] == sampling.drawn(row.population, method="random", size=4, seed=7)
    facts = AuditEvent.objects.get(kind=AuditKind.EVIDENCE_SAMPLE_DRAWN).facts
    assert (facts["seed"], facts["population"], facts["sha256"]) == (7, 10, row.population_sha256)
    with pytest.raises(Error):
        DrawnSample.objects.update(seed=8)


def test_a_deadline_that_ran_on_into_the_days_belongs_to_them(clocks):
    running = ClockFactory(started_at=START - timedelta(days=9), due_at=START)
    rows = [*(str(one.pk) for one in clocks), str(running.pk)]
    found = samples.population(samples.BY_NAME["clocks"], OCTOBER, "random")
    assert [line.split(",")[0] for line in found] == rows


def test_the_highest_risk_comes_first_where_a_register_has_an_order_of_risk(clocks):
    assert drawn("first", 3).chosen == [str(one.pk) for one in reversed(clocks)][:3]
    with pytest.raises(Refused) as refusal:
        drawn("first", register="sign_ins")
    assert refusal.value.code == "NO_RISK"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period": Period(date(2026, 8, 1), date(2026, 8, 31))}, "EMPTY"),
        ({"period": Period(date(2026, 10, 1), date(2026, 11, 3), NOVEMBER)}, "PERIOD_NOT_ENDED"),
        ({"period": Period(date(2026, 10, 1), date(2026, 11, 30))}, "PERIOD_NOT_ENDED"),
    ],
)
def test_no_sample_is_drawn_of_days_that_are_not_over_or_of_nothing(clocks, changes, code):
    with pytest.raises(Refused) as refusal:
        drawn(**changes)
    assert refusal.value.code == code
    assert not DrawnSample.objects.exists()


def test_too_many_rows_make_no_population(clocks, monkeypatch):
    monkeypatch.setattr(samples, "MOST", 9)
    with pytest.raises(Refused) as refusal:
        drawn()
    assert refusal.value.code == "MANY"


def verdict(data):
    """What the program says of a pack that holds."""
    space = {"__name__": "verify"}
    exec(VERIFY, space)
    return space["check_pack"](data, space["Trust"]((space["read_key"](ledger.verifier().vkey),)), None)


def test_a_pack_holds_the_samples_it_was_asked_for_and_its_program_draws_them_again(october, clocks):
    rows = [drawn(), drawn("every", 3, 11), drawn("first", 2)]
    _made, data = make(drawn=tuple(row.reference for row in rows))
    assert make(now=NOVEMBER + timedelta(days=9), drawn=tuple(row.reference for row in rows))[1] == data
    assert (named := "rows of clocks, of which 0 were changed and 0 erased since, and 0 came later") in verdict(data)
    assert verdict(data).count(named) == 3
    files = opened(data)
    references = json.loads(files["manifest.json"])["sample"]["drawn"]
    assert references == sorted(row.reference for row in rows)


def test_an_auditor_draws_a_sample_again_from_the_rows_of_the_pack_alone(october, clocks):
    row = drawn(register="clocks", size=4)
    files = opened(make(drawn=(row.reference,))[1])
    lines = files["registers/clocks.jsonl"].splitlines()
    population = [f"{json.loads(line)['row']},,{sha256(line).hexdigest()}" for line in lines]
    assert sampling.digest(population) == row.population_sha256
    chosen = json.loads(files[f"samples/drawn/{row.reference}.json"])["chosen"]
    assert chosen == sampling.drawn(population, method="random", size=4, seed=7)


def test_a_line_of_a_population_names_row_reference_and_the_hash_of_the_row(clocks):
    every_rule()
    Fiduciary.objects.get_or_create(code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": START})
    one = ticket(at=START)
    (line,) = drawn(register="tickets", size=1).population
    number, reference, digest = line.split(",")
    assert (number, reference, len(digest)) == (str(one.pk), one.reference, 64)


def test_a_sample_whose_rows_were_changed_or_erased_is_drawn_from_what_they_were(october, clocks):
    row = drawn()
    Clock.objects.filter(pk=clocks[0].pk).delete()
    Clock.objects.filter(pk=clocks[1].pk).update(state="stopped")
    begun(started_at=START, due_at=START)
    data = make(drawn=(row.reference, "OS-SM-0000-0000"))[1]
    said = verdict(data)
    assert "of which 1 were changed and 1 erased since, and 1 came later" in said
    assert "Sample OS-SM-0000-0000: named as missing" in said
    assert "No sample has this reference." in opened(data)["MISSING.csv"].decode()


def test_a_sample_of_before_populations_were_kept_is_named_as_missing(october, clocks, monkeypatch):
    """Its leaf does not say that the list is kept."""
    recorded = samples.record

    def as_before(kind, *, facts, **given):
        return recorded(kind, facts={name: value for name, value in facts.items() if name != "kept"}, **given)

    monkeypatch.setattr(samples, "record", as_before)
    row = drawn()
    monkeypatch.setattr(samples, "kept", lambda sample: None)
    data = make(drawn=(row.reference,))[1]
    assert f"Sample {row.reference}: named as missing" in verdict(data)
    assert "The list from which it was drawn was not kept." in opened(data)["MISSING.csv"].decode()


def test_the_page_names_registers_and_rows_and_says_which_days_it_takes(clocks):
    every_rule()
    Fiduciary.objects.get_or_create(code="onesetu", defaults={"name": "Onesetu", "is_self": True, "created_at": START})
    ticket(at=START)
    row = drawn(register="tickets", size=1)
    client = staff_client(StaffFactory(roles=["data_protection_officer"]))
    page = client.get(PAGE).text
    assert Ticket.objects.get(pk=row.chosen[0]).reference in page
    assert "tickets 1" not in page
    assert "Of today what was recorded until now counts" not in page
    offered = client.get("/admin/evidence/").text
    assert f"{row.reference}: Grievances, 1 row, {date_format.days(row.first_day, row.last_day)}, drawn on " in offered
    today = clock.day(clock.now()).isoformat()
    asked = {"register": "clocks", "first_day": today, "last_day": today, "method": "random", "sample": "2"}
    assert list(client.post(PAGE, asked).context["form"].errors) == ["last_day"]


def test_the_page_draws_and_offers_the_sample_to_the_next_pack(clocks):
    client = staff_client(StaffFactory(roles=["auditor"]))
    asked = {
        "register": "clocks",
        "first_day": "2026-10-01",
        "last_day": "2026-10-31",
        "method": "every",
        "sample": "2",
    }
    assert client.post(PAGE, {**asked, "seed": "5"}).status_code == 302
    row = DrawnSample.objects.get()
    page = client.get(PAGE).text
    assert row.population_sha256 in page
    assert f"/admin/law/clock/{row.chosen[0]}/change/" in page
    assert f'value="{row.reference}"' in client.get("/admin/evidence/").text
    refused = client.post(PAGE, {**asked, "register": "sign_ins", "method": "first"})
    assert refused.status_code == 422


def test_nobody_draws_from_or_sees_what_lies_outside_their_scope(clocks):
    row = drawn()
    narrow = StaffFactory()
    days = {"data_from": date(2026, 10, 1), "data_to": date(2026, 10, 30)}
    RoleGrantFactory(user=narrow, role=shipped_role("auditor"), **days)
    client = staff_client(narrow)
    asked = {
        "register": "clocks",
        "first_day": "2026-10-01",
        "last_day": "2026-10-31",
        "method": "random",
        "sample": "2",
    }
    assert client.post(PAGE, asked).status_code == 422
    assert row.reference not in client.get(PAGE).text
    other = StaffFactory()
    RoleGrantFactory(user=other, role=shipped_role("auditor"), areas=["kyc"])
    client = staff_client(other)
    assert client.post(PAGE, asked).status_code == 422
    assert row.reference not in client.get(PAGE).text
    assert staff_client(StaffFactory(roles=["support"])).get(PAGE).status_code == 403
