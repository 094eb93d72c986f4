from datetime import datetime

from celery import shared_task

from consent.broadcasts.services import dispatch
from consent.collection.services import consent_expiry, deferred_opt_outs, public_opt_outs
from consent.consent_imports.services import lifecycle
from consent.decisions.services import decision_keys, decision_log, post_opt_out_sends
from consent.notices.services import legacy_notices, policy_reminders
from consent.prompts.services import consent_renewals
from consent.records.services import projection
from portal.kernel.core import clock
from portal.kernel.core.enqueue import enqueue


@shared_task(ignore_result=True)
def end_what_is_over(last_at: str = "", last_number: int = 0) -> int:
    """Beat: record the end of consents whose agreed time is over. A full batch calls for the one behind it at once."""
    after = (datetime.fromisoformat(last_at), last_number) if last_at else None
    done = consent_expiry.end_what_is_over(now=clock.now(), after=after)
    if done.last is not None:
        at, number = done.last
        enqueue("consent.tasks.end_what_is_over", at.isoformat(), number)
    return done.ended


@shared_task(ignore_result=True)
def remind_who_ends_soon() -> int:
    """Beat: tell people before the end of what they agreed to. A full batch calls for the next one at once."""
    told = consent_renewals.remind_who_ends_soon(now=clock.now())
    if told == consent_renewals.MOST:
        enqueue("consent.tasks.remind_who_ends_soon")
    return told


@shared_task(ignore_result=True)
def seal_states() -> int:
    """Beat: seal what came into the projection without a seal, before it or from a release before it, and agrees."""
    return projection.seal_unsealed()


@shared_task(ignore_result=True)
def end_old_lists() -> None:
    """Beat: give up lists that nobody takes in, and destroy their files."""
    lifecycle.sweep(now=clock.now())


@shared_task(ignore_result=True)
def sum_up_answers() -> None:
    """Beat: commit to the single answers of each minute that is over, and note the key that signs them."""
    decision_log.sum_up(now=clock.now())
    decision_keys.note(now=clock.now())


@shared_task(ignore_result=True)
def give_late_notices() -> int:
    """Beat: the notice that is owed to who agreed before the law began. A full batch calls for the next one at once."""
    given = legacy_notices.give_late_notices(now=clock.now())
    if given == legacy_notices.MOST:
        enqueue("consent.tasks.give_late_notices")
    return given


@shared_task(ignore_result=True)
def find_sends_after_withdrawals() -> int:
    """Beat: compare what left, here and at sending systems, with what people had said."""
    return post_opt_out_sends.find(now=clock.now())


@shared_task(ignore_result=True)
def announce_what_is_due() -> None:
    """Beat: tell whoever came since of a change that is coming, and begin the reminder that the law asks for."""
    policy_reminders.sweep(now=clock.now())


@shared_task(ignore_result=True)
def send_stop_code(code_id: int, language: str) -> bool:
    """The code with which somebody may stop messages at an address."""
    return public_opt_outs.send_code(code_id, language=language, now=clock.now())


@shared_task(ignore_result=True)
def record_deferred_opt_outs() -> int:
    """Opt-outs that were kept on this machine while the database was away, where the process that kept them has gone since."""
    return deferred_opt_outs.record_waiting().taken


@shared_task(ignore_result=True)
def carry_on_broadcasts() -> int:
    """Beat: go on with every broadcast that is under way, for some seconds each. Returns how many turns were taken."""
    return dispatch.run_all(seconds=dispatch.SECONDS)
