from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "portal.registers"
    verbose_name = _("Registers")

    def ready(self) -> None:
        """Fill the hooks for the lines under each letter and for the sender of each message."""
        from portal.core import hooks
        from portal.registers.services import identity, letters

        hooks.letter_footer.fill(letters.footer)
        hooks.sender_identity.fill(identity.registered)
