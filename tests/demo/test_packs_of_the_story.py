"""Packs of a told story: every register has rows, and each can be joined and read."""

import io
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.db import connection

from portal.demo.story import builder
from portal.fronts.evidence import packs
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.registers import BOOKS, REGISTERS
from portal.kernel.core import actor, clock
from portal.kernel.law.date_arithmetic import add_months
from tests.evidence.conftest import lived_in, with_attachments
from tests.evidence.packed import OCTOBER, make, opened
from tests.evidence.walks import faults_of

__all__ = ["lived_in", "with_attachments"]

#: Each stands for a way of naming people, lists and other rows.
WITH_ROWS = {
    *("audit", "book_contract", "book_processingactivity", "clock_events", "clocks", "consents", "deliveries", "files"),
    *("instruction_steps", "instructions", "kyc_checks", "kyc_decisions", "messages", "purposes", "recipients"),
    *("role_grants", "senders", "ticket_entries", "tickets"),
}


@pytest.fixture
def told(transactional_db, small):
    now = clock.now()
    builder.build(seed=7, now=now, tell=lambda what, done, total: None)
    return now


def pack_of(first, last):
    target = io.BytesIO()
    now = clock.now()
    period = Period.of(first, last, now=now)
    packs.make_pack(period=period, sample=packs.Sample(3, 7), target=target, actor=actor.system("test"), now=now)
    return opened(target.getvalue())


@pytest.mark.full
def test_every_register_of_a_pack_can_be_joined_and_read(told):
    """Full: it tells the whole story."""
    files = pack_of(clock.day(told) - timedelta(days=400), clock.day(told))
    counts = json.loads(files["manifest.json"])["registers"]
    assert faults_of(files) == []
    assert {name for name, count in counts.items() if count} >= WITH_ROWS


#: By register: its table, the columns from which and up to which a row is in force, and what else has to be so.
AGREED = "answer = 'approved'"
PLAIN = {
    **{f"book_{book._meta.model_name}": (book._meta.db_table, "starts_at", "ends_at", AGREED) for book in BOOKS},
    "attachments": ("registers_attachment", "added_at", "ended_at", ""),
    "authority_orders": ("registers_authorityorder", "received_at", "answered_at", ""),
    "clocks": ("law_clock", "started_at", "stopped_at", ""),
    "content_templates": ("registers_contenttemplate", "starts_at", "ends_at", AGREED),
    "consent_managers": ("registers_consentmanager", "starts_at", "ends_at", AGREED),
    "sending_entities": ("registers_sendingentity", "starts_at", "ends_at", AGREED),
    "holds": ("retention_hold", "placed_at", "released_at", ""),
    "recipients": ("registers_recipient", "starts_at", "ends_at", AGREED),
    "role_grants": ("people_rolegrant", "starts_at", "ends_at", ""),
    "sanctions_lists": ("kyc_sanctionslist", "imported_at", "superseded_at", ""),
    "senders": ("registers_sender", "starts_at", "ends_at", AGREED),
    "tickets": ("grievances_ticket", "received_at", "closed_at", ""),
}
#: By register: its table, the first day, the last day, what rows replace each other by, their rank, and what else.
RANKED = {
    "company_details": ("registers_companydetails", "effective_from", "NULL", "act", "effective_from, checked_at, id", AGREED),
    "house_rules": ("law_houserule", "effective_from", "effective_to", "key", "version", ""),
    "retention_rules": ("retention_retentionrule", "effective_from", "NULL", "retention_class", "version", ""),
    "legal_rules": ("law_legalrule", "effective_from", "effective_to", "key", "version", ""),
    "notice_versions": ("consent_noticeversion", "effective_on", "NULL", "notice_id", "effective_on, number", "state = 'published'"),
    "officers": ("registers_officer", "effective_from", "NULL", "kind", "effective_from, checked_at, id", AGREED),
    "purposes": ("law_purpose", "effective_from", "effective_to", "code", "version", ""),
}  # fmt: skip
#: Rows of these have a last day besides.
LAST = {"book_contract", "book_transfer"}


def in_force_by_sql(name, first, last):
    """The numbers of the rows in force on some day from the first to the last, asked in SQL that shares nothing with the portal."""
    start = datetime.combine(first, datetime.min.time(), tzinfo=clock.IST)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=clock.IST)
    if name in PLAIN:
        table, since, until, also = PLAIN[name]
        given = [connection.ops.adapt_datetimefield_value(at) for at in (end, start)]
        where = [
            f"{since} < %s",
            f"({until} IS NULL OR ({until} > %s AND {until} > {since}))",
            *([also] if also else []),
        ]
        if name in LAST:
            where.append("(valid_until IS NULL OR valid_until >= %s)")
            given.append(connection.ops.adapt_datefield_value(first))
        return asked(f"SELECT id FROM {table} WHERE {' AND '.join(where)}", given)
    table, since, until, per, rank, also = RANKED[name]
    found = set()
    for number in range((last - first).days + 1):
        day = connection.ops.adapt_datefield_value(first + timedelta(days=number))
        where = f"({since} IS NULL OR {since} <= %s) AND ({until} IS NULL OR {until} >= %s)" + (
            f" AND {also}" if also else ""
        )
        order = ", ".join(f"{column} DESC" for column in rank.split(", "))
        numbered = (
            f"SELECT id, ROW_NUMBER() OVER (PARTITION BY {per} ORDER BY {order}) AS place FROM {table} WHERE {where}"
        )
        found |= asked(f"SELECT id FROM ({numbered}) AS ranked WHERE place = 1", [day, day])
    return found


def in_force_of(files, name):
    """The numbers of the rows that a register of a pack calls in force."""
    lines = map(json.loads, files[f"registers/{name}.jsonl"].splitlines())
    return {line["row"] for line in lines if "in_force" in line["in_period"]}


def asked(sql, given):
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return {number for (number,) in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.usefixtures("ledger_alone", "with_attachments")
def test_a_pack_of_october_holds_what_was_in_force_in_it():
    files = opened(make()[1])
    found = {name: in_force_by_sql(name, OCTOBER.first_day, OCTOBER.last_day) for name in (*PLAIN, *RANKED)}
    assert {name: in_force_of(files, name) for name in found} == found
    assert min(len(found[name]) for name in ("attachments", "book_contract", "clocks", "legal_rules", "tickets")) > 0


@pytest.mark.full
def test_a_pack_of_any_month_holds_what_was_in_force_in_it(told):
    """Full: it tells the whole story."""
    today = clock.day(told)
    registers = {register.name: register for register in REGISTERS}
    held = Counter()
    for months in range(1, 14):
        first = add_months(today.replace(day=1), -months)
        last = add_months(first, 1) - timedelta(days=1)
        files = pack_of(first, last)
        period = Period(first, last)
        for name in (*PLAIN, *RANKED):
            expected = in_force_by_sql(name, first, last)
            rows = registers[name].chosen(period.start, period.end)
            assert {row.pk for row in rows if row.period_in_force} == expected, (name, first)
            assert in_force_of(files, name) == expected, (name, first)
            held[name] += len(expected)
    assert held["purposes"] > 0
    assert min(held["legal_rules"], held["house_rules"], held["retention_rules"], held["company_details"]) > 0
