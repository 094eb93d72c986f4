from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "portal.registers"
    verbose_name = _("Registers")

    def ready(self) -> None:
        """Fill the hooks for the lines under each letter and for the sender of each message; hear of addresses left."""
        from portal.core import hooks
        from portal.registers.services import identity, letters, senders

        hooks.address_left.register(senders.forget_address)
        hooks.letter_footer.fill(letters.footer)
        hooks.sender_identity.fill(identity.registered)
