import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from kyc import system_checks
from kyc.models import SignerKey, SignerProposal
from kyc.signatures.child_reader import KINDS
from kyc.signers import shipped_signers
from kyc.signers.services import signer_proposals
from portal.fronts.workplace import figures
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people.choices import Answer
from tests.kyc.signatures import vectors
from tests.kyc.test_commands import said
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import PASSWORD, staff_client

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SOURCE = "https://issuer.example/keys, seen on 25 November 2026"


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """The newest certificate that ships ends in February 2029: before its last 90 days nothing warns."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def first(house):
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def second(house):
    return StaffFactory(roles=["data_protection_officer"])


def propose(who, by: vectors.Issuer | None = None, **changes) -> SignerProposal:
    given = {"data": (by or vectors.issuer()).pem, "kinds": ["signed_pdf"], "source": SOURCE, **changes}
    return signer_proposals.propose(**given, actor=actor.staff(who.pk), now=clock.now())


def answer(proposal, who, **given) -> None:
    signer_proposals.answer(proposal, **{"approve": True, **given}, actor=actor.staff(who.pk), now=clock.now())


def is_trusted(by: vectors.Issuer) -> bool:
    return by.sha256 in {key.sha256 for key in signer_proposals.trusted()}


def test_what_ships_is_what_its_row_says():
    found = shipped_signers.shipped()
    assert len({one.key.sha256 for one in found}) == len(found) == 4
    assert all(one.key.kinds <= set(KINDS) and one.source and one.confidence in {"R", "U"} for one in found)
    assert all("NIQUE IDENTIFICATION" in one.key.certificate.subject.rfc4514_string().upper() for one in found)
    assert [one.key.sha256[:8] for one in found if one.key.was_valid(NOW)] == ["e0304b9e"]


def test_what_ships_is_loaded_once_and_what_was_ended_stays_ended(first, second):
    SignerKey.objects.all().delete()
    told = AuditEvent.objects.filter(kind="kyc.signer.added")
    before = told.count()
    assert signer_proposals.load_shipped(actor=actor.system("test")) == 4
    assert told.count() == before + 4
    row = SignerKey.objects.earliest("valid_until")
    answer(signer_proposals.propose_end(row, source=SOURCE, actor=actor.staff(first.pk), now=clock.now()), second)
    assert signer_proposals.load_shipped(actor=actor.system("test")) == 0
    assert row.sha256 not in {key.sha256 for key in signer_proposals.trusted()}


def test_a_certificate_is_trusted_once_another_person_agrees(first, second):
    proposal = propose(first)
    assert not is_trusted(vectors.issuer())
    with pytest.raises(NotAllowed):
        answer(proposal, first)
    answer(proposal, second)
    assert is_trusted(vectors.issuer())
    key = SignerKey.objects.get(sha256=vectors.issuer().sha256)
    assert (key.name, key.kinds, key.source) == ("DS Issuer 01", ["signed_pdf"], SOURCE)
    assert key.valid_until == datetime(2029, 2, 3, tzinfo=UTC)


def test_what_was_ended_can_be_trusted_again_and_for_other_documents(first, second):
    answer(propose(first), second)
    row = SignerKey.objects.get(sha256=vectors.issuer().sha256)
    answer(signer_proposals.propose_end(row, source=SOURCE, actor=actor.staff(first.pk), now=clock.now()), second)
    assert not is_trusted(vectors.issuer())
    answer(propose(first, kinds=["digilocker_xml", "signed_pdf"]), second)
    row.refresh_from_db()
    assert (row.ended_at, row.kinds) == (None, ["digilocker_xml", "signed_pdf"])


def test_a_refused_certificate_is_not_trusted_and_makes_room(first, second):
    proposal = propose(first)
    with pytest.raises(Refused):
        propose(first)
    answer(proposal, second, approve=False, reason="The fingerprint differs from the page.")
    assert not is_trusted(vectors.issuer())
    propose(first)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data": b"-----BEGIN CERTIFICATE-----"}, "CERTIFICATE"),
        ({"data": b""}, "CERTIFICATE"),
        ({"kinds": []}, "KINDS"),
        ({"kinds": ["pan_card"]}, "KINDS"),
        ({"source": " "}, "SOURCE"),
    ],
)
def test_a_proposal_that_cannot_be_judged_is_refused(first, changes, code):
    with pytest.raises(Refused) as refused:
        propose(first, **changes)
    assert refused.value.code == code


def test_a_reviewer_may_look_and_not_propose(house):
    reviewer = StaffFactory(roles=["kyc_maker"])
    with pytest.raises(NotAllowed):
        propose(reviewer)
    client = staff_client(reviewer)
    page = client.get(reverse("admin:kyc_signerkey_changelist")).content.decode()
    assert "DS Unique Identification Authority of India 06" in page
    assert client.get(reverse("admin:kyc_signerproposal_add")).status_code == 403


def test_two_people_import_a_certificate_through_the_pages(first, second):
    file = SimpleUploadedFile("issuer.cer", vectors.issuer().pem)
    client = staff_client(first)
    data = {"file": file, "kinds": ["signed_pdf"], "source": SOURCE}
    made = client.post(reverse("admin:kyc_signerproposal_add"), data, follow=True)
    page = made.content.decode()
    assert vectors.issuer().sha256 in page
    assert "You proposed this" in page or "Approve" not in page
    proposal = SignerProposal.objects.get()
    action = f"/admin/kyc/signerproposal/{proposal.pk}/do/approve/"
    client.post(action, {"answer": "1"})
    assert not is_trusted(vectors.issuer())
    staff_client(second).post(action, {"answer": "1"})
    proposal.refresh_from_db()
    assert (proposal.answer, is_trusted(vectors.issuer())) == (Answer.APPROVED, True)


def test_the_alarm_sounds_before_the_newest_certificate_ends(first, second, caplog):
    ends = SignerKey.objects.order_by("-valid_until").values_list("valid_until", flat=True)[0]
    assert signer_proposals.ending(now=ends - timedelta(days=91)) == []
    soon = signer_proposals.ending(now=ends - timedelta(days=89))
    assert {one.kind for one in soon} == {"aadhaar_offline_ekyc", "aadhaar_qr", "digilocker_xml", "eaadhaar_pdf"}
    assert signer_proposals.warn(now=ends - timedelta(days=89)) == 4
    longer = vectors.issuer("Next", NOW, ends + timedelta(days=365))
    answer(
        propose(first, longer, kinds=["aadhaar_qr", "aadhaar_offline_ekyc", "digilocker_xml", "eaadhaar_pdf"]), second
    )
    assert signer_proposals.ending(now=ends - timedelta(days=89)) == []


def test_the_alarm_is_a_numbered_check_a_figure_of_the_day_and_a_part_of_readiness(house, first, monkeypatch):
    assert system_checks.readiness() == ("signers", True, "none ends soon")
    assert system_checks.signers_end_soon(None, databases=["default"]) == []
    late = SignerKey.objects.order_by("-valid_until").values_list("valid_until", flat=True)[0] - timedelta(days=10)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert {found.id for found in system_checks.signers_end_soon(None, databases=["default"])} == {"kyc.W001"}
    assert system_checks.signers_end_soon(None) == []
    assert system_checks.readiness()[:2] == ("signers", True)
    assert "ends in" in system_checks.readiness()[2]
    shown = figures.signers_ending(first, late)
    assert (shown.tone, shown.is_words) == ("warn", True)
    monkeypatch.setattr(clock, "now", lambda: late + timedelta(days=30))
    assert system_checks.readiness()[2].endswith(" ended 20 days ago")


def test_a_kind_that_nobody_trusted_may_sign_is_a_numbered_check_and_said_by_readiness(house):
    assert system_checks.signers_are_trusted(None, databases=["default"]) == []
    SignerKey.objects.update(kinds=["aadhaar_qr"])
    found = system_checks.signers_are_trusted(None, databases=["default"])
    assert {one.id for one in found} == {"kyc.W003"}
    assert [one.msg.partition(":")[0] for one in found] == ["aadhaar_offline_ekyc", "digilocker_xml", "eaadhaar_pdf"]
    assert "none is trusted for aadhaar_offline_ekyc" in system_checks.readiness()[2]
    SignerKey.objects.update(ended_at=NOW)
    assert len(system_checks.signers_are_trusted(None, databases=["default"])) == 4
    assert system_checks.signers_are_trusted(None) == []


def test_the_command_proposes_and_cannot_answer(first, tmp_path, monkeypatch):
    file = tmp_path / "issuer.cer"
    file.write_bytes(vectors.issuer().pem)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    given = {"kinds": ["signed_pdf"], "source": SOURCE, "propose": first.email, "password_stdin": True}
    code, found = said("import_key", str(file), **given)
    assert (code, found["sha256"], is_trusted(vectors.issuer())) == (0, vectors.issuer().sha256, False)
    code, found = said("import_key")
    assert (len(found["keys"]), found["proposals"], found["ending"]) == (4, [SignerProposal.objects.get().pk], [])


@pytest.mark.parametrize("options", [{}, {"propose": "nobody@onesetu.example", "password_stdin": True}])
def test_the_command_wants_a_login_and_its_password(house, tmp_path, monkeypatch, options):
    file = tmp_path / "issuer.cer"
    file.write_bytes(vectors.issuer().pem)
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    with pytest.raises(CommandError):
        call_command("import_key", str(file), kinds=["signed_pdf"], source=SOURCE, **options)


def test_a_source_that_is_too_long_is_refused_in_words(first):
    with pytest.raises(Refused) as refused:
        propose(first, source="x" * 301)
    assert refused.value.code == "SOURCE"
    assert propose(first, source="x" * 300).pk
