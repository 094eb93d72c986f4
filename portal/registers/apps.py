from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RegistersConfig(AppConfig):
    name = "portal.registers"
    verbose_name = _("Registers")

    def ready(self) -> None:
        """Fill the hook for the lines under each letter."""
        from portal.core import hooks
        from portal.registers.services import letters

        hooks.letter_footer.fill(letters.footer)
