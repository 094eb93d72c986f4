"""Copies stand for the rows that the real services write: nothing may be missing in them."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import router, transaction

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import record
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.law.models import LegalRule
from portal.kernel.law.services import rule_loader
from portal.kernel.ledger import services as ledger
from portal.kernel.people.models import Role
from portal.kernel.retention.models import RetentionRule
from tests import shipped
from tests.copied_rows import CopiedRows
from tests.law.factories import LegalRuleFactory

pytestmark = pytest.mark.django_db
SHIPPED = {"law": shipped.rules_of_law, "every rule": shipped.every_rule, "roles": shipped.every_role}
#: Times, and what is random or counts on.
DIFFERS = {"added_at", "recorded_at", "at", "entry_id", "event_id", "leaf_hash", "commitment", "salt", "body", "about"}


@pytest.fixture(params=SHIPPED)
def loaded(request):
    """One load of its own, so that no other test of the process has made the copy."""
    known = SHIPPED[request.param]
    return CopiedRows(known.write, *known.tables)


def rows_of_everything():
    """Every row of every table, as far as two loads at two times agree."""
    found = {}
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        names = [
            f"{field.name}__code" if field.related_model is Role else field.attname
            for field in model._meta.concrete_fields
            if field.attname not in {"id", *DIFFERS}
        ]
        every = model._default_manager.using(router.db_for_read(model)).all()
        if every.exists():
            found[model._meta.label] = sorted(map(repr, every.values_list(*names))) if names else every.count()
    return found


def undone(act):
    with transaction.atomic():
        act()
        rows = rows_of_everything()
        transaction.set_rollback(True)
    return rows


def test_a_copy_holds_every_row_that_a_load_writes_in_any_table(loaded):
    before = rows_of_everything()
    real = undone(loaded.write)
    first = undone(loaded)
    assert len(loaded.copies) == 1
    assert undone(loaded) == first == real != before


def test_copies_beside_other_entries_verify_with_the_rows_that_repeat_them(loaded, transactional_db):
    undone(loaded)
    with transaction.atomic():
        record(AuditKind.LAW_RULES_SYNCED, actor=SYSTEM, about="law.rules:all", facts={"added": 0})
    loaded()
    ledger.seal_now(wait=5)
    report = ledger.verify()
    assert (report.failures, report.size) == ([], AuditEvent.objects.count() + 1)


def test_the_trail_of_a_copy_names_its_rows():
    load = CopiedRows(shipped.every_rule.write, *shipped.every_rule.tables)
    undone(load)
    load()
    named = {
        about for about in AuditEvent.objects.values_list("about", flat=True) if about.startswith("retention.rule")
    }
    assert named == {f"retention.rule:{key}" for key in RetentionRule.objects.values_list("pk", flat=True)}


def test_where_a_rule_stands_already_the_services_write():
    load = CopiedRows(shipped.rules_of_law.write, *shipped.rules_of_law.tables)
    undone(load)
    key = rule_loader.read("legal_rules.toml")["rule"][0]["key"]
    LegalRuleFactory(key=key, version=7)
    load()
    assert sorted(LegalRule.objects.filter(key=key).values_list("version", flat=True)) == [7, 8]


def test_rows_written_at_a_time_that_a_test_set_are_copied_within_the_hour_after_it_only():
    load = CopiedRows(shipped.rules_of_law.write, *shipped.rules_of_law.tables)
    months = []
    for moment in ("2026-01-05T10:00:00.2Z", "2026-01-05T10:00:00.1Z", "2026-01-05T10:59:00Z", "2026-02-05T11:00:00Z"):
        with time_machine.travel(moment, tick=False), transaction.atomic():
            load()
            months.append(set(LegalRule.objects.values_list("recorded_at", flat=True)))
            transaction.set_rollback(True)
    assert [len(copy.rows) > 0 for copy in load.copies.values()] == [True, True]
    assert months[0] == months[1] == months[2] != months[3]


def test_rows_written_by_the_real_clock_serve_every_later_time_and_none_before():
    load = CopiedRows(shipped.rules_of_law.write, *shipped.rules_of_law.tables)
    undone(load)
    with time_machine.travel(clock.now() + timedelta(days=400), tick=False):
        undone(load)
        assert len(load.copies) == 1
    with time_machine.travel("2026-01-05T10:00:00Z", tick=False):
        load()
        assert set(LegalRule.objects.values_list("recorded_at__year", "recorded_at__month")) == {(2026, 1)}
