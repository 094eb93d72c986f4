"""A certificate that two people import later, and the documents that waited for it."""

import pytest

from kyc.models import SignerKey
from kyc.review.services import signature_rechecks
from kyc.review.services.document_uploads import why_not_now
from kyc.tasks import watch_signers
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from tests.kyc.signatures import vectors
from tests.kyc.signatures.test_signed_pdf import living
from tests.kyc.test_proving import ekyc, offline, outcomes, pinned, read_here, yesterday  # noqa: F401
from tests.kyc.test_signers import answer, first, propose, second  # noqa: F401

pytestmark = pytest.mark.usefixtures("same_process", "read_here")


@pytest.fixture(autouse=True)
def _nobody_is_pinned(pinned):  # noqa: F811
    SignerKey.objects.all().delete()


def card():
    return vectors.picture(vectors.code(vectors.card(reference=yesterday()), living()))


def imported(first, second, kinds=vectors.ALL):  # noqa: F811
    answer(propose(first, living(), kinds=list(kinds)), second)
    return signature_rechecks.signer_trusted(kinds, now=clock.now())


def test_a_card_whose_signer_was_unknown_is_read_again_from_its_kept_copy(individual, first, second):  # noqa: F811
    document = offline(individual, card(), kind="aadhaar_qr", extension="png", share_code="")
    assert outcomes(document)["signature"] == ("FAIL", "UNKNOWN_SIGNER")
    assert imported(first, second) == (1, 0)
    assert outcomes(document)["signature"] == ("PASS", "")
    assert list(document.checks.filter(name="signature").values_list("attempt", flat=True)) == [1, 2]
    assert signature_rechecks.signer_trusted(vectors.ALL, now=clock.now()) == (0, 0)
    assert document.checks.filter(name="signature").count() == 2


def test_of_a_file_that_was_not_kept_the_customer_is_told_once_and_may_send_it_again(
    individual,
    asha,
    first,  # noqa: F811
    second,  # noqa: F811
):
    document = offline(individual)
    assert outcomes(document)["signature"] == ("FAIL", "UNKNOWN_SIGNER")
    for _time in range(2):
        imported(first, second) if not SignerKey.objects.exists() else signature_rechecks.signer_trusted(
            vectors.ALL, now=clock.now()
        )
    assert Message.objects.filter(kind="kyc.signer_is_known").count() == 2  # by e-mail and in the dashboard
    assert why_not_now(document, now=clock.now()) == ""
    assert outcomes(offline(individual))["signature"] == ("PASS", "")


def test_what_a_lost_nudge_left_behind_a_new_certificate_is_looked_at_by_the_next_sweep(
    individual,
    asha,
    first,  # noqa: F811
    second,  # noqa: F811
):
    card_sent = offline(individual, card(), kind="aadhaar_qr", extension="png", share_code="")
    offline(individual)
    watch_signers()
    assert not Message.objects.filter(kind="kyc.signer_is_known").exists()
    answer(propose(first, living(), kinds=list(vectors.ALL)), second)
    for _twice in range(2):
        watch_signers()
    assert outcomes(card_sent)["signature"] == ("PASS", "")
    assert card_sent.checks.filter(name="signature").count() == 2
    assert Message.objects.filter(kind="kyc.signer_is_known").count() == 2  # by e-mail and in the dashboard


def test_a_certificate_for_other_documents_changes_nothing(individual, first, second):  # noqa: F811
    document = offline(individual, card(), kind="aadhaar_qr", extension="png", share_code="")
    assert imported(first, second, kinds=["signed_pdf"]) == (0, 0)
    assert document.checks.filter(name="signature").count() == 1


def test_two_people_who_trust_a_certificate_start_the_second_look(first, second, monkeypatch):  # noqa: F811
    sent = []
    monkeypatch.setattr(
        "kyc.signers.services.signer_proposals.enqueue", lambda name, *given: sent.append((name, *given))
    )
    answer(propose(first, living(), kinds=["aadhaar_qr"]), second, approve=False, reason="Not the published one.")
    assert sent == []
    answer(propose(first, living(), kinds=["aadhaar_qr"]), second)
    assert sent == [("kyc.tasks.look_again", ["aadhaar_qr"])]
