from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "portal.kernel.outbox"
    verbose_name = _("Messages out")

    def ready(self) -> None:
        """Register what other rooms ask of this one, and its production rules."""
        from portal.kernel.core import ports
        from portal.kernel.core.system_checks import PRODUCTION
        from portal.kernel.outbox import (
            data_copy_sections,
            erasure,
            health,
            queues,
            search,
            sender_identity,
            system_checks,
        )
        from portal.kernel.outbox.ledger_checks import MESSAGES
        from portal.kernel.outbox.lookup_columns import LOOKUPS
        from portal.kernel.outbox.services import faults
        from portal.kernel.outbox.timeline import STRANDS

        ports.ledger_followers.register(MESSAGES)
        for strand in STRANDS:
            ports.strands.register(strand)
        ports.erasers.register(erasure.MessageTexts())
        ports.erasers.register(erasure.PushSubscriptions())
        ports.address_confirmed.register(faults.confirmed)
        ports.webhook_secrets.register(sender_identity.webhook_secrets)
        ports.sections.register(data_copy_sections.MessageSection())
        ports.sections.register(data_copy_sections.BrowserSection())
        ports.finders.register(search.find)
        for queue in queues.QUEUES:
            ports.queues.register(queue)
        ports.readiness.register(("outbox", health.readiness))
        for column in LOOKUPS:
            ports.lookup_columns.register(column)
        register(system_checks.production_sends_email, Tags.security, PRODUCTION)
        register(system_checks.a_lease_outlasts_a_send, Tags.security, PRODUCTION)
        register(system_checks.a_gateway_has_its_keys, Tags.security, PRODUCTION)
