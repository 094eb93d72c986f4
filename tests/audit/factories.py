"""Audit events as services write them."""

import factory
from django.db import transaction

from portal.kernel.audit import services
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor


class AuditEventFactory(factory.django.DjangoModelFactory):
    """A file of a customer was opened by staff; traits change what."""

    kind = AuditKind.VAULT_FILE_OPENED
    actor = actor.staff(7, address="203.0.113.9", via="admin")
    about = "people.customer:OS-CU-7K4M-9QX2"
    facts = factory.LazyFunction(lambda: {"reason_code": "review"})

    class Meta:
        model = AuditEvent

    @classmethod
    def _create(cls, _model, *_args, **kwargs):
        kind = kwargs.pop("kind")
        with transaction.atomic():
            return services.record(kind, **kwargs)
