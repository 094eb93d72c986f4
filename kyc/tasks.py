from celery import shared_task

from kyc.models.cases import Case
from kyc.services import (
    checking,
    inquiring,
    letting_go,
    reading_pictures,
    rechecking,
    renewing,
    screening,
    second_looks,
    settling,
    signers,
    taking_over,
)
from portal.core import clock
from portal.core.enqueue import enqueue


@shared_task
def check_document(document_id: int) -> None:
    checking.run_plan(document_id, now=clock.now())


@shared_task
def read_pictures(document_id: int) -> None:
    reading_pictures.read(document_id)


@shared_task
def ask_provider(inquiry_id: int) -> None:
    inquiring.ask(inquiry_id, now=clock.now())


@shared_task
def look_again(kinds: list[str]) -> None:
    rechecking.signer_trusted(kinds, now=clock.now())


@shared_task
def screen() -> None:
    """Beat, and each new edition of a sanctions list: a full round calls for the next at once."""
    if screening.screen_round(now=clock.now()):
        enqueue("kyc.tasks.screen")


@shared_task
def screen_case(case_id: int) -> None:
    case = Case.objects.select_related("customer").filter(pk=case_id).first()
    if case is not None:
        screening.screen_case(case, now=clock.now())


@shared_task
def sweep() -> None:
    now = clock.now()
    checking.sweep(now=now)
    inquiring.sweep(now=now)
    reading_pictures.sweep(now=now)


@shared_task
def watch_signers() -> None:
    """Beat, daily: certificates that end soon, and documents that a lost nudge left behind a new one."""
    now = clock.now()
    signers.warn(now=now)
    rechecking.sweep(now=now)


@shared_task
def settle_changed() -> None:
    settling.settle_changed(now=clock.now())


@shared_task(ignore_result=True)
def renew(after: int = 0) -> int:
    """Beat: what is due again, and the notices of it. A full round calls for the one behind it at once."""
    done = renewing.sweep(now=clock.now(), after=after)
    if done.last is not None:
        enqueue("kyc.tasks.renew", done.last)
    return done.told


@shared_task
def draw_second_looks() -> None:
    second_looks.draw_due(now=clock.now())


@shared_task(ignore_result=True)
def end_old_take_overs() -> int:
    """Beat: destroy archives of old systems that nobody took in."""
    return taking_over.sweep(now=clock.now())


@shared_task(ignore_result=True)
def end_what_was_held() -> int:
    """Beat, daily: a hold was released, and nothing else keeps what it had kept. Then what the release before left held without
    the state "removed" gets that state: the first night after an upgrade does the work, and every other finds none.
    """
    now = clock.now()
    return letting_go.end_what_was_held(now=now) + letting_go.remove_of_who_left(now=now)
