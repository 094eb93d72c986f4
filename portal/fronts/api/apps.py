from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "portal.fronts.api"
    verbose_name = _("Interfaces")

    def ready(self) -> None:
        """Register what takes more than a file."""
        from portal.fronts.api import upload_limits
        from portal.kernel.core import ports

        ports.larger_requests.register((upload_limits.INBOUND_MAIL, upload_limits.LONGEST_MAIL))
