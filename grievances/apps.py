from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GrievancesConfig(AppConfig):
    name = "grievances"
    verbose_name = _("Grievances")

    def ready(self) -> None:
        from grievances import gates
        from grievances.clocks import GrievanceClocks
        from grievances.erasers import GrievanceTexts
        from grievances.sections import GrievanceSection
        from grievances.services import thread
        from portal.core import hooks

        hooks.clock_owners.register(GrievanceClocks())
        hooks.erasers.register(GrievanceTexts())
        hooks.inbound_grievance.fill(gates.message_came_in)
        hooks.login_left.register(thread.let_go)
        hooks.sections.register(GrievanceSection())
