"""Providers asked about documents: what they say, everything that may go wrong, and that nothing counts twice."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from kyc.base.check_outcomes import CheckOutcome
from kyc.cases.providers import http, registry
from kyc.cases.providers.bank import PennyDrop, sign
from kyc.cases.providers.pan import PanRegister
from kyc.cases.providers.responses import Answer, Standing
from kyc.cases.selectors import latest_checks
from kyc.cases.services import document_encryption
from kyc.models import Check, CheckEvidence, Document, Inquiry
from kyc.outcomes.notices import notice_of
from kyc.outcomes.services import deletion_requests
from kyc.review.services import provider_requests
from kyc.review.services.check_runs import run_plan
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import answers, clock
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import LostRace, NotFound, Unavailable
from portal.kernel.outbox.models import Message
from portal.kernel.registers.models import Contract, Disclosure, Recipient
from portal.kernel.vault.models import SubjectKey
from tests.kyc import documents
from tests.kyc.factories import answered, checked, firm, gst, proposed, uploaded
from tests.people.factories import CustomerFactory
from tests.registers.factories import registered_recipient, service_in_the_book
from tests.servers import registers
from tests.servers.registers import Registers, Turn, message

pytestmark = pytest.mark.usefixtures("same_process")
ACCOUNT = "50100012345678"
SAMPLES = Path(registers.__file__).parent / "samples"
VALID = {"pan_status": "E", "name": "Asha Rao", "dob": "Y", "seeding_status": "Y"}
FIRM = {"lgnm": "ACME FOODS", "tradeNam": "Acme", "ctb": "Partnership", "sts": "Active"}


@pytest.fixture
def outside(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Registers]:
    monkeypatch.setattr(http, "TIMEOUT", 0.4)
    monkeypatch.setattr(answers.consent_standing, "_answer", lambda **asked: "CR-7K4M-9QX2")
    service_in_the_book("digilocker", "gst-network", "pan-register", "penny-drop")
    with registers.running() as running:
        settings.KYC_PROVIDERS = running.settings()
        settings.OUTGOING_PRIVATE_HOSTS = [running.host]
        yield running


@pytest.fixture
def asha_rao(house: None) -> Any:
    return CustomerFactory(kind="individual", name="Asha Rao")


def pan_card(customer: Any, **changes: Any) -> Document:
    return checked(customer, declared={"name": "Asha Rao"}, **changes)


def cheque(customer: Any) -> Document:
    given = {"kind": "cancelled_cheque", "number": ACCOUNT, "data": documents.pdf(ACCOUNT)}
    return checked(customer, declared={"name": "Acme Foods", "ifsc": "HDFC0000001"}, **given)


def ask(document: Document, *, after: timedelta = timedelta(0)) -> str:
    return provider_requests.ask(document.inquiries.get().pk, now=clock.now() + after)


def said(document: Document) -> dict[str, tuple[str, str]]:
    asked = {"pan_status", "pan_name", "gstin_status", "gstin_name", "account_status", "account_name"}
    return {one.name: (one.outcome, one.reason) for one in latest_checks(document) if one.name in asked}


def post(body: bytes, headers: dict[str, str], *, provider: str = "bank") -> int:
    client = Client(raise_request_exception=False)
    path = f"/api/v1/kyc/providers/{provider}/answers"
    return client.post(path, body, content_type="application/json", headers=headers).status_code


def test_without_a_provider_the_check_is_unavailable_and_a_person_may_still_approve(individual, maker, checker):
    document = checked(individual)
    assert said(document) == dict.fromkeys(("pan_status", "pan_name"), ("UNAVAILABLE", "NOT_CONFIGURED"))
    assert not Inquiry.objects.exists()
    assert not Disclosure.objects.exists()
    answered(proposed(document, maker), checker)
    document.refresh_from_db()
    assert document.state == "approved"


def test_a_good_pan_passes_with_its_name_compared_by_the_rule(outside, asha_rao):
    outside.pans[documents.PAN] = {**VALID, "name": "RAO ASHA"}
    document = pan_card(asha_rao)
    assert ask(document) == "answered"
    assert said(document) == {"pan_status": ("PASS", ""), "pan_name": ("PASS", "")}
    row = document.checks.get(name="pan_status")
    assert (row.method, row.check_version, row.inquiry_ref) == ("registry", 1, document.inquiries.get().reference)


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        ("F", "FAIL", "PAN_FAKE"),
        ("X", "FAIL", "PAN_DEACTIVATED"),
        ("D", "FAIL", "PAN_DELETED"),
        ("N", "FAIL", "PAN_NOT_FOUND"),
        ("ED", "WARN", "PAN_EVENT"),
        ("EA", "WARN", "PAN_EVENT"),
        ("Q", "UNAVAILABLE", "PROVIDER_UNREADABLE"),
    ],
)
def test_each_status_of_a_pan_means_what_the_register_says(outside, asha_rao, status, outcome, reason):
    outside.pans[documents.PAN] = {**VALID, "pan_status": status}
    document = pan_card(asha_rao)
    ask(document)
    assert said(document)["pan_status"] == (outcome, reason)
    document.refresh_from_db()
    assert document.state == "checked"  # whatever is said, a person decides


def test_a_register_that_only_compares_is_believed_and_a_no_goes_to_a_person(outside, asha_rao):
    outside.pans[documents.PAN] = {**VALID, "name": "N", "seeding_status": "R"}
    document = pan_card(asha_rao)
    ask(document)
    assert said(document) == {"pan_status": ("WARN", "PAN_NOT_LINKED"), "pan_name": ("WARN", "REGISTERED_DIFFERS")}


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("registered", "outcome", "reason"),
    [
        ({"name": "ASHA RAO", "dob": "07/01/1990"}, "PASS", ""),
        ({"name": "ASHA RAO", "dob": "01/07/1990"}, "WARN", "REGISTERED_DIFFERS"),
        ({"name": "Y", "dob": "01/07/1990"}, "WARN", "REGISTERED_DIFFERS"),
        ({"name": "ASHA RAO", "dob": "N"}, "WARN", "REGISTERED_DIFFERS"),
        ({"name": "ASHA RAO", "dob": ""}, "PASS", ""),
        ({"name": "", "dob": "Y"}, "NOT_APPLICABLE", "NAME_NOT_GIVEN"),
        ({"name": "", "dob": "07/01/1990"}, "NOT_APPLICABLE", "NAME_NOT_GIVEN"),
        ({"name": "", "dob": "N"}, "WARN", "REGISTERED_DIFFERS"),
        ({"name": "", "dob": ""}, "NOT_APPLICABLE", "NAME_NOT_GIVEN"),
    ],
)
def test_a_date_of_birth_stands_for_no_name_and_another_one_goes_to_a_person_whatever_the_name_says(
    outside, asha_rao, registered, outcome, reason
):
    outside.pans[documents.PAN] = {**VALID, **registered}
    document = checked(asha_rao, declared={"name": "Asha Rao", "born_on": "1990-01-07"})
    ask(document)
    assert outside.asked[0][1]["inputData"][0]["dob"] == "07/01/1990"
    assert said(document)["pan_name"] == (outcome, reason)


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("registered", "outcome", "reason"),
    [
        ("ACME FOODS", "PASS", ""),
        ("M/s. Acme Foods", "PASS", ""),
        ("Acme Foods Private Limited", "WARN", "NAME_LEGAL_FORM"),
        ("Zenith Traders", "WARN", "NAME_DIFFERENT"),
    ],
)
def test_variants_of_a_registered_name_go_through_the_rule_of_names(outside, house, registered, outcome, reason):
    outside.gstins[documents.GSTIN] = {**FIRM, "lgnm": registered}
    document = checked(firm(name="Acme Foods"), make=gst)
    ask(document)
    assert said(document) == {"gstin_status": ("PASS", ""), "gstin_name": (outcome, reason)}


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        ("Active", "PASS", ""),
        ("Suspended", "WARN", "GSTIN_SUSPENDED"),
        ("Provisional", "WARN", "GSTIN_PROVISIONAL"),
        ("Cancelled", "FAIL", "GSTIN_CANCELLED"),
        ("Cancelled suo-moto", "FAIL", "GSTIN_CANCELLED"),
        ("On the moon", "UNAVAILABLE", "PROVIDER_UNREADABLE"),
    ],
)
def test_each_status_of_a_gst_number_means_what_the_network_says(outside, house, status, outcome, reason):
    outside.gstins[documents.GSTIN] = {**FIRM, "sts": status}
    document = checked(firm(name="Acme Foods"), make=gst)
    ask(document)
    assert said(document)["gstin_status"] == (outcome, reason)


def test_a_proprietor_goes_by_the_trade_name(outside, house):
    outside.gstins[documents.GSTIN] = {**FIRM, "lgnm": "ASHA RAO", "tradeNam": "Acme Foods", "ctb": "Proprietorship"}
    document = checked(firm("proprietor", name="Acme Foods"), make=gst)
    ask(document)
    assert said(document)["gstin_name"] == ("PASS", "")


FAULTS = {
    "busy": (Turn(429, headers={"Retry-After": "600"}), "PROVIDER_BUSY"),
    "down": (Turn(503), "PROVIDER_DOWN"),
    "broken": (Turn(500), "PROVIDER_DOWN"),
    "redirected": (Turn(302, headers={"Location": "http://169.254.169.254/"}), "PROVIDER_DOWN"),
    "our_key_is_wrong": (Turn(401), "PROVIDER_REFUSED"),
    "slow": (Turn(delay=1.0), "PROVIDER_DOWN"),
    "hangs_up": (Turn(hangs_up=True), "PROVIDER_DOWN"),
    "no_json": (Turn(body=b"<html>Bad gateway</html>"), "PROVIDER_UNREADABLE"),
    "cut_json": (Turn(body=b'{"outputData": [{"pan": "ABC'), "PROVIDER_UNREADABLE"),
    "deep_json": (Turn(body=b"[" * 60_000), "PROVIDER_UNREADABLE"),
    "empty": (Turn(body=b""), "PROVIDER_UNREADABLE"),
    "wrong_types": (Turn(body=b'{"outputData": [{"pan": 7, "pan_status": ["E"]}]}'), "PROVIDER_UNREADABLE"),
    "a_list": (Turn(body=b'["E"]'), "PROVIDER_UNREADABLE"),
    "nothing_in_it": (Turn(body=b'{"outputData": []}'), "PROVIDER_UNREADABLE"),
    "another_pan": (
        Turn(body=b'{"outputData": [{"pan": "ZZZPZ9999Z", "pan_status": "F"}]}'),
        "PROVIDER_UNREADABLE",
    ),
}


@pytest.mark.one_stack
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_a_provider_is_a_no_and_the_answer_still_comes(outside, asha_rao, fault):
    turn, reason = FAULTS[fault]
    outside.pans[documents.PAN] = VALID
    outside.turns.append(turn)
    document = pan_card(asha_rao)
    assert ask(document) == "due"
    assert said(document)["pan_status"] == ("UNAVAILABLE", reason)
    assert not document.checks.filter(outcome=CheckOutcome.FAIL).exists()
    assert not document.checks.filter(outcome=CheckOutcome.UNAVAILABLE).exclude(severity="info").exists()
    document.refresh_from_db()
    assert document.state == "checked"
    assert ask(document) == "taken"  # not before its pause is over
    assert ask(document, after=timedelta(hours=1)) == "answered"
    assert said(document)["pan_status"] == ("PASS", "")


def test_the_wait_that_a_provider_asks_for_is_kept(outside, asha_rao):
    outside.turns.append(Turn(429, headers={"Retry-After": "1800"}))
    document = pan_card(asha_rao)
    ask(document)
    assert ask(document, after=timedelta(minutes=29)) == "taken"
    assert provider_requests.sweep(now=clock.now() + timedelta(minutes=29)) == 0
    assert provider_requests.sweep(now=clock.now() + timedelta(minutes=31)) == 1


@pytest.mark.parametrize("status", [409, 422])
def test_a_request_that_is_wrong_for_good_is_given_up_and_left_to_a_person(outside, asha_rao, status):
    outside.turns.append(Turn(status))
    document = pan_card(asha_rao)
    assert ask(document) == "given_up"
    assert said(document)["pan_status"] == ("UNAVAILABLE", "PROVIDER_REFUSED")


def crashes(*given: Any) -> Any:
    raise RuntimeError("an answer that nobody thought of")


def test_a_question_whose_runs_all_crash_is_given_up_and_its_person_told_of_no_more(outside, asha_rao, monkeypatch):
    monkeypatch.setattr(PanRegister, "ask", crashes)
    document = pan_card(asha_rao)
    for step in range(provider_requests.MOST_TRIES):
        with pytest.raises(RuntimeError):
            ask(document, after=step * 2 * provider_requests.LEASE)
    later = provider_requests.MOST_TRIES * 2 * provider_requests.LEASE
    assert ask(document, after=later) == "given_up"
    assert said(document)["pan_status"] == ("UNAVAILABLE", "PROVIDER_DOWN")
    assert Disclosure.objects.count() == provider_requests.MOST_TRIES
    assert provider_requests.sweep(now=clock.now() + 2 * later) == 0


@pytest.mark.parametrize(("error", "left"), [(NotFound(), "given_up"), (Unavailable(), "due"), (LostRace(), "due")])
def test_a_no_of_ours_before_anything_was_sent_is_left_to_a_person_and_an_outage_is_tried_again(
    outside, asha_rao, monkeypatch, error, left
):
    def refuses(**given: Any) -> None:
        raise error

    monkeypatch.setattr(provider_requests, "disclose", refuses)
    document = pan_card(asha_rao)
    assert ask(document) == left
    assert said(document)["pan_status"] == ("UNAVAILABLE", "PROVIDER_DOWN")
    assert not outside.asked


def test_a_key_that_is_not_the_whole_key_is_let_in_nowhere(outside, asha_rao, settings):
    settings.KYC_PROVIDERS["pan"]["key"] = registers.KEY[:-1]
    outside.pans[documents.PAN] = VALID
    document = pan_card(asha_rao)
    assert ask(document) == "due"
    assert said(document)["pan_status"] == ("UNAVAILABLE", "PROVIDER_REFUSED")


def test_a_provider_that_stays_down_is_given_up_without_a_pile_of_rows(outside, asha_rao):
    outside.turns.extend(Turn(503) for _try in range(provider_requests.MOST_TRIES))
    document = pan_card(asha_rao)
    states = [ask(document, after=timedelta(hours=5 * step)) for step in range(provider_requests.MOST_TRIES)]
    assert states == ["due"] * (provider_requests.MOST_TRIES - 1) + ["given_up"]
    assert document.checks.filter(name="pan_status").count() == 1


def test_what_leaves_is_written_down_before_without_a_value(outside, asha_rao):
    outside.turns.append(Turn(hangs_up=True))
    document = pan_card(asha_rao)
    ask(document)
    row = Disclosure.objects.get()
    assert (row.recipient_code, row.fields) == ("pan-register", ["name", "pan"])
    assert (row.purpose, row.basis, row.subject_ref) == ("kyc_verification", "consent", document.subject_ref)
    event = AuditEvent.objects.get(kind="registers.disclosure.made")
    assert event.facts["disclosure"] == row.reference
    assert documents.PAN not in json.dumps([event.facts, row.fields, row.about])
    assert outside.asked[0][1]["inputData"][0]["pan"] == documents.PAN


def test_a_provider_without_a_contract_is_told_nothing_and_a_person_decides(outside, asha_rao):
    Contract.objects.filter(recipient_code="pan-register").update(
        valid_until=clock.day(clock.now()) - timedelta(days=1)
    )
    document = pan_card(asha_rao)
    assert ask(document) == "given_up"
    assert said(document)["pan_status"] == ("UNAVAILABLE", "NO_PAPERS")
    assert outside.asked == []
    assert not Disclosure.objects.exists()


def test_without_a_consent_that_stands_nobody_is_told_and_a_person_decides(outside, asha_rao, monkeypatch):
    monkeypatch.setattr(answers.consent_standing, "_answer", lambda **asked: "")
    document = pan_card(asha_rao)
    assert ask(document) == "given_up"
    assert set(said(document).values()) >= {("UNAVAILABLE", "NO_CONSENT")}
    assert not outside.asked
    assert not Disclosure.objects.exists()


def test_nobody_is_told_of_a_file_that_its_customer_wants_deleted(outside, asha_rao):
    document = pan_card(asha_rao)
    Document.objects.filter(pk=document.pk).update(deletion_asked_at=clock.now())
    assert ask(document) == "given_up"
    assert not outside.asked


def test_nobody_is_told_of_a_file_before_its_customer_sends_it(outside, individual):
    document = uploaded(individual)
    run_plan(document.pk, now=clock.now())
    assert not document.inquiries.exists()
    assert not outside.asked


def test_nobody_is_told_of_a_document_that_was_decided_meanwhile(outside, asha_rao, maker, checker):
    document = pan_card(asha_rao)
    answered(proposed(document, maker), checker)
    assert ask(document) == "given_up"
    assert not outside.asked
    assert not Disclosure.objects.exists()


def test_two_workers_ask_once(outside, asha_rao):
    outside.pans[documents.PAN] = VALID
    document = pan_card(asha_rao)
    assert [ask(document), ask(document)] == ["answered", "taken"]
    assert len(outside.asked) == 1


def test_an_answer_about_a_file_that_was_erased_while_it_came_is_not_written_down(
    outside, asha_rao, monkeypatch, django_capture_on_commit_callbacks
):
    outside.pans[documents.PAN] = VALID
    document = pan_card(asha_rao)
    ask_outside = provider_requests._asked

    def slow(*given):
        told = ask_outside(*given)
        with django_capture_on_commit_callbacks(execute=True):
            deletion_requests.erase_document(Document.objects.get(pk=document.pk), actor=SYSTEM, now=clock.now())
        return told

    monkeypatch.setattr(provider_requests, "_asked", slow)
    assert ask(document) == "answered"
    assert said(document) == {}
    assert not CheckEvidence.objects.exists()
    assert not SubjectKey.objects.filter(subject_ref=document.key_ref).exists()


def test_evidence_of_an_answer_is_sealed(outside, asha_rao):
    outside.pans[documents.PAN] = {**VALID, "name": "Asha K Rao"}
    document = pan_card(asha_rao)
    ask(document)
    check = document.checks.get(name="pan_name")
    assert (check.outcome, check.reason) == ("WARN", "NAME_MISSING_NAME")
    sealed = bytes(check.evidence.sealed)
    assert b"Asha" not in sealed
    found = json.loads(document_encryption.opened(document, sealed))
    assert found["registered_name"] == "Asha K Rao"


class TestPennyDrop:
    """Taken at once, told later."""

    @pytest.fixture
    def acme(self, house: None) -> Any:
        return firm(name="Acme Foods")

    @pytest.mark.parametrize(
        ("says", "word"),
        [(registers.GOES_ALONG, "valid"), (registers.GOES_ALONG, "active"), (registers.STORED, "active")],
    )
    def test_an_answer_that_comes_later_is_told_by_a_signed_message_and_twice_is_once(self, outside, acme, says, word):
        outside.says = says
        outside.accounts[ACCOUNT] = {"account_status": word, "registered_name": "ACME FOODS"}
        document = cheque(acme)
        assert ask(document) == "waiting"
        assert said(document)["account_status"] == ("UNAVAILABLE", "ANSWER_COMES_LATER")
        outside.finish()
        assert outside.tell(post, copies=3) == [200, 200, 200]
        assert said(document) == {"account_status": ("PASS", ""), "account_name": ("PASS", "")}
        assert document.checks.filter(name="account_status").count() == 2
        assert AuditEvent.objects.filter(kind="kyc.check.finished", facts__check="account_status").count() == 2

    @pytest.mark.parametrize("says", [registers.GOES_ALONG, registers.STORED])
    def test_completed_does_not_mean_valid(self, outside, acme, says):
        outside.says = says
        outside.accounts[ACCOUNT] = {"account_status": "invalid", "registered_name": None}
        document = cheque(acme)
        ask(document)
        outside.finish()
        outside.tell(post)
        assert said(document)["account_status"] == ("FAIL", "ACCOUNT_INVALID")

    @pytest.mark.parametrize("results", [{}, {"account_status": None}, {"account_status": "FROZEN"}])
    def test_completed_without_a_word_about_the_account_is_no_answer_and_we_look_again(self, outside, acme, results):
        outside.accounts[ACCOUNT] = results
        document = cheque(acme)
        ask(document)
        outside.finish()
        assert outside.tell(post) == [200]
        assert said(document)["account_status"] == ("UNAVAILABLE", "ANSWER_COMES_LATER")
        assert ask(document, after=timedelta(hours=1)) == "waiting"
        assert said(document)["account_status"] == ("UNAVAILABLE", "PROVIDER_UNREADABLE")
        validation = next(iter(outside.validations.values()))
        validation[outside.says] = {"account_status": "active", "registered_name": "Acme Foods"}
        assert ask(document, after=timedelta(hours=9)) == "answered"
        assert said(document)["account_status"] == ("PASS", "")

    def test_a_validation_that_failed_says_nothing_about_the_account(self, outside, acme):
        document = cheque(acme)
        ask(document)
        outside.finish(status="failed")
        outside.tell(post, copies=2)
        assert said(document)["account_status"] == ("UNAVAILABLE", "PROVIDER_DOWN")
        assert document.inquiries.get().state == "given_up"

    def test_a_message_that_is_not_signed_with_the_secret_changes_nothing(self, outside, acme):
        document = cheque(acme)
        ask(document)
        outside.finish()
        assert outside.tell(post, secret="another") == [401]
        body, headers = message(outside.seen(next(iter(outside.validations))))
        assert post(body.replace(b"invalid", b"active"), headers) == 401
        assert post(body, {}) == 401
        assert post(body, headers, provider="pan") == 401
        assert document.inquiries.get().state == "waiting"

    def test_a_signed_message_that_nobody_can_read_or_that_is_about_nothing_changes_nothing(self, outside, acme):
        document = cheque(acme)
        ask(document)
        for odd, answer in (
            ({"id": "fav_unknown", "status": "completed"}, 200),
            ({"id": 7, "status": "done"}, 422),
            ({"status": "created"}, 422),
        ):
            body, headers = message(odd)
            assert post(body, headers) == answer
        assert document.inquiries.get().state == "waiting"

    def test_a_message_that_is_quicker_than_the_answer_to_our_request_counts(self, outside, acme):
        outside.accounts[ACCOUNT] = {"account_status": "active", "registered_name": "Acme Foods"}
        outside.turns.append(Turn(hangs_up=True, takes=True))
        document = cheque(acme)
        assert ask(document) == "due"
        outside.finish()
        assert outside.tell(post) == [200]
        assert said(document)["account_status"] == ("PASS", "")
        assert ask(document, after=timedelta(hours=1)) == "taken"

    def test_asking_again_after_a_lost_answer_costs_no_second_penny(self, outside, acme):
        outside.turns.append(Turn(hangs_up=True, takes=True))
        document = cheque(acme)
        ask(document)
        assert ask(document, after=timedelta(hours=1)) == "waiting"
        assert len(outside.validations) == 1

    def test_a_request_that_is_still_at_work_there_is_asked_again_and_costs_no_second_penny(self, outside, acme):
        outside.turns.extend([Turn(hangs_up=True, takes=True), Turn(409)])
        document = cheque(acme)
        assert ask(document) == "due"
        assert ask(document, after=timedelta(hours=1)) == "due"
        assert said(document)["account_status"] == ("UNAVAILABLE", "ANSWER_COMES_LATER")
        assert ask(document, after=timedelta(hours=6)) == "waiting"
        assert len(outside.validations) == 1

    @pytest.mark.parametrize("sample", ["validation_goes_along", "validation_stored"])
    def test_a_message_in_either_form_that_the_bank_publishes_is_read(self, sample):
        """The members are those of its pages of November 2026, the values are invented."""
        body = (SAMPLES / f"{sample}.json").read_bytes()
        bank = PennyDrop("penny-drop", "https://bank.example", "id:secret", "7878780080316316", registers.SECRET)
        told = bank.read_message({"X-Razorpay-Signature": sign(body, registers.SECRET)}, body, now=clock.now())
        assert isinstance(told.outcome, Answer)
        assert (told.outcome.standing, told.outcome.name) == (Standing.GOOD, "Mira Okonjo")
        assert told.provider_reference.startswith("fav_")

    def test_where_no_message_comes_we_look(self, outside, acme):
        outside.accounts[ACCOUNT] = {"account_status": "active", "registered_name": "Acme Foods"}
        document = cheque(acme)
        ask(document)
        assert ask(document, after=timedelta(hours=1)) == "waiting"
        outside.finish()
        assert ask(document, after=timedelta(hours=9)) == "answered"
        assert Disclosure.objects.order_by("-pk").first().fields == ["provider_reference"]

    def test_a_no_that_comes_after_the_approval_is_told_to_staff_and_decides_nothing(
        self, outside, acme, maker, checker
    ):
        document = cheque(acme)
        ask(document)
        answered(proposed(document, maker), checker)
        outside.finish()
        outside.tell(post, copies=2)
        document.refresh_from_db()
        assert document.state == "approved"
        assert said(document)["account_status"] == ("FAIL", "ACCOUNT_INVALID")
        told = Message.objects.filter(kind="kyc.staff_answer_late").values_list("subject_ref", flat=True)
        assert sorted(told) == sorted([maker.subject.ref, checker.subject.ref])

    def test_without_the_branch_nobody_is_asked(self, outside, acme):
        given = {"kind": "cancelled_cheque", "number": ACCOUNT, "data": documents.pdf(ACCOUNT)}
        document = checked(acme, declared={"name": "Acme Foods"}, **given)
        assert said(document)["account_status"] == ("UNAVAILABLE", "VALUE_MISSING")
        assert not Inquiry.objects.exists()

    def test_an_answer_about_an_erased_document_leaves_nothing(self, outside, acme):
        document = cheque(acme)
        ask(document)
        outside.finish()
        before = Check.objects.count()
        Document.objects.filter(pk=document.pk).update(erased_at=clock.now())
        assert outside.tell(post) == [200]
        assert Check.objects.count() == before


def test_the_setting_is_held_against_what_each_provider_needs(outside, settings):
    def found() -> list[str]:
        return [each.msg for each in run_checks() if each.id == "kyc.E001"]

    assert found() == []
    settings.KYC_PROVIDERS = {"pan": {"url": "https://pan.example"}, "moon": {}}
    assert len(found()) == 2


def test_a_wrong_setting_asks_nobody_and_stops_no_customer(outside, asha_rao, settings):
    settings.KYC_PROVIDERS = {"pan": {"url": "https://pan.example"}, "digilocker": []}
    document = pan_card(asha_rao)
    assert said(document)["pan_status"] == ("UNAVAILABLE", "NOT_CONFIGURED")
    assert registry.digilocker() is None


def test_who_gets_data_and_stands_in_no_book_is_named(outside, house):
    def found() -> list[str]:
        return [each.msg.split()[1] for each in run_checks(databases=["default"]) if each.id == "kyc.W002"]

    Recipient.objects.all().delete()
    assert found() == ["bank", "digilocker", "gstin", "pan"]
    registered_recipient("pan-register")
    assert found() == ["bank", "digilocker", "gstin"]


def test_the_notice_before_a_document_names_who_is_told_and_nobody_where_nobody_is(outside, individual, settings):
    document = checked(individual)
    told = notice_of(document.case, "pan_card", now=clock.now()).who
    assert "With your consent we send the PAN and the name to pan-register" in told
    settings.KYC_PROVIDERS = {}
    assert "we send" not in notice_of(document.case, "pan_card", now=clock.now()).who
