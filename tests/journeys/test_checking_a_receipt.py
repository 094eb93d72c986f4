"""A receipt is checked by posting it, by the reader's own browser, and by a file on a disk without a network."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page

from consent.records.services import receipts
from portal.kernel.core import clock
from portal.kernel.ledger import notes
from portal.kernel.ledger import services as ledger
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.journeys.browsing import NARROW
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: What a page says in each language: genuine, superseded, the button.
WORDS = {
    "en": ("This receipt is genuine", "Superseded", "Check the receipt"),
    "hi": ("यह रसीद असली है", "", "रसीद जाँचें"),
    "mr": ("ही पावती खरी आहे", "", "पावती तपासा"),
}


@pytest.fixture
def asha(transactional_db):
    law_is_loaded()
    published_notice(text="May we send you offers? You can change this any time.")
    asha = person(email=None)
    CustomerUserFactory(email="asha@acme.example", principal=asha)
    return asha


@pytest.fixture
def proof(asha, tmp_path) -> Path:
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    path = tmp_path / "mine.tlog-proof"
    path.write_bytes(receipts.file_for(event))
    hers = customer_client(asha.user)
    for form in ("receipt.json", "receipt.pdf"):
        path.with_name(form).write_bytes(hers.get(f"/privacy/consents/{event.receipt.reference}/1/{form}").content)
    path.with_name("empty.pdf").write_bytes(b"%PDF-1.7")
    return path


def bent(path: Path) -> Path:
    """The same receipt with one digit of its content changed."""
    other = path.with_name("bent.tlog-proof")
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    other.write_bytes(bytes(data))
    return other


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_anybody_posts_a_receipt_and_reads_the_answer_in_their_language(window, asha, proof, language):
    anybody = window(narrow=True)
    name = settings.LANGUAGE_COOKIE_NAME
    anybody.context.add_cookies([{"name": name, "value": language, "url": anybody.origin}])
    page = anybody.goes_to("/privacy/check/")
    assert page.locator("html").get_attribute("lang") == language
    page.set_input_files("input[type=file]", str(proof))
    page.locator("main form button").first.click()
    anybody.looks()
    told = page.locator("main [role=status]").inner_text()
    assert WORDS[language][0] in told
    assert ASHA_PHONE[-4:] not in told
    said(asha, "withdrawn", occurred_at=clock.now())
    page.locator("textarea").fill(proof.read_text())
    page.locator("main form button").first.click()
    anybody.looks()
    assert page.locator("main .note.warn strong").count() == 1
    page.set_input_files("input[type=file]", str(bent(proof)))
    page.locator("main form button").first.click()
    anybody.looks()
    assert page.locator("main [role=alert]").count() == 1


def test_the_owner_keeps_the_receipt_in_each_form(window, asha, proof):
    her = window()
    her.signs_in_with(customer_client(asha.user))
    page = her.goes_to("/privacy/consents/")
    page.locator("a.reference").first.click()
    her.looks()
    page.locator("summary", has_text="Other forms").click()
    for name, start in (
        ("Download the receipt file", b"c2sp.org/tlog-proof"),
        ("Download as PDF", b"%PDF-"),
        ("JSON", b"{"),
        ("Kantara", b"{"),
        ("ISO/IEC TS 27560", b"{"),
    ):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).first.click()
        assert download.value.path().read_bytes().startswith(start), name


def test_the_printed_receipt_holds_the_exact_words_that_were_asked(window, asha, proof):
    her = window()
    her.signs_in_with(customer_client(asha.user))
    page = her.goes_to("/privacy/consents/")
    page.locator("a.reference").first.click()
    words = page.locator("blockquote").first
    assert not words.evaluate("words => words.checkVisibility()")
    page.emulate_media(media="print")
    assert words.evaluate("words => words.checkVisibility()")
    assert not page.get_by_role("button", name="Withdraw this consent").first.is_visible()


def altered(path: Path) -> dict[str, str]:
    """JSON forms that say something else than their proof, and one that another program wrote anew."""
    text = path.read_text()
    body = json.loads(text)
    record, ledger_part = body["record"], body["ledger"]
    return {
        "rewritten": json.dumps(body, separators=(",", ":"), sort_keys=True),
        "answer": json.dumps({**body, "record": {**record, "event": "denied"}}),
        "reference": json.dumps({**body, "receipt": "OS-CR-0000-0000"}),
        "place": json.dumps({**body, "ledger": {**ledger_part, "index": 0}}),
        "key": json.dumps({**body, "ledger": {**ledger_part, "vkey": "x"}}),
        "more": json.dumps({**body, "note": "They agreed to everything."}),
        "less": json.dumps({name: body[name] for name in body if name != "status"}),
        "number": json.dumps({**body, "record": {**record, "v": float(record["v"])}}),
        "twice": text.replace('"record": {', '"record": {"event": "denied"}, "record": {', 1),
        "pairs": json.dumps({**body, "record": [[name, value] for name, value in sorted(record.items())]}),
    }


def check_here(page: Page, proof: Path | None = None, *, text: str = "") -> str:
    """Fill the form of the verifier and return what is shown."""
    if proof is not None:
        page.set_input_files("#verifier-file", str(proof))
    page.locator("#verifier-pasted").fill(text)
    page.locator("#verifier button").click()
    page.locator("#result:focus").wait_for()
    return page.locator("#result").inner_text()


def the_verifier_holds(page: Page, proof: Path) -> None:
    said_there = check_here(page, proof)
    assert "The receipt is valid" in said_there
    assert '"event": "given"' in said_there
    assert ledger.verifier().name in said_there
    assert page.locator("#result-record").is_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert "does not hold" in check_here(page, bent(proof))
    assert page.locator("#result-record").is_hidden()
    keys = page.locator("#verifier-vkeys")
    right = keys.input_value()
    keys.fill(notes.Signer(ledger.verifier().name, b"\x03" * 32).verifier.vkey)
    assert "not signed by the key given" in check_here(page, proof)
    keys.fill(right[:-4])
    assert "A key is damaged" in check_here(page, proof)
    keys.fill("")
    assert "No signature was checked" in check_here(page, proof)
    keys.fill(right)
    page.locator("#verifier-file").evaluate("field => { field.value = ''; }")
    assert "The receipt is valid" in check_here(page, text=proof.read_text())
    told = check_here(page, proof.with_name("receipt.json"))
    assert "The receipt is valid" in told
    assert "our word alone" in told
    assert page.locator("#result-beside").is_hidden()
    told = check_here(page, proof.with_name("receipt.pdf"))
    assert "The receipt inside this file is valid" in told
    assert "was not compared with it" in told
    assert "nothing in it was changed" not in told
    for name, data in altered(proof.with_name("receipt.json")).items():
        path = proof.with_name(f"{name}.json")
        path.write_text(data)
        told = check_here(page, path)
        assert ("says something else than what is proved" in told) == (name != "rewritten"), name
        assert page.locator("#result-record").is_visible() == (name == "rewritten"), name
    assert "No receipt could be read out of this PDF" in check_here(page, proof.with_name("empty.pdf"))
    page.locator("#verifier-file").evaluate("field => { field.value = ''; }")
    assert "This is no receipt" in check_here(page, text="hello")


def test_the_readers_own_browser_checks_it_and_sends_nothing(window, scripts, proof):
    anybody = window(narrow=True)
    page = anybody.goes_to("/privacy/receipts/verify/browser/")
    if not scripts:
        assert "needs JavaScript" in page.locator("main").inner_text()
        assert page.locator("#verifier").is_hidden()
        return
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    the_verifier_holds(page, proof)
    assert sent == []
    anybody.looks()


def test_the_file_kept_on_a_disk_checks_it_with_the_network_off(chromium, client, proof, tmp_path):
    kept = tmp_path / "onesetu-verifier.html"
    kept.write_bytes(client.get("/privacy/receipts/verify/onesetu-verifier.html").content)
    context = chromium.new_context(offline=True, viewport=dict(NARROW))
    page, sent, errors = context.new_page(), [], []
    page.on("request", lambda request: sent.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(kept.as_uri())
    the_verifier_holds(page, proof)
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert (sent, errors) == ([kept.as_uri()], [])
    context.close()


def test_the_arithmetic_of_the_browser_agrees_with_libraries(chromium, tmp_path):
    """SHA-2 around the ends of blocks, signatures that hold and such that were bent, and a scalar beyond the order."""
    import hashlib
    import os

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    script = Path(settings.BASE_DIR) / "portal/fronts/selfservice/static/selfservice/verifier.js"
    page = chromium.new_page()
    page.set_content("<main></main>")
    page.add_script_tag(content=script.read_text() + "\nglobalThis.verifier = verifier;")
    run = "([name, ...given]) => { const found = verifier[name](...given.map((one) => Uint8Array.from(one))); "
    run += "return typeof found === 'boolean' ? found : verifier.hex(found); }"
    for length in (0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 127, 128, 129, 1000):
        data = os.urandom(length)
        for name in ("sha256", "sha512"):
            assert page.evaluate(run, [name, list(data)]) == hashlib.new(name, data).hexdigest(), length
    order = 2**252 + 27742317777372353535851937790883648493
    for seed in range(4):
        key, message = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), os.urandom(seed * 40)
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)

        def holds(signature, message=message, public=public):
            return page.evaluate(run, ["isSigned", list(public), list(message), list(signature)])

        assert holds(signature)
        assert not holds(signature, message + b"x")
        assert not holds(signature[:32] + bytes([signature[32] ^ 1]) + signature[33:])
        scalar = int.from_bytes(signature[32:], "little") + order
        assert not holds(signature[:32] + scalar.to_bytes(32, "little"))
    page.close()
