from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    name = "portal.evidence"
    verbose_name = _("Evidence")

    def ready(self) -> None:
        """Make packs as jobs, lead to the file of a person, and check what the registers show."""
        from django.core.checks import Tags, register

        from portal.core import hooks
        from portal.evidence import attestations, finding, job_kinds, registers, staff_pages
        from portal.evidence.models import Attestation
        from portal.evidence.person.job_kinds import MakePersonFile
        from portal.evidence.person.pages import page_about
        from portal.evidence.stated import REPORTS, REQUESTS, SAMPLES
        from portal.registers.services import attachments

        for page in staff_pages.PAGES:
            hooks.staff_pages.register(page)
        attachments.register_holder(Attestation, attestations.HOLDER)
        for stated in (REPORTS, REQUESTS, SAMPLES):
            hooks.ledger_followers.register(stated)
        hooks.job_kinds.register(job_kinds.MakePack())
        hooks.job_kinds.register(MakePersonFile())
        hooks.person_pages.register(page_about)
        hooks.finders.register(finding.find)
        hooks.page_finders.register(finding.find_pages)
        register(registers.check_registers, Tags.models)
