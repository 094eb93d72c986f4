"""Canonical payloads and the leaves that commit to them."""

from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.ledger import commitment

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8).filter(str.isprintable), inner),
    max_leaves=12,
)


@given(payload=st.dictionaries(st.text(max_size=8).filter(str.isprintable), JSON, max_size=6))
def test_canonical_bytes_read_back_to_the_same_object_and_bytes(payload):
    body = commitment.canonical(payload)
    assert commitment.read_payload(body) == payload
    assert commitment.canonical(commitment.read_payload(body)) == body


@given(
    payload=st.dictionaries(
        st.text(st.characters(max_codepoint=0x90), max_size=6),
        st.text(st.characters(max_codepoint=0x90)) | st.integers(-99, 99) | st.lists(st.text('\\u/"\t\x7f')),
        max_size=6,
    )
)
def test_the_quick_way_writes_the_bytes_of_the_kept_library(payload):
    assert commitment.canonical(payload) == rfc8785.dumps(payload)


def test_the_order_of_members_does_not_matter():
    assert commitment.canonical({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}'


def test_members_are_sorted_by_utf_16_units_as_rfc_8785_asks():
    assert list(commitment.read_payload(commitment.canonical({"\ufb33": 1, "\U0001f600": 2}))) == [
        "\U0001f600",
        "\ufb33",
    ]


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), b"x", {1: 2}, {"a": {"b": [0.5]}}, "\ud800", {1}]
)
def test_what_has_no_single_form_is_refused(value):
    with pytest.raises(commitment.PayloadError):
        commitment.canonical({"a": value})


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":NaN}', b"[1]", b"{", b"\xff", b'{"a":1e3}'])
def test_stored_bytes_that_are_ambiguous_are_refused(body):
    with pytest.raises(commitment.PayloadError):
        commitment.read_payload(body)


def test_a_leaf_is_the_double_hash_that_the_format_names():
    salt, body = bytes(range(32)), b'{"a":1}'
    inner = sha256(b"consent-ledger/commitment/v1\n" + salt + body).digest()
    assert commitment.entry(inner) == b"\x01" + inner
    assert len(commitment.entry(inner)) == 33
    assert commitment.leaf_hash(salt, body) == sha256(b"\x00\x01" + inner).digest()


def test_the_salt_has_to_be_whole_and_is_never_the_same():
    assert len({commitment.new_salt() for _ in range(50)}) == 50
    with pytest.raises(commitment.PayloadError):
        commitment.commitment(b"short", b"{}")
