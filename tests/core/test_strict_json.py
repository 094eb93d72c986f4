"""A body that two programs could read differently is read by us not at all."""

import pytest

from portal.kernel.core.strict_json import LONGEST_NAME, DoubledMember, loads


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (b'{"a": 1, "a": 1}', "a"),
        (b'{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "c"),
        (b'[{"a": 1}, {"a": 1, "\\u0061": 2}]', "a"),
        (b'{"": 1, "": 2}', ""),
        (b'{"%b": 1, "%b": 2}' % (b"x" * 500, b"x" * 500), "x" * LONGEST_NAME),
    ],
)
def test_a_member_that_stands_twice_in_an_object_is_named(body, member):
    with pytest.raises(DoubledMember) as refused:
        loads(body)
    assert refused.value.member == member


def test_the_same_name_in_different_objects_is_no_double():
    assert loads(b'{"a": {"a": [{"a": 1}, {"a": 2}]}, "A": 3}') == {"a": {"a": [{"a": 1}, {"a": 2}]}, "A": 3}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_json_in_utf_8_is_read_with_a_mark_of_the_order_of_bytes_or_without(start):
    assert loads(start + '{"name": "आशा"}'.encode()) == {"name": "आशा"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": "\xff"}', '{"a": 1}'.encode("utf-16"), b"[" * 100_000],
)
def test_what_is_no_json_in_utf_8_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        loads(body)
