"""Letters are written after the commit of what they tell. Each task fetches its row again and may run twice."""

from importlib import import_module

from celery import shared_task
from django.conf import settings

from portal.fronts.signin import address_changes, change_rows, notifications, signin_history
from portal.kernel.core import clock
from portal.kernel.people.models import Invitation, MfaReset, OneTimeCode, SignIn
from portal.kernel.people.services import codes, invitations, signin_attempts

#: Rows that one task may take: a technical limit.
SWEEP = 500


@shared_task(name="portal.signin.tasks.send_code", ignore_result=True)
def send_code(code_id: int, language: str = "") -> bool:
    row = OneTimeCode.objects.filter(pk=code_id, used_at=None).first()
    return row is not None and notifications.code(row, language=language)


@shared_task(name="portal.signin.tasks.send_password_link", ignore_result=True)
def send_password_link(code_id: int) -> bool:
    row = OneTimeCode.objects.filter(pk=code_id, used_at=None).first()
    return row is not None and notifications.password_link(row)


@shared_task(name="portal.signin.tasks.note_wrong_code", ignore_result=True)
def note_wrong_code(number: int) -> bool:
    return signin_history.wrong_code(number)


@shared_task(name="portal.signin.tasks.note_waiting_wrong_codes", ignore_result=True)
def note_waiting_wrong_codes() -> int:
    """What a lost nudge left behind."""
    return sum(signin_history.wrong_code(number) for number in signin_history.waiting(now=clock.now(), limit=SWEEP))


@shared_task(name="portal.signin.tasks.send_invitation", ignore_result=True)
def send_invitation(invitation_id: int) -> bool:
    row = Invitation.objects.filter(pk=invitation_id, sent_at=None, accepted_at=None, cancelled_at=None).first()
    if row is None:
        return False
    notifications.invitation(row)
    return invitations.mark_sent(row, now=clock.now())


@shared_task(name="portal.signin.tasks.send_waiting_invitations", ignore_result=True)
def send_waiting_invitations() -> int:
    """What a lost nudge left behind."""
    waiting = invitations.unsent(now=clock.now())
    return sum(send_invitation(pk) for pk in waiting)


@shared_task(name="portal.signin.tasks.tell_new_device", ignore_result=True)
def tell_new_device(sign_in_id: int) -> None:
    row = SignIn.objects.select_related("user").filter(pk=sign_in_id).first()
    if row is not None:
        notifications.new_device(row)


@shared_task(name="portal.signin.tasks.finish_address_changes", ignore_result=True)
def finish_address_changes() -> int:
    return address_changes.finish_waiting(now=clock.now())


@shared_task(name="portal.signin.tasks.tell_mfa_reset", ignore_result=True)
def tell_mfa_reset(reset_id: int) -> None:
    row = MfaReset.objects.select_related("user").filter(pk=reset_id, answer="approved").first()
    if row is not None:
        notifications.mfa_reset(row)


@shared_task(name="portal.signin.tasks.sweep_codes", ignore_result=True)
def sweep_codes() -> int:
    return codes.sweep(now=clock.now()) + signin_attempts.sweep(now=clock.now())


@shared_task(name="portal.signin.tasks.sweep_address_changes", ignore_result=True)
def sweep_address_changes() -> int:
    return change_rows.sweep(now=clock.now())


@shared_task(name="portal.signin.tasks.sweep_sessions", ignore_result=True)
def sweep_sessions() -> None:
    """Delete sessions that are over, with what they held."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
