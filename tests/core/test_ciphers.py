import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core import ciphers


@given(st.binary(max_size=500), st.binary(max_size=20))
def test_what_is_encrypted_is_read_back(plain, context):
    sealed = ciphers.encrypt(plain, purpose="test", context=context)
    assert ciphers.decrypt(sealed, purpose="test", context=context) == plain


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_byte_is_noticed(plain, data):
    sealed = bytearray(ciphers.encrypt(plain, purpose="test"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ciphers.CannotDecrypt):
        ciphers.decrypt(bytes(sealed), purpose="test")


def test_another_purpose_context_or_key_opens_nothing(settings):
    sealed = ciphers.encrypt(b"secret", purpose="one", context=b"row 1")
    for purpose, context in (("two", b"row 1"), ("one", b"row 2")):
        with pytest.raises(ciphers.CannotDecrypt):
            ciphers.decrypt(sealed, purpose=purpose, context=context)
    settings.VAULT_KEY = "0" * 64
    with pytest.raises(ciphers.CannotDecrypt, match="VAULT_KEY"):
        ciphers.decrypt(sealed, purpose="one", context=b"row 1")


def test_the_same_text_is_never_encrypted_the_same_way_twice():
    assert ciphers.encrypt(b"same", purpose="test") != ciphers.encrypt(b"same", purpose="test")


@given(key=st.binary(min_size=1, max_size=64), texts=st.lists(st.binary(max_size=200), max_size=5))
def test_the_hash_with_its_key_mixed_in_once_is_hmac(key, texts):
    keyed = ciphers.keyed_sha256(key)
    assert [keyed(text) for text in texts] == [hmac.digest(key, text, "sha256") for text in texts]


@pytest.mark.parametrize(
    "written", ["", "A", "AQ", "AQAAAA", "पता", "AQ!!", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
)
def test_an_address_that_somebody_made_up_is_no_encrypted_value(written):
    with pytest.raises(ciphers.CannotDecrypt):
        ciphers.decrypt_from_address(written, purpose="tests.address")


def test_what_was_encrypted_for_an_address_is_read_from_it_under_its_purpose_alone():
    written = ciphers.encrypt_for_address(b"seven", purpose="tests.address")
    assert ciphers.decrypt_from_address(written, purpose="tests.address") == b"seven"
    with pytest.raises(ciphers.CannotDecrypt):
        ciphers.decrypt_from_address(written, purpose="tests.other")
