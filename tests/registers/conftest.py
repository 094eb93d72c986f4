import pytest

from portal.kernel.registers.senders.selectors import senders
from tests.law.factories import LegalRuleFactory
from tests.registers.factories import two_people


@pytest.fixture
def kinds_of_variables(db):
    """The law on templates, and nothing remembered of another test."""
    senders.forget()
    LegalRuleFactory(key="IN-TRAI-TPL-KINDS", kind="field_list", amount=None, unit="none", values=["numeric", "url"])
    LegalRuleFactory(key="WA-POLICY", kind="window", amount=24, unit="hour", counting="elapsed")


@pytest.fixture
def people(db):
    return two_people()
