"""A key under which anybody can sign is no key."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.kernel.core.ed25519 import is_sound

ONE = b"\1" + bytes(31)
P = 2**255 - 19
SMALL = [
    bytes(32),
    ONE,
    (P - 1).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]


def forged(key: bytes) -> int:
    """How many of some messages a signature that needs no private key fits."""
    fits = 0
    for number in range(64):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(ONE + bytes(32), b"message %d" % number)
            fits += 1
        except InvalidSignature:
            pass
    return fits


@pytest.mark.parametrize("key", [*SMALL, *(key[:-1] + bytes([key[-1] | 0x80]) for key in SMALL)])
def test_under_a_point_of_small_order_anybody_can_sign_and_it_is_no_key(key):
    assert forged(key)
    assert not is_sound(key)


def test_a_drawn_key_is_sound_and_nothing_that_was_not_signed_fits_it():
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert is_sound(key)
    assert not forged(key)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), (P + 1).to_bytes(32, "little"), P.to_bytes(32, "little")])
def test_what_has_another_length_or_is_no_number_of_the_field_is_no_key(key):
    assert not is_sound(key)
