from contextlib import contextmanager

import pytest
from django.db import transaction

from consent.base.selectors import contact_rulebook
from consent.decisions.selectors import sender_accounts
from portal.kernel.registers.senders.selectors import senders
from portal.kernel.registers.senders.services import sender_issues
from tests.consent.factories import law_is_loaded


@pytest.fixture(autouse=True)
def rules_are_read_afresh():
    """Tests load other rules than their neighbours; the process keeps them for some seconds."""
    contact_rulebook.forget()
    sender_accounts.forget()
    senders.forget()
    sender_issues.forget()


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
