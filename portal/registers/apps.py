from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "portal.registers"
    verbose_name = _("Registers")

    def ready(self) -> None:
        """Fill the hooks for letters and senders; hear of addresses left, and what becomes of instructions to recipients."""
        from django.core.checks import Tags, register

        from portal.core import hooks
        from portal.core.admin import speaking
        from portal.law import memory
        from portal.registers import finding, queues, sections, selections, system_checks, words
        from portal.registers.clocks import IncidentClocks, InstructionClocks, OrderClocks
        from portal.registers.models.company import CompanyDetails
        from portal.registers.models.officers import Officer
        from portal.registers.proposal_rows import KINDS
        from portal.registers.selectors import orders
        from portal.registers.services import fitting, identity, instructing, instructions, letters, recipients, senders
        from portal.registers.stated import STATED
        from portal.registers.strands import STRANDS

        memory.changes_with(Officer, CompanyDetails)
        fitting.register()
        register(system_checks.inventory_agrees, Tags.database)
        register(system_checks.purposes_are_declared)
        speaking.say(words.CategoryNames, fields=("used_categories",))
        for stated in STATED:
            hooks.ledger_followers.register(stated)
        for strand in STRANDS:
            hooks.strands.register(strand)
        for kind in KINDS:
            hooks.import_kinds.register(kind)
        hooks.address_left.register(senders.forget_address)
        hooks.orders.register(orders.open_about)
        hooks.letter_footer.fill(letters.footer)
        hooks.sender_identity.fill(identity.registered)
        hooks.webhook_secrets.register(recipients.secrets_now)
        hooks.webhooks_taken.register(instructions.delivered)
        hooks.clock_owners.register(InstructionClocks())
        hooks.clock_owners.register(IncidentClocks())
        hooks.clock_owners.register(OrderClocks())
        for selection in (selections.Everybody, selections.OfCustomer, selections.AtRecipient, selections.Messaged):
            hooks.people_selections.register(selection())
        hooks.finders.register(finding.find)
        for queue in queues.QUEUES:
            hooks.queues.register(queue)
        hooks.person_erased.register(instructing.erase_everywhere)
        hooks.sections.register(sections.RecipientSection())
        hooks.sections.register(sections.DisclosureSection())
