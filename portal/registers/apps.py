from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "portal.registers"
    verbose_name = _("Registers")

    def ready(self) -> None:
        """Fill the hooks for letters and senders; hear of addresses left, and what becomes of instructions to recipients."""
        from portal.core import hooks
        from portal.registers import sections
        from portal.registers.clocks import InstructionClocks
        from portal.registers.services import identity, instructing, instructions, letters, recipients, senders

        hooks.address_left.register(senders.forget_address)
        hooks.letter_footer.fill(letters.footer)
        hooks.sender_identity.fill(identity.registered)
        hooks.webhook_secrets.register(recipients.secrets_now)
        hooks.webhooks_taken.register(instructions.delivered)
        hooks.clock_owners.register(InstructionClocks())
        hooks.person_erased.register(instructing.erase_everywhere)
        hooks.sections.register(sections.RecipientSection())
