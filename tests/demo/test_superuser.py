"""Somebody with every right on the database changes one column of one row: a check finds it, or no leaf states it."""

import json
import random
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, models, transaction

from consent.models import ConsentEvent
from grievances.models import Ticket
from portal.demo.story import builder
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry, Leaf
from portal.kernel.ledger.services import row_consistency
from portal.kernel.outbox.models import Message
from tests.ledger import attacks

#: Rows that repeat a leaf and never change: V9 compares each column but the key and the entry.
REPEATED = {ConsentEvent: "entry_id", AuditEvent: "entry_id"}


@pytest.fixture
def told(transactional_db, small):
    builder.build(seed=7, now=clock.now(), tell=lambda what, done, total: None)
    ledger.seal_now()
    assert ledger.verify().failures == []


def another(value, field, chance):  # noqa: PLR0911 - one line for each kind
    """A value that the column can hold and that says something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + chance.choice([1, 2, 7])
    if isinstance(value, datetime):
        return value + timedelta(seconds=chance.choice([-86_400, -3, 3, 86_400]))
    if isinstance(value, date):
        return value + timedelta(days=chance.choice([-1, 1]))
    if isinstance(value, UUID):
        return UUID(int=chance.getrandbits(128))
    if isinstance(value, bytes | memoryview):
        return bytes([bytes(value)[0] ^ 1]) + bytes(value)[1:]
    if isinstance(value, list):
        return [*value, "other"]
    if isinstance(value, dict):
        return {**value, "other": "other"}
    if value is None:
        return {models.DateTimeField: clock.now(), models.DateField: date(2026, 1, 1)}.get(type(field))
    others = [code for code, _label in field.flatchoices if code != value]
    return chance.choice(others) if others else f"{'y' if value[:1] == 'x' else 'x'}{value[1:]}"


def columns():
    """Each model with the columns that a check compares."""
    for follows in ports.ledger_followers:
        compared = {column.partition("__")[0] for column in follows.compared}
        yield follows.model, [f for f in follows.model._meta.concrete_fields if {f.name, f.attname} & compared]
    for model, entry in REPEATED.items():
        yield model, [f for f in model._meta.concrete_fields if not f.primary_key and f.attname != entry]


def is_stated(row, field, value):
    """Whether a leaf states the column of this very row: portal/docs/ledger.md says of which it does not."""
    if isinstance(row, Message):
        return row.sent_at is not None or field.name == "sent_at"
    if isinstance(row, Ticket) and field.name == "state":
        return "closed" in {row.state, value}
    return True


def stored(field, value):
    return json.dumps(value) if isinstance(field, models.JSONField) else field.get_db_prep_save(value, connection)


def fires(model, row):
    """Whether the check of the model finds something about its rows."""
    for follows in ports.ledger_followers:
        if follows.model is model:
            return any(True for _message in follows.differences(sample=None))
    failures = []
    entry = Entry.objects.get(pk=row.entry_id)
    comparison = row_consistency.Comparison([entry.pk], lambda check, message, index=None: failures.append(check))
    index = Leaf.objects.get(entry=entry).pk
    comparison.check_presence(index, entry.pk, entry.kind)
    comparison.check_columns(index, entry.pk, entry.kind, bytes(entry.payload.body))
    return failures == ["V9"]


def tried(model, field, chance):
    """Change the column of a random row; whether a check fires. None where the database itself refuses the value."""
    row = model._base_manager.filter(
        pk__in=chance.sample(list(model._base_manager.values_list("pk", flat=True)), 1)
    ).get()
    value = another(getattr(row, field.attname), field, chance)
    if value is None or value == getattr(row, field.attname) or not is_stated(row, field, value):
        return None
    try:
        with transaction.atomic():
            sql = f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE id = %s'
            attacks.execute(sql, stored(field, value), row.pk)
            connection.check_constraints()
            found = fires(model, row)
            transaction.set_rollback(True)
            return found
    except DatabaseError:
        return None


@pytest.mark.full
def test_each_of_500_changes_by_hand_is_found(told):
    """Full: it tells the whole story. A change of a row without such an event (from before the fact) is none of these."""
    chance = random.Random(500)
    places = [(model, field) for model, fields in columns() for field in fields if model._base_manager.exists()]
    done, missed = 0, []
    with attacks.unguarded():
        for number in range(20 * 500):
            model, field = places[number % len(places)]
            found = tried(model, field, chance)
            done += found is not None
            if found is False:
                missed.append(f"{model._meta.label}.{field.name}")
            if done == 500:
                break
    assert done == 500
    assert not missed, sorted(missed)
