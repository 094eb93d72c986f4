from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Consent")

    def ready(self) -> None:
        """Fill the ports of the kernel."""
        from consent import (
            data_copy_sections,
            erasure,
            incident_queries,
            job_types,
            ledger_checks,
            queues,
            search,
            send_gate,
            staff_labels,
        )
        from consent import deadlines as notice_deadlines
        from consent.base import upload_limits
        from consent.broadcasts.services import departure_check
        from consent.collection.services import (
            consent_expiry,
            incapacity_effects,
            person_merge,
        )
        from consent.notices import jobs
        from consent.records.services import merge_projection, receipts
        from consent.timeline import STRANDS
        from portal.kernel.core import ports
        from portal.kernel.core.admin import labels
        from portal.kernel.law import request_cache
        from portal.kernel.people.models import SubjectAlias

        _answer()
        request_cache.changes_with(SubjectAlias)
        for strand in STRANDS:
            ports.strands.register(strand)
        ports.leaving.register(departure_check.still_wanted)
        ports.address_left.register(consent_expiry.end_at_address)
        ports.clock_owners.register(notice_deadlines.NoticeClocks())
        ports.people_merging.register(person_merge.keep_the_stricter)
        ports.references_joined.register(merge_projection.refold_joined)
        ports.became_child.register(consent_expiry.end_for_child)
        ports.rest_noted.register(incapacity_effects.pause)
        ports.rest_lifted.register(incapacity_effects.resume)
        ports.person_rests.register(incapacity_effects.end_with_the_person)
        ports.complaints.register(send_gate.complained)
        ports.erasers.register(erasure.Scans())
        ports.erasers.register(erasure.ManagerLinks())
        ports.erasers.register(erasure.Wishes())
        for kind in (
            job_types.CheckList,
            job_types.ScrubList,
            job_types.TakeListIn,
            jobs.TellEveryone,
            jobs.ReachProof,
        ):
            ports.job_kinds.register(kind())
        for address in (upload_limits.LISTS, upload_limits.SCRUB):
            ports.larger_requests.register((address, upload_limits.LARGEST_LIST))
        ports.ledger_rows.register(ledger_checks.ConsentRows())
        ledger_checks.register_followers()
        ports.referred_entries.register(receipts.entries_of)
        ports.people_selections.register(incident_queries.WhoAnswered())
        ports.sections.register(data_copy_sections.ConsentSection())
        ports.finders.register(search.find)
        for queue in queues.QUEUES:
            ports.queues.register(queue)
        labels.say(staff_labels.AddressKinds, fields=("address_kind",))
        labels.say(staff_labels.LanguageNames, fields=("language", "notice_language"))
        for model, heading in staff_labels.HEADINGS.items():
            labels.head(model._meta.label, heading)


def _answer() -> None:
    from consent import send_gate
    from consent.broadcasts.selectors.affected_sends import affected_sends
    from consent.broadcasts.services import departure_check
    from consent.collection.services import incapacity_effects, required_consent, restrictions
    from consent.records.selectors.client_addresses import used_by
    from consent.records.services import relied_on_consent
    from consent.suppressions.services import one_click_unsubscribe
    from portal.kernel.core import answers

    answers.send_gate.fill(send_gate.send_gate)
    answers.send_gate_of_many.fill(send_gate.send_gate_of_many)
    answers.consent_question.fill(required_consent.question)
    answers.consent_given.fill(required_consent.say_yes)
    answers.consent_standing.fill(relied_on_consent.standing_yes)
    answers.one_click_url.fill(one_click_unsubscribe.url_for)
    answers.addresses_used.fill(used_by)
    answers.message_template.fill(departure_check.template_of)
    answers.affected_sends.fill(affected_sends)
    answers.withdraw_everything.fill(incapacity_effects.withdraw_everything)
    answers.use_stopped.fill(restrictions.stop_every_use)
    answers.stop_at_address.fill(send_gate.stop_wanted)
    answers.opted_out.fill(send_gate.opted_out)
