from celery import shared_task

from kyc.base.models.cases import Case
from kyc.legacy_imports.services import legacy_import
from kyc.outcomes.services import case_status, deletion_requests
from kyc.qa_reviews.services import qa_reviews
from kyc.review.services import check_runs, kyc_renewals, ocr, provider_requests, signature_rechecks
from kyc.screening.services import screening
from kyc.signers.services import signer_proposals
from portal.kernel.core import clock
from portal.kernel.core.enqueue import enqueue


@shared_task
def check_document(document_id: int) -> None:
    check_runs.run_plan(document_id, now=clock.now())


@shared_task
def read_pictures(document_id: int) -> None:
    ocr.read(document_id)


@shared_task
def ask_provider(inquiry_id: int) -> None:
    provider_requests.ask(inquiry_id, now=clock.now())


@shared_task
def look_again(kinds: list[str]) -> None:
    signature_rechecks.signer_trusted(kinds, now=clock.now())


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
    check_runs.sweep(now=now)
    provider_requests.sweep(now=now)
    ocr.sweep(now=now)


@shared_task
def watch_signers() -> None:
    """Beat, daily: certificates that end soon, and documents that a lost nudge left behind a new one."""
    now = clock.now()
    signer_proposals.warn(now=now)
    signature_rechecks.sweep(now=now)


@shared_task
def settle_changed() -> None:
    case_status.settle_changed(now=clock.now())


@shared_task(ignore_result=True)
def renew(after: int = 0) -> int:
    """Beat: what is due again, and the notices of it. A full round calls for the one behind it at once."""
    done = kyc_renewals.sweep(now=clock.now(), after=after)
    if done.last is not None:
        enqueue("kyc.tasks.renew", done.last)
    return done.told


@shared_task
def draw_second_looks() -> None:
    qa_reviews.draw_due(now=clock.now())


@shared_task(ignore_result=True)
def end_old_take_overs() -> int:
    """Beat: destroy archives of old systems that nobody took in."""
    return legacy_import.sweep(now=clock.now())


@shared_task(ignore_result=True)
def end_what_was_held() -> int:
    """Beat, daily: a hold was released, and nothing else keeps what it had kept. Then what the release before left held without
    the state "removed" gets that state: the first night after an upgrade does the work, and every other finds none.
    """
    now = clock.now()
    return deletion_requests.end_what_was_held(now=now) + deletion_requests.remove_of_who_left(now=now)
