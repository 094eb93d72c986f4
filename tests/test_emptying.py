"""After a test that commits nothing is left of it, and what was insert-only is so again."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connections, transaction

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import append_only
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from tests import emptying
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.people.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


def rows(database):
    """How many rows each table holds, of those that hold any."""
    found = {}
    with connections[database].cursor() as cursor:
        for table in connections[database].introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def test_every_table_is_emptied_and_the_frozen_ones_are_frozen_again():
    kept = {name: rows(name) for name in connections}
    law_is_loaded()
    published_notice()
    said(person(), "given")
    StaffFactory(roles=["auditor"])
    ledger.seal_now()
    assert len(rows("default")) > 25
    assert rows("keys") != kept["keys"]
    for name in connections:
        emptying.empty(connections[name])
    assert {name: rows(name) for name in connections} == kept
    assert kept == {"default": {table: kept["default"][table] for table in emptying.KEPT}, "keys": {}}
    assert (Permission.objects.count(), ContentType.objects.count()) == tuple(
        kept["default"][t] for t in sorted(emptying.KEPT)
    )
    for name in connections:
        assert append_only.unfrozen(connections[name]) == []


def test_no_row_can_be_deleted_once_the_tables_are_emptied():
    law_is_loaded()
    emptying.empty(connections["default"])
    law_is_loaded()
    for model in (Entry, AuditEvent):
        assert model.objects.exists()
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_every_model_has_its_table_among_those_that_are_emptied():
    tables = {model._meta.db_table for model in apps.get_models() if model._meta.managed and not model._meta.proxy}
    emptied = {
        table
        for name in connections
        for table in connections[name].introspection.django_table_names(only_existing=True)
    }
    assert tables <= emptied
