"""A body with a member twice is refused by every operation, and of signed messages once the signature holds."""

import base64
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as configured
from django.test import Client

from kyc.cases.providers import bank
from portal.fronts.api.problem_responses import CODES
from portal.kernel.core import clock, webhook_signatures
from portal.kernel.outbox.models import ReceivedWebhook
from portal.kernel.people.choices import ApiScope
from portal.kernel.registers.entries.services import consent_managers
from portal.kernel.registers.senders.services import sender_entries
from tests.api.asking import check, document
from tests.consent.factories import law_is_loaded
from tests.people.factories import FiduciaryFactory, issued_api_key
from tests.registers.factories import aged, own, registered_recipient, two_people

pytestmark = pytest.mark.django_db
DOUBLED = b'{"purpose": "marketing", "address": "+919876543210", "address": "+919811112222"}'
SECRET, BANK = webhook_signatures.new_secret(), "secret-that-signs"
KEY = Ed25519PrivateKey.generate()
NUMBER = "DPB/CM/0007"
OPERATIONS = [
    (path, bool(operation.get("security")))
    for path, methods in document()["paths"].items()
    for operation in methods.values()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]
KEYED = [path for path, needs_key in OPERATIONS if needs_key]
SIGNED = [path for path, needs_key in OPERATIONS if not needs_key]


def post(path, body, **headers):
    url = path.replace("{code}", "dialer-one").replace("{name}", "bank")
    return Client(raise_request_exception=False).post(url, body, content_type="application/json", headers=headers)


def is_refused(answer, path):
    check(answer, "post", path)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json()["code"] == "DOUBLED_MEMBER"
    assert answer.json()["errors"] == [{"field": "address", "message": "appears twice in one object"}]
    assert "9876543210" not in answer.text
    return True


@pytest.mark.parametrize("path", KEYED)
def test_a_doubled_member_is_refused_of_whoever_has_a_key(path):
    key = issued_api_key(FiduciaryFactory(), scopes=ApiScope.values)
    given = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}
    assert is_refused(post(path, DOUBLED, **given), path)
    assert post(path, DOUBLED).json()["code"] == "NO_KEY"


@pytest.fixture
def everybody_who_signs(settings):
    law_is_loaded()
    settings.OUTBOX_REPORT_SECRETS = [SECRET]
    settings.KYC_PROVIDERS = {
        "bank": {
            "recipient": "penny-drop",
            "url": "https://bank.example/v1",
            "key": "bank:key",
            "account": "7878",
            "secret": BANK,
        }
    }
    registered_recipient("dialer-one", secret=SECRET)
    maker, checker = two_people()
    public, now = base64.b64encode(KEY.public_key().public_bytes_raw()).decode(), clock.now()
    entry = consent_managers.propose(
        fiduciary=own(), board_number=NUMBER, name="Sahmati", public_key=public, starts_at=now, actor=maker, now=now
    )
    sender_entries.answer(entry, approve=True, reason="", actor=checker, now=now)
    aged(entry)


def signature(path, body):
    if path.startswith("/api/v1/kyc/providers/"):
        return {bank.SIGNATURE: bank.sign(body, BANK)}
    asked = {"message_id": str(uuid4()), "at": clock.now()}
    if path.startswith("/api/v1/consent-manager/"):
        return {**webhook_signatures.sign_by_key(body, key=KEY, **asked), "Consent-Manager": NUMBER}
    return webhook_signatures.sign(body, secrets=[SECRET], **asked)


@pytest.mark.parametrize("path", SIGNED)
def test_a_doubled_member_of_a_signed_message_is_refused_after_its_signature(everybody_who_signs, path):
    headers = signature(path, DOUBLED)
    assert post(path, DOUBLED.replace(b"marketing", b"meterings"), **headers).json()["code"] == "BAD_SIGNATURE"
    assert is_refused(post(path, DOUBLED, **headers), path)
    # It may be mended and sent again under the same number.
    assert not ReceivedWebhook.objects.exists()


@pytest.mark.parametrize("body", [b"{", b'{"address": NaN}', '{"address": ""}'.encode("utf-16"), b"[" * 100_000])
def test_what_is_no_json_in_utf_8_is_a_bad_request_or_a_malformed_message(everybody_who_signs, body):
    key = issued_api_key(FiduciaryFactory(), scopes=ApiScope.values)
    answer = post("/api/v1/decisions", body, Authorization=f"Bearer {key}")
    check(answer, "post", "/api/v1/decisions")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert "send JSON in UTF-8" in answer.json()["detail"]
    path = "/api/v1/recipients/{code}/sends"
    told = post(path, body, **signature(path, body))
    assert (told.status_code, told.json()["code"]) == (422, "MALFORMED")


def test_a_half_of_a_letter_is_no_text_and_no_crash():
    key = issued_api_key(FiduciaryFactory(), scopes=ApiScope.values)
    body = b'{"address": "\\ud800", "purpose": "marketing", "channel": "sms"}'
    assert post("/api/v1/decisions", body, Authorization=f"Bearer {key}").json()["code"] == "MALFORMED"


def test_every_code_of_the_frame_is_described_for_programs_and_for_people():
    described = document()["components"]["schemas"]["Problem"]["properties"]["code"]["description"]
    page = (Path(configured.BASE_DIR) / "portal" / "docs" / "integrators.md").read_text(encoding="utf-8")
    shown = Client().get("/api/v1/docs").text
    for status, code, _said in CODES:
        assert f"`{code}` ({status.value})" in described
        assert f"`{code}`" in page
        assert f"<code>{code}</code> ({status.value})" in shown
    assert OPERATIONS
    for path, _needs_key in OPERATIONS:
        unreadable = document()["paths"][path]["post"]["responses"]["400"]["description"]
        assert "`BAD_REQUEST`" in unreadable
        assert "`DOUBLED_MEMBER`" in unreadable
