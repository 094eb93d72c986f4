"""Ledger entries as services write them."""

import uuid

import factory
from django.db import transaction

from portal.kernel.core import clock
from portal.kernel.ledger import services
from portal.kernel.ledger.models import Entry


def consent_payload(**changes):
    return {
        "event": "given",
        "fiduciary": "onesetu",
        "address_key": "01" + "ab" * 32,
        "purpose": "marketing",
        "channel": "sms",
        "notice": {"id": "consent", "version": 1, "lang": "en", "sha256": "0" * 64},
        "evidence": [],
        "prev": None,
        "occurred_at": "2026-11-25T04:00:00.000Z",
        **changes,
    }


class EntryFactory(factory.django.DjangoModelFactory):
    """A consent entry with a subject, appended through the service; it waits to be sealed."""

    kind = "consent"
    subject_ref = factory.LazyFunction(uuid.uuid4)
    recorded_at = factory.LazyFunction(clock.now)
    payload = factory.LazyFunction(consent_payload)

    class Meta:
        model = Entry

    @classmethod
    def _create(cls, _model, *_args, **kwargs):
        with transaction.atomic():
            return services.append(**kwargs)
