import pytest

from consent.selectors import rulebook
from portal.registers.selectors import senders
from portal.registers.services import defects
from tests.consent.factories import law_is_loaded


@pytest.fixture(autouse=True)
def rules_are_read_afresh():
    """Tests load other rules than their neighbours; the process keeps them for some seconds."""
    rulebook.forget()
    senders.forget()
    defects.forget()


@pytest.fixture
def law(db):
    law_is_loaded()
