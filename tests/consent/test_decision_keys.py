"""Keys of signed decisions: a change of the ledger's key leaves the earlier one listed."""

import pytest

from consent.decisions.services import decision_keys, decision_signatures
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock

pytestmark = pytest.mark.django_db


def test_a_key_is_noted_once_and_stays_listed_after_a_change(settings):
    old = decision_signatures.public_key().hex()
    assert [(one.key, one.since) for one in decision_keys.known()] == [(old, None)]
    assert [decision_keys.note(now=clock.now()) for _time in range(2)] == [True, False]
    settings.LEDGER_KEY = "ab" * 32
    new = decision_signatures.public_key().hex()
    assert [(one.key, one.since is None) for one in decision_keys.known()] == [(new, True), (old, False)]
    assert decision_keys.note(now=clock.now())
    assert [one.key for one in decision_keys.known()] == [new, old]
    assert AuditEvent.objects.filter(kind="consent.decision_key.used").count() == 2
