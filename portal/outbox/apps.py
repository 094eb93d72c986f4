from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "portal.outbox"
    verbose_name = _("Messages out")

    def ready(self) -> None:
        """Register what other rooms ask of this one, and its production rules."""
        from portal.core import hooks
        from portal.core.system_checks import PRODUCTION
        from portal.outbox import erasers, finding, health, identity, queues, sections, system_checks
        from portal.outbox.lookups import LOOKUPS
        from portal.outbox.services import faults
        from portal.outbox.stated import MESSAGES
        from portal.outbox.strands import STRANDS

        hooks.ledger_followers.register(MESSAGES)
        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.erasers.register(erasers.MessageTexts())
        hooks.erasers.register(erasers.PushSubscriptions())
        hooks.address_confirmed.register(faults.confirmed)
        hooks.webhook_secrets.register(identity.webhook_secrets)
        hooks.sections.register(sections.MessageSection())
        hooks.sections.register(sections.BrowserSection())
        hooks.finders.register(finding.find)
        for queue in queues.QUEUES:
            hooks.queues.register(queue)
        hooks.readiness.register(("outbox", health.readiness))
        for column in LOOKUPS:
            hooks.lookup_columns.register(column)
        register(system_checks.production_sends_email, Tags.security, PRODUCTION)
        register(system_checks.a_lease_outlasts_a_send, Tags.security, PRODUCTION)
        register(system_checks.a_gateway_has_its_keys, Tags.security, PRODUCTION)
