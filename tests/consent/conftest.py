from contextlib import contextmanager

import pytest
from django.db import transaction

from consent.selectors import rulebook, sending_accounts
from portal.registers.selectors import senders
from portal.registers.services import defects
from tests.consent.factories import law_is_loaded


@pytest.fixture(autouse=True)
def rules_are_read_afresh():
    """Tests load other rules than their neighbours; the process keeps them for some seconds."""
    rulebook.forget()
    sending_accounts.forget()
    senders.forget()
    defects.forget()


@pytest.fixture
def law(db):
    law_is_loaded()


@pytest.fixture
def emptied(db):
    """A block after which the database is as it was before: for tests that try many worlds."""

    @contextmanager
    def block():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return block
