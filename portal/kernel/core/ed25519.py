"""Which Ed25519 keys say anything. No database and no framework: whoever checks notes uses it too."""

from typing import Final

KEY_BYTES: Final = 32
_P: Final = 2**255 - 19
_SIGN: Final = 0x80
#: The points of small order as libsodium lists them (``ge25519_has_small_order``), without the bit of the sign.
_SMALL_ORDER: Final = frozenset(
    {
        *(number.to_bytes(KEY_BYTES, "little") for number in (0, 1, _P - 1, _P, _P + 1)),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    }
)


def is_sound(public_key: bytes) -> bool:
    """Whether these are 32 bytes that are no point of small order: under such a point anybody can make signatures."""
    if len(public_key) != KEY_BYTES:
        return False
    return public_key[:-1] + bytes([public_key[-1] & ~_SIGN]) not in _SMALL_ORDER
