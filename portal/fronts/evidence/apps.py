from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    name = "portal.fronts.evidence"
    verbose_name = _("Evidence")

    def ready(self) -> None:
        """Make packs as jobs, lead to the file of a person, and check what the registers show."""
        from django.core.checks import Tags, register

        from portal.fronts.evidence import attestations, job_types, registers, search, staff_pages
        from portal.fronts.evidence.ledger_checks import REPORTS, REQUESTS, SAMPLES
        from portal.fronts.evidence.models import Attestation
        from portal.fronts.evidence.person.job_types import MakePersonFile
        from portal.fronts.evidence.person.links import page_about
        from portal.kernel.core import ports
        from portal.kernel.registers.entries.services import attachments

        for page in staff_pages.PAGES:
            ports.staff_pages.register(page)
        attachments.register_holder(Attestation, attestations.HOLDER)
        for stated in (REPORTS, REQUESTS, SAMPLES):
            ports.ledger_followers.register(stated)
        ports.job_kinds.register(job_types.MakePack())
        ports.job_kinds.register(MakePersonFile())
        ports.person_pages.register(page_about)
        ports.finders.register(search.find)
        ports.page_finders.register(search.find_pages)
        register(registers.check_registers, Tags.models)
