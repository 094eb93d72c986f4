from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import answers


class KycConfig(AppConfig):
    name = "kyc"
    verbose_name = _("KYC")

    def ready(self) -> None:
        """Fill the ports of the kernel."""
        from django.core.checks import Tags, register

        from kyc import incident_queries, queues, search, system_checks
        from kyc import ports as kyc_ports
        from kyc.cases import age_evidence, selectors
        from kyc.cases.services import case_locks
        from kyc.data_copy_sections import KycSection
        from kyc.deadlines import KycClocks
        from kyc.erasure import KycDocuments
        from kyc.ledger_checks import DECISIONS, DOCUMENTS, LISTS
        from kyc.legacy_imports.services import legacy_import
        from kyc.lookup_columns import NUMBERS
        from kyc.outcomes import retention_classes
        from kyc.outcomes.services import case_status
        from kyc.review import inspection
        from kyc.review.services import aadhaar_consent
        from kyc.review.services.document_freezes import DocumentFreezes
        from kyc.signers.services import signer_proposals
        from kyc.timeline import STRANDS
        from portal.kernel.core import ports as core_ports
        from portal.kernel.core.system_checks import PRODUCTION

        for stated in (DECISIONS, DOCUMENTS, LISTS):
            core_ports.ledger_followers.register(stated)
        for strand in STRANDS:
            core_ports.strands.register(strand)
        answers.number_finder.fill(inspection.number_finder)
        answers.age_shown.fill(age_evidence.age_shown)
        answers.sender_state.fill(selectors.sender_state)
        core_ports.people_selections.register(incident_queries.WithDocuments())
        for job_kind in legacy_import.ARCHIVES.job_kinds:
            core_ports.job_kinds.register(job_kind)
        core_ports.complaints.register(kyc_ports.complained)
        core_ports.documents_complained_of.register(kyc_ports.documents_complained_of)
        core_ports.freezes.register(DocumentFreezes())
        core_ports.became_child.register(case_status.settle_of_person)
        core_ports.protection_ended.register(case_status.settle_of_person)
        core_ports.customer_renamed.register(kyc_ports.renamed)
        core_ports.insolvency_changed.register(kyc_ports.insolvent)
        core_ports.clock_owners.register(KycClocks())
        for retention_class in retention_classes.classes():
            core_ports.erasers.register(KycDocuments(retention_class))
        core_ports.lookup_columns.register(NUMBERS)
        core_ports.sections.register(KycSection())
        core_ports.consent_withdrawn.register(aadhaar_consent.withdrawn)
        core_ports.login_left.register(case_locks.CLAIMS.login_left)
        for queue in queues.QUEUES:
            core_ports.queues.register(queue)
        core_ports.finders.register(search.find)
        core_ports.hands_out.register(queues.HANDS_OUT)
        core_ports.record_facts.register(queues.record_facts)
        core_ports.opening_reasons.register(queues.reasons_to_open)
        core_ports.rule_books.register(signer_proposals.load_shipped)
        core_ports.readiness.register(("signers", system_checks.readiness))
        register(system_checks.providers_are_set_up, PRODUCTION)
        for check in (
            system_checks.providers_are_in_the_book,
            system_checks.signers_end_soon,
            system_checks.signers_are_trusted,
        ):
            register(check, Tags.database)
