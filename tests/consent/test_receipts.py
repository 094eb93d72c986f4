"""Receipts: genuine or not, whether they still count, and what two standards' views say of them."""

import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import jsonschema
import pikepdf
import pytest
import time_machine
from django.core.management import CommandError
from django.utils import translation

from consent.base.choices import Answer, Way
from consent.models import ConsentEvent, Notice
from consent.records.pdfs import receipt_pdf
from consent.records.rules import receipt_extraction, receipt_standards
from consent.records.selectors import receipt_context
from consent.records.services import consent_events, receipts
from consent.records.services.addresses import Address
from consent.records.services.receipts import Freshness
from consent.suppressions.services.undos import undo_stop
from consent.suppressions.services.withdrawals import stop_all_promotional
from portal.kernel.core import actor, clock
from portal.kernel.ledger import notes, services, tree
from portal.kernel.ledger.models import Entry, Head
from portal.kernel.ledger.receipts import Receipt, read_receipt, write_receipt
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA, ASHA_PHONE, person, published_notice, said
from tests.consent.worlds import block
from tests.ledger.test_commands import answer
from tests.registers.factories import company_in_force, officer_in_office, registered_recipient
from tests.shipped import every_rule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("law")]

SCHEMA = json.loads((Path(__file__).parents[1] / "data" / "kantara_consent_receipt_1_1.json").read_text())
NOW = datetime(2027, 2, 3, 12, tzinfo=clock.IST)
POLICY, CHOICES = "https://portal.example/privacy/policies/", "https://portal.example/privacy/preferences/"


@pytest.fixture(autouse=True)
def noon():
    """The day of a run must not matter, nor whether it passes midnight in India meanwhile."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def asha():
    published_notice()
    return person()


def sealed(who, answer, **changes) -> ConsentEvent:
    event = said(who, answer, **changes)
    assert receipts.seal(event.receipt)
    return ConsentEvent.objects.select_related("entry__leaf").get(pk=event.pk)


def view_of(event):
    proof = receipts.file_for(event).decode()
    return receipt_context.shown(
        event, proof=proof, vkey=services.verifier().vkey, policy_url=POLICY, withdraw_url=CHOICES
    )


def test_row_17_an_old_yes_that_is_shown_after_a_withdrawal_is_superseded(asha):
    """The proof holds for ever; whether the answer counts is another question, and is answered with it."""
    data = receipts.file_for(sealed(asha, "given"))
    assert receipts.check(data).freshness == Freshness.LATEST
    withdrawn = sealed(asha, "withdrawn", occurred_at=clock.now())
    old, new = receipts.check(data), receipts.check(receipts.file_for(withdrawn))
    assert (old.genuine, old.answer, old.freshness, old.superseded) == (True, "given", Freshness.SUPERSEDED, True)
    assert (new.genuine, new.answer, new.freshness, new.superseded) == (True, "withdrawn", Freshness.LATEST, False)


def test_an_answer_to_another_question_supersedes_nothing(asha):
    data = receipts.file_for(sealed(asha, "given"))
    sealed(asha, "withdrawn", channel="email")
    sealed(asha, "denied", purpose="analytics", channel="none")
    assert receipts.check(data).freshness == Freshness.LATEST


def test_a_yes_whose_time_is_over_has_ended_also_before_the_sweep(asha):
    event = sealed(asha, "given")
    data = receipts.file_for(event)
    assert event.expires_at is not None
    with time_machine.travel(event.expires_at, tick=False):
        assert receipts.check(data).freshness == Freshness.ENDED


def test_a_record_that_we_erased_is_genuine_and_we_say_that_we_know_no_more(asha, ledger_alone, monkeypatch):
    event = sealed(asha, "given")
    data = receipts.file_for(event)
    monkeypatch.setattr(ConsentEvent.objects, "filter", lambda **kwargs: ConsentEvent.objects.none())
    checked = receipts.check(data)
    assert (checked.genuine, checked.freshness, checked.superseded) == (True, Freshness.ERASED, False)


def test_a_receipt_of_another_kind_of_record_is_none_of_a_consent(asha):
    sealed(asha, "given")
    genesis = services.receipt_for(Entry.objects.get(leaf__index=0))
    assert receipts.check(genesis).reason == "NOT_A_CONSENT"


def test_a_receipt_that_our_key_signed_over_another_tree_stops_signing(asha):
    """Check X2: only the holder of the key can have made it."""
    taken = read_receipt(receipts.file_for(sealed(asha, "given")))
    signer = services.signer()
    note = notes.sign_note(notes.TreeHead(signer.name, 1, taken.leaf).text, [signer])
    forged = write_receipt(Receipt(taken.salt, taken.payload, 0, (), note))
    checked = receipts.check(forged)
    assert (checked.genuine, checked.reason) == (False, "The receipt is in another tree than ours: a fork.")
    assert Head.objects.get().stopped_by == "X2"


def test_a_receipt_over_more_entries_than_were_ever_here_stops_signing(asha):
    taken = read_receipt(receipts.file_for(sealed(asha, "given")))
    signer = services.signer()
    path = (b"\x01" * 32,) * 4
    root = tree.root_from_inclusion(taken.leaf, index=7, size=16, path=path)
    note = notes.sign_note(notes.TreeHead(signer.name, 16, root).text, [signer])
    assert not receipts.check(write_receipt(Receipt(taken.salt, taken.payload, 7, path, note))).genuine
    assert Head.objects.get().stopped_by == "X2"


def test_what_our_key_did_not_sign_stops_nothing(asha):
    taken = read_receipt(receipts.file_for(sealed(asha, "given")))
    stranger = notes.Signer(services.signer().name, b"\x09" * 32)
    note = notes.sign_note(notes.TreeHead(stranger.name, 1, taken.leaf).text, [stranger])
    assert not receipts.check(write_receipt(Receipt(taken.salt, taken.payload, 0, (), note))).genuine
    assert Head.objects.get().stopped_at is None


def test_the_json_form_opens_its_leaf_and_says_whether_it_counts(asha):
    event = sealed(asha, "given")
    body = json.loads(json.dumps(receipts.document(event, now=clock.now())))
    assert body["format"] == "onesetu-receipt/1"
    assert body["record"]["event_id"] == str(event.entry.event_id)
    assert body["ledger"]["leaf"] == bytes(event.entry.leaf_hash).hex()
    assert body["ledger"]["index"] == event.entry.index < body["ledger"]["size"]
    assert body["status"]["freshness"] == "latest"
    assert services.verify_receipt(body["proof"].encode(), body["ledger"]["vkey"]).ok
    sealed(asha, "withdrawn", occurred_at=clock.now())
    assert receipts.document(event, now=clock.now())["status"]["freshness"] == "superseded"


@pytest.mark.parametrize("is_complete", [True, False])
def test_a_kantara_receipt_validates_against_its_field_table(asha, is_complete):
    if is_complete:
        company_in_force()
        officer_in_office()
    body = receipt_standards.kantara(view_of(sealed(asha, "given")))
    jsonschema.validate(body, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert (body["piiControllers"][0]["email"] == "not recorded") is not is_complete
    assert body["consentTimestamp"] == int(ConsentEvent.objects.get().occurred_at.timestamp())
    assert body["services"][0]["purposes"][0]["piiCategory"] == ["name", "contact"]


@pytest.mark.parametrize(
    "bend",
    [
        lambda body: body.pop("policyUrl"),
        lambda body: body.update(consentTimestamp=body["consentTimestamp"] * 1000),
        lambda body: body.update(consentTimestamp="2026-11-25T10:00:00Z"),
        lambda body: body["services"][0]["purposes"][0].update(thirdPartyDisclosure=True),
        lambda body: body["piiControllers"][0].pop("address"),
        lambda body: body.update(spiCat=None),
    ],
)
def test_the_field_table_refuses_what_others_get_wrong(asha, bend):
    body = receipt_standards.kantara(view_of(sealed(asha, "given")))
    bend(body)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_third_parties_are_named_where_there_are_some(asha):
    shown = replace(view_of(sealed(asha, "given")), recipients=(("Carrier Ltd", "IN"), ("Mail Ltd", "DE")))
    body = receipt_standards.kantara(shown)
    jsonschema.validate(body, SCHEMA)
    assert body["services"][0]["purposes"][0]["thirdPartyName"] == "Carrier Ltd, Mail Ltd"
    assert [one["dpv:hasName"] for one in receipt_standards.iso27560(shown)["dpv:hasRecipient"]] == [
        "Carrier Ltd",
        "Mail Ltd",
    ]


def test_a_no_has_no_kantara_receipt(asha):
    with pytest.raises(ValueError, match="yes"):
        receipt_standards.kantara(view_of(sealed(asha, "denied")))


def test_for_a_client_the_client_is_the_controller_and_we_are_reached_on_its_behalf(asha):
    company_in_force()
    Fiduciary.objects.create(code="acme", name="Acme Ltd", created_at=clock.now())
    shown = view_of(sealed(asha, "given", fiduciary="acme"))
    controller = receipt_standards.kantara(shown)["piiControllers"][0]
    assert (controller["piiController"], controller["onBehalf"]) == ("Acme Ltd", True)
    assert controller["email"] != "not recorded"
    body = receipt_standards.iso27560(shown)
    assert body["dpv:hasDataController"]["dpv:hasName"] == "Acme Ltd"
    assert body["dpv:hasDataProcessor"]["dpv:hasIdentifier"] == "onesetu"


#: The mandatory fields of ISO/IEC TS 27560 as the W3C guide tabulates them, by their DPV relation.
MANDATORY = [
    "dct:conformsTo",
    "dct:identifier",
    "dpv:hasDataSubject",
    "dpv:hasNotice",
    "dct:language",
    "dpv:hasPurpose",
    "dpv:hasPersonalData",
    "dpv:hasDataController",
    "dpv:hasStorageCondition",
    "dpv:hasJurisdiction",
    "dpv:hasRecipient",
    "dpv:hasConsentControl",
    "dct:date",
    "dct:valid",
    "dpv:isImplementedByEntity",
    "dpv:hasLegalBasis",
    "dpv:hasConsentStatus",
]


@pytest.mark.parametrize(
    ("answer", "status"),
    [("given", "ConsentGiven"), ("denied", "ConsentRefused"), ("renewed", "RenewedConsentGiven")],
)
def test_the_iso_view_has_every_mandatory_field_and_the_word_for_the_answer(asha, answer, status):
    every_rule()
    company_in_force()
    if answer == "renewed":
        said(asha, "given")
    body = json.loads(json.dumps(receipt_standards.iso27560(view_of(sealed(asha, answer, occurred_at=clock.now())))))
    assert [name for name in MANDATORY if name not in body] == []
    assert body["dpv:hasConsentStatus"] == {"@id": f"dpv:{status}"}
    assert body["dct:conformsTo"] == {"@id": "https://w3id.org/dpv/schema/dpv-27560#receipt"}
    assert {one["@type"] for one in body["dpv:hasPersonalData"]} == {"pd:Name", "pd:Contact"}
    party = body["dpv:hasDataController"]
    assert all(party[name] for name in ("dpv:hasIdentifier", "dpv:hasAddress", "dpv:hasName", "dpv:hasContact"))
    used = {name.partition(":")[0] for name in body if ":" in name}
    assert used <= set(body["@context"])
    assert body["dpv:hasStorageCondition"][1]["dpv:hasDuration"] == "P3Y"


def test_no_view_names_the_person(asha):
    event = sealed(asha, "given", channel="email")
    shown = view_of(event)
    documents = (
        receipt_standards.kantara(shown),
        receipt_standards.iso27560(shown),
        receipts.document(event, now=clock.now()),
    )
    for body in documents:
        text = json.dumps(body)
        assert ASHA not in text
        assert ASHA_PHONE not in text
        assert "Asha" not in text


def test_the_pdf_carries_the_receipt_file_and_its_code(asha):
    event = sealed(asha, "given")
    proof = receipts.file_for(event)
    pdf = receipt_pdf(event, proof=proof, address="https://portal.example/v/", at=clock.now() + timedelta(minutes=1))
    assert pdf.startswith(b"%PDF-")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        (name,) = opened.attachments
        assert name == f"{event.receipt.reference}.tlog-proof"
        assert opened.attachments[name].get_file().read_bytes() == proof
        assert len(opened.pages) <= 2


def test_the_paper_about_an_undo_says_what_it_restored_and_not_that_an_answer_ended(asha, monkeypatch):
    done = stop_all_promotional(subject_ref=asha.subject.ref, actor=actor.SYSTEM)
    undone = undo_stop(receipt=done.receipt, actor=actor.SYSTEM)
    assert receipts.seal(undone.receipt)
    printed = []
    monkeypatch.setattr(
        "portal.kernel.core.typst_pdf.typeset", lambda _template, words, *_inputs: printed.append(words["rows"]) or b""
    )
    receipt_pdf(ConsentEvent.objects.get(pk=undone.events[0].pk), proof=b"", address="", at=clock.now())
    assert "No choice made, as before the stop" in [value for _name, value in printed[0]]


@pytest.mark.parametrize(("language", "title"), [("en", "What we ask, version 1"), ("mr", "आम्ही काय विचारतो, आवृत्ती 1")])
def test_the_paper_names_the_text_in_the_readers_language(asha, monkeypatch, language, title):
    Notice.objects.update(title="What we ask")
    printed = []
    monkeypatch.setattr(
        "portal.kernel.core.typst_pdf.typeset", lambda _template, words, *_inputs: printed.append(words["rows"]) or b""
    )
    event = sealed(asha, "given")
    with translation.override(language):
        receipt_pdf(event, proof=receipts.file_for(event), address="https://portal.example/v/", at=clock.now())
    assert f"{title}, SHA-256 {event.notice_sha256}" in [value for _name, value in printed[0]]


def test_a_receipt_too_long_for_a_code_is_attached_only(asha):
    event = sealed(asha, "given")
    proof = receipts.file_for(event) + b"\n" * 3_000
    assert receipt_pdf(event, proof=proof, address="https://portal.example/v/", at=clock.now()).startswith(b"%PDF-")


def test_the_recipients_of_the_day_stand_in_the_views(asha):
    registered_recipient("dialer-one", purposes=["marketing"])
    registered_recipient("mailer-two", purposes=["billing"], url="https://mailer.example/hook")
    shown = view_of(sealed(asha, "given", occurred_at=clock.now()))
    assert len(shown.recipients) == 1
    jsonschema.validate(receipt_standards.kantara(shown), SCHEMA)


def test_the_command_takes_the_reference_that_people_see_and_asks_which_of_several_answers(asha, tmp_path):
    out = tmp_path / "mine.tlog-proof"
    event = sealed(asha, "given")
    for typed in (event.receipt.reference, event.receipt.reference.lower().replace("-", " ")):
        code, body = answer("receipt", typed, out=out)
        assert (code, body["event_id"], out.read_bytes()) == (0, str(event.entry.event_id), receipts.file_for(event))
    place = Address(event.address_kind, (bytes(event.address_key),), is_verified=event.address_verified)
    two = consent_events.record_all(
        subject_ref=asha.subject.ref,
        fiduciary=event.fiduciary,
        choices=[
            consent_events.Choice(place, "marketing", "sms", Answer.WITHDRAWN),
            consent_events.Choice(place, "product_updates", "sms", Answer.DENIED),
        ],
        way=Way.PAGE,
        occurred_at=clock.now(),
        actor=actor.SYSTEM,
    )
    assert receipts.seal(two.receipt)
    with pytest.raises(CommandError, match="Add --number 1 to 2") as several:
        answer("receipt", two.receipt.reference, out=out)
    assert several.value.returncode == 2
    for number, one in enumerate(two.receipt.events.order_by("pk"), 1):
        body = answer("receipt", two.receipt.reference, out=out, number=number)[1]
        assert body["event_id"] == str(one.entry.event_id)
    with pytest.raises(CommandError, match="from 1 to 2"):
        answer("receipt", two.receipt.reference, out=out, number=3)


def test_the_command_takes_the_receipt_of_what_is_blocked(asha, tmp_path):
    receipt = block(asha.subject.ref, modes=["sms"])
    assert receipts.seal(receipt)
    change = receipt.preference_changes.get()
    body = answer("receipt", receipt.reference, out=tmp_path / "mine.tlog-proof")[1]
    assert body["event_id"] == str(change.entry.event_id)


def test_a_json_form_whose_readable_part_was_changed_is_not_genuine_whatever_its_proof_says(asha):
    event = sealed(asha, "denied")
    body = receipts.document(event, now=clock.now())
    assert receipts.check(json.dumps(body).encode()).genuine
    changed = (
        {"receipt": "OS-CR-0000-0000"},
        {"record": {**body["record"], "event": "given"}},
        {"ledger": {**body["ledger"], "index": 0}},
        {"note": "She agreed to everything."},
    )
    for lie in changed:
        checked = receipts.check(json.dumps({**body, **lie}).encode())
        assert (checked.genuine, checked.reason) == (False, "ALTERED"), lie
    twice = json.dumps(body).replace('"record": {', '"record": {"event": "given"}, "record": {', 1)
    assert receipts.check(twice.encode()).reason == "ALTERED"


def test_a_proof_inside_a_file_that_nobody_can_compare_says_so(asha):
    event = sealed(asha, "given")
    proof = receipts.file_for(event)
    pdf = receipt_pdf(event, proof=proof, address="https://portal.example/", at=clock.now())
    kantara = json.dumps(receipt_standards.kantara(view_of(event))).encode()
    inside = [receipts.check(data).is_inside for data in (proof, pdf, kantara)]
    assert inside == [False, True, True]


def test_every_kind_of_receipt_has_a_json_form_that_holds_without_us(asha, tmp_path):
    receipt = block(asha.subject.ref, modes=["sms"])
    assert receipts.seal(receipt)
    path = tmp_path / "mine.json"
    for said_then in (sealed(asha, "given"), receipt.preference_changes.get()):
        path.write_text(json.dumps(receipts.document(said_then, now=clock.now())))
        code, body = answer("verify_receipt", path, vkey=services.verifier().vkey)
        assert (code, body["unproved"]) == (0, ["status", "ledger.witnesses"])


def test_a_form_of_exactly_the_largest_size_is_read_and_one_byte_more_is_not(asha):
    body = json.dumps(receipts.document(sealed(asha, "given"), now=clock.now())).encode()
    assert receipt_extraction.proof_in(body.ljust(receipt_extraction.LARGEST)) is not None
    assert receipt_extraction.proof_in(body.ljust(receipt_extraction.LARGEST + 1)) is None
