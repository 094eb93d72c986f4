from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class StaffAdminConfig(admin_apps.AdminConfig):
    default_site = "portal.workplace.site.StaffSite"
    default = False


class WorkplaceConfig(AppConfig):
    name = "portal.workplace"
    verbose_name = _("Workplace")
    default = True

    def ready(self) -> None:
        from django.core.checks import Tags, register

        from portal.core import hooks
        from portal.core.records import Place, StaffPage
        from portal.workplace import export_letters, pages, queues, reading, saved_views, sizes, unmasking
        from portal.workplace.job_kinds import RenewLookups, VerifyLedger
        from portal.workplace.permissions import Permission

        for page in (
            StaffPage(
                Place.tab("audit", 10), _("Ledger"), "admin:ledger", Permission.LEDGER_VIEW, _("State of the ledger")
            ),
            StaffPage(Place.tab("operations", 10), _("System"), "admin:system", Permission.SYSTEM_VIEW),
        ):
            hooks.staff_pages.register(page)
        register(pages.check, Tags.admin)
        for queue in queues.QUEUES:
            hooks.queues.register(queue)
        hooks.may_unmask.fill(unmasking.may_propose)
        hooks.only_asks.fill(reading.only_asks)
        hooks.unmasked_export.fill(unmasking.propose)
        hooks.job_ended.register(export_letters.tell)
        hooks.larger_requests.register((sizes.IMPORT, sizes.LARGEST_IMPORT))
        hooks.login_left.register(saved_views.login_left)
        hooks.job_kinds.register(RenewLookups())
        hooks.job_kinds.register(VerifyLedger())
