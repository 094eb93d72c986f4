from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "portal.kernel.registers"
    verbose_name = _("Registers")

    def ready(self) -> None:
        """Fill the hooks for letters and senders; hear of addresses left, and what becomes of instructions to recipients."""
        from django.core.checks import Tags, register

        from portal.kernel.core import answers, ports
        from portal.kernel.core.admin import labels as core_labels
        from portal.kernel.law import request_cache
        from portal.kernel.registers import data_copy_sections, queues, search, system_checks
        from portal.kernel.registers.base import labels as base_labels
        from portal.kernel.registers.base.models.company import CompanyDetails
        from portal.kernel.registers.base.models.officers import Officer
        from portal.kernel.registers.deadlines import IncidentClocks, InstructionClocks, OrderClocks
        from portal.kernel.registers.entries.register_import import KINDS
        from portal.kernel.registers.entries.services import entry_validation, message_footer
        from portal.kernel.registers.incidents import incident_queries
        from portal.kernel.registers.ledger_checks import STATED
        from portal.kernel.registers.orders import selectors
        from portal.kernel.registers.recipients.services import instruction_status, recipients, staff_instructions
        from portal.kernel.registers.senders.services import sender_identity, senders
        from portal.kernel.registers.timeline import STRANDS

        request_cache.changes_with(Officer, CompanyDetails)
        entry_validation.register()
        register(system_checks.inventory_agrees, Tags.database)
        register(system_checks.purposes_are_declared)
        core_labels.say(base_labels.CategoryNames, fields=("used_categories",))
        for stated in STATED:
            ports.ledger_followers.register(stated)
        for strand in STRANDS:
            ports.strands.register(strand)
        for kind in KINDS:
            ports.import_kinds.register(kind)
        ports.address_left.register(senders.forget_address)
        ports.orders.register(selectors.open_about)
        answers.letter_footer.fill(message_footer.footer)
        answers.sender_identity.fill(sender_identity.registered)
        ports.webhook_secrets.register(recipients.secrets_now)
        ports.webhooks_taken.register(instruction_status.delivered)
        ports.clock_owners.register(InstructionClocks())
        ports.clock_owners.register(IncidentClocks())
        ports.clock_owners.register(OrderClocks())
        for selection in (
            incident_queries.Everybody,
            incident_queries.OfCustomer,
            incident_queries.AtRecipient,
            incident_queries.Messaged,
        ):
            ports.people_selections.register(selection())
        ports.finders.register(search.find)
        for queue in queues.QUEUES:
            ports.queues.register(queue)
        ports.record_facts.register(queues.record_facts)
        ports.person_erased.register(staff_instructions.erase_everywhere)
        ports.sections.register(data_copy_sections.RecipientSection())
        ports.sections.register(data_copy_sections.DisclosureSection())
