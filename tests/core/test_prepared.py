"""One row past the cursors: the same inside and outside a transaction, and after what makes the server forget."""

import pytest
from django.db import connection, transaction

from portal.kernel.core import prepared_statements

SQL = "SELECT code, is_self FROM people_fiduciary WHERE code = ?1 AND id > ?2"


def asked(code="acme"):
    row = prepared_statements.one_row(SQL, (code, 0))
    return None if row is None else (row[0], row[1] in {"f", 0})


@pytest.fixture
def acme(transactional_db):
    from tests.people.factories import FiduciaryFactory

    return FiduciaryFactory(code="acme")


def test_a_row_is_read_in_and_outside_a_transaction(acme):
    assert asked() == ("acme", True)
    assert asked("nobody") is None
    with transaction.atomic():
        assert asked() == ("acme", True)


def test_it_is_read_after_a_rollback_made_the_session_forget(acme):
    assert asked() == ("acme", True)
    for _time in range(2):
        with transaction.atomic():
            type(acme).objects.filter(pk=acme.pk).update(name="Other")
            transaction.set_rollback(True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert asked() == ("acme", True)


def test_what_a_transaction_wrote_it_sees(acme):
    with transaction.atomic():
        type(acme).objects.filter(pk=acme.pk).update(code="bank")
        assert asked("bank") == ("bank", True)
        assert asked() is None


def test_a_connection_that_was_opened_anew_prepares_anew(acme):
    assert asked() == ("acme", True)
    connection.close()
    assert asked() == ("acme", True)
