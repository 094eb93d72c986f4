"""Signed messages between machines: only the holder of a secret, only now, and each message has its own id."""

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core import webhook_signatures
from portal.kernel.core.webhook_signatures import BadSignature

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def signed(body: bytes = b"{}", **changes: object) -> dict[str, str]:
    fields = {"message_id": "msg_1", "at": NOW, "secrets": ["whsec_c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g="], **changes}
    return webhook_signatures.sign(body, **fields)


def test_the_published_example_of_the_specification_holds():
    """From the Standard Webhooks specification, section "signature scheme"."""
    headers = webhook_signatures.sign(
        b'{"event_type":"ping","data":{"success":true}}',
        message_id="msg_loFOjxBNrRLzqYUf",
        at=datetime.fromtimestamp(1731705121, UTC),
        secrets=["whsec_plJ3nmyCDGBKInavdOK15jsl"],
    )
    assert headers["webhook-signature"] == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


@given(st.binary(max_size=200))
def test_what_was_signed_is_accepted_and_gives_its_id(body):
    secret = webhook_signatures.new_secret()
    headers = signed(body, secrets=[secret])
    assert webhook_signatures.verify(headers, body, secrets=[secret], now=NOW) == "msg_1"


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_other_body_is_refused(body, data):
    other = data.draw(st.binary(max_size=60).filter(lambda text: text != body))
    with pytest.raises(BadSignature):
        webhook_signatures.verify(signed(body), other, secrets=["whsec_c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g="], now=NOW)


def test_an_old_secret_holds_as_long_as_it_is_listed():
    old, new = webhook_signatures.new_secret(), webhook_signatures.new_secret()
    headers = signed(secrets=[old])
    assert webhook_signatures.verify(headers, b"{}", secrets=[new, old], now=NOW) == "msg_1"
    with pytest.raises(BadSignature):
        webhook_signatures.verify(headers, b"{}", secrets=[new], now=NOW)


def test_a_sender_with_two_secrets_is_understood_by_whoever_knows_one():
    old, new = webhook_signatures.new_secret(), webhook_signatures.new_secret()
    headers = signed(secrets=[new, old])
    assert webhook_signatures.verify(headers, b"{}", secrets=[old], now=NOW) == "msg_1"


@pytest.mark.parametrize("late", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_an_old_message_or_one_from_the_future_is_refused(late):
    with pytest.raises(BadSignature):
        webhook_signatures.verify(
            signed(), b"{}", secrets=["whsec_c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g="], now=NOW + late
        )


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", ["", "9" * 400, "v1,", "²"])
def test_a_broken_header_is_refused(name, value):
    with pytest.raises(BadSignature):
        webhook_signatures.verify(
            {**signed(), name: value}, b"{}", secrets=["whsec_c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g="], now=NOW
        )


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2VjcmV0", "x", "a" * 16])
def test_a_secret_that_is_none_signs_for_nobody(secret):
    """``a`` sixteen times is base64 of twelve bytes."""
    key = base64.b64decode(secret.removeprefix("whsec_") + "=" * (-len(secret) % 4) if secret != "x" else "")
    mark = base64.b64encode(hmac.digest(key, b"msg_1.%d.{}" % NOW.timestamp(), "sha256")).decode()
    headers = {**signed(), "webhook-signature": f"v1,{mark}"}
    with pytest.raises(BadSignature):
        webhook_signatures.verify(headers, b"{}", secrets=[secret], now=NOW)
    with pytest.raises(ValueError, match="16 bytes"):
        signed(secrets=[secret])


def test_the_names_of_the_headers_may_be_in_any_case():
    headers = {name.title(): value for name, value in signed().items()}
    assert (
        webhook_signatures.verify(headers, b"{}", secrets=["whsec_c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g="], now=NOW)
        == "msg_1"
    )
