from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class StaffAdminConfig(admin_apps.AdminConfig):
    default_site = "portal.fronts.workplace.site.StaffSite"
    default = False


class WorkplaceConfig(AppConfig):
    name = "portal.fronts.workplace"
    verbose_name = _("Workplace")
    default = True

    def ready(self) -> None:
        from django.core.checks import Tags, register

        from portal.fronts.workplace import (
            auditor_access,
            export_notifications,
            pages,
            queues,
            saved_views,
            unmasked_exports,
            upload_limits,
        )
        from portal.fronts.workplace.job_types import RenewLookups, VerifyLedger
        from portal.fronts.workplace.permissions import Permission
        from portal.kernel.core import answers, ports
        from portal.kernel.core.records import Place, StaffPage

        for page in (
            StaffPage(
                Place.tab("audit", 10), _("Ledger"), "admin:ledger", Permission.LEDGER_VIEW, _("State of the ledger")
            ),
            StaffPage(Place.tab("operations", 10), _("System"), "admin:system", Permission.SYSTEM_VIEW),
        ):
            ports.staff_pages.register(page)
        register(pages.check, Tags.admin)
        for queue in queues.QUEUES:
            ports.queues.register(queue)
        answers.may_unmask.fill(unmasked_exports.may_propose)
        answers.only_asks.fill(auditor_access.only_asks)
        answers.unmasked_export.fill(unmasked_exports.propose)
        ports.job_ended.register(export_notifications.tell)
        ports.larger_requests.register((upload_limits.IMPORT, upload_limits.LARGEST_IMPORT))
        ports.login_left.register(saved_views.login_left)
        ports.job_kinds.register(RenewLookups())
        ports.job_kinds.register(VerifyLedger())
