from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = _("Consent")

    def ready(self) -> None:
        """Answer the hooks of the kernel."""
        from consent import clocks as notice_clocks
        from consent import (
            erasers,
            finding,
            gates,
            job_kinds,
            ledger_rows,
            notice_jobs,
            queues,
            sections,
            selections,
            sizes,
            staff_words,
        )
        from consent.selectors.affected_sends import affected_sends
        from consent.selectors.used_addresses import used_by
        from consent.services import (
            ending,
            joining,
            merging,
            needed,
            one_click,
            receipts,
            resting,
            restricting,
            standing,
        )
        from consent.services.broadcasts import leaving
        from consent.strands import STRANDS
        from portal.core import hooks
        from portal.core.admin import speaking
        from portal.law import memory
        from portal.people.models import SubjectAlias

        memory.changes_with(SubjectAlias)
        for strand in STRANDS:
            hooks.strands.register(strand)
        for hook, answer in (
            (hooks.send_gate, gates.send_gate),
            (hooks.send_gate_of_many, gates.send_gate_of_many),
            (hooks.consent_question, needed.question),
            (hooks.consent_given, needed.say_yes),
            (hooks.consent_standing, standing.standing_yes),
        ):
            hook.fill(answer)
        hooks.one_click_url.fill(one_click.url_for)
        hooks.addresses_used.fill(used_by)
        hooks.leaving.register(leaving.still_wanted)
        hooks.message_template.fill(leaving.template_of)
        hooks.affected_sends.fill(affected_sends)
        hooks.address_left.register(ending.end_at_address)
        hooks.clock_owners.register(notice_clocks.NoticeClocks())
        hooks.people_merging.register(merging.keep_the_stricter)
        hooks.references_joined.register(joining.refold_joined)
        hooks.became_child.register(ending.end_for_child)
        hooks.rest_noted.register(resting.pause)
        hooks.rest_lifted.register(resting.resume)
        hooks.person_rests.register(resting.end_with_the_person)
        hooks.withdraw_everything.fill(resting.withdraw_everything)
        hooks.use_stopped.fill(restricting.stop_every_use)
        hooks.complaints.register(gates.complained)
        hooks.stop_at_address.fill(gates.stop_wanted)
        hooks.opted_out.fill(gates.opted_out)
        hooks.erasers.register(erasers.Scans())
        hooks.erasers.register(erasers.ManagerLinks())
        hooks.erasers.register(erasers.Wishes())
        for kind in (
            job_kinds.CheckList,
            job_kinds.ScrubList,
            job_kinds.TakeListIn,
            notice_jobs.TellEveryone,
            notice_jobs.ReachProof,
        ):
            hooks.job_kinds.register(kind())
        for address in (sizes.LISTS, sizes.SCRUB):
            hooks.larger_requests.register((address, sizes.LARGEST_LIST))
        hooks.ledger_rows.register(ledger_rows.ConsentRows())
        ledger_rows.register_followers()
        hooks.referred_entries.register(receipts.entries_of)
        hooks.people_selections.register(selections.WhoAnswered())
        hooks.sections.register(sections.ConsentSection())
        hooks.finders.register(finding.find)
        for queue in queues.QUEUES:
            hooks.queues.register(queue)
        speaking.say(staff_words.AddressKinds, fields=("address_kind",))
        speaking.say(staff_words.LanguageNames, fields=("language", "notice_language"))
        for model, heading in staff_words.HEADINGS.items():
            speaking.head(model._meta.label, heading)
