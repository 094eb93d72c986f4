from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KycConfig(AppConfig):
    name = "kyc"
    verbose_name = _("KYC")

    def ready(self) -> None:
        """Answer the hooks of this room."""
        from django.core.checks import Tags, register

        from kyc import ages, finding, gates, inspection, keeping, queues, selections, selectors, system_checks
        from kyc.clocks import KycClocks
        from kyc.erasers import KycDocuments
        from kyc.lookups import NUMBERS
        from kyc.sections import KycSection
        from kyc.services import consenting, locking, settling, signers, taking_over
        from kyc.services.freezes import DocumentFreezes
        from kyc.stated import DECISIONS, DOCUMENTS, LISTS
        from kyc.strands import STRANDS
        from portal.core import hooks
        from portal.core.system_checks import PRODUCTION

        for stated in (DECISIONS, DOCUMENTS, LISTS):
            hooks.ledger_followers.register(stated)
        for strand in STRANDS:
            hooks.strands.register(strand)
        hooks.number_finder.fill(inspection.number_finder)
        hooks.age_shown.fill(ages.age_shown)
        hooks.sender_state.fill(selectors.sender_state)
        hooks.people_selections.register(selections.WithDocuments())
        for job_kind in taking_over.ARCHIVES.job_kinds:
            hooks.job_kinds.register(job_kind)
        hooks.complaints.register(gates.complained)
        hooks.documents_complained_of.register(gates.documents_complained_of)
        hooks.freezes.register(DocumentFreezes())
        hooks.became_child.register(settling.settle_of_person)
        hooks.protection_ended.register(settling.settle_of_person)
        hooks.customer_renamed.register(gates.renamed)
        hooks.insolvency_changed.register(gates.insolvent)
        hooks.clock_owners.register(KycClocks())
        for retention_class in keeping.classes():
            hooks.erasers.register(KycDocuments(retention_class))
        hooks.lookup_columns.register(NUMBERS)
        hooks.sections.register(KycSection())
        hooks.consent_withdrawn.register(consenting.withdrawn)
        hooks.login_left.register(locking.CLAIMS.login_left)
        for queue in queues.QUEUES:
            hooks.queues.register(queue)
        hooks.finders.register(finding.find)
        hooks.hands_out.register(queues.HANDS_OUT)
        hooks.holders.register(queues.holders)
        hooks.rule_books.register(signers.load_shipped)
        hooks.readiness.register(("signers", system_checks.readiness))
        register(system_checks.providers_are_set_up, PRODUCTION)
        register(system_checks.providers_are_in_the_book, Tags.database)
        register(system_checks.signers_end_soon, Tags.database)
        register(system_checks.signers_are_trusted, Tags.database)
