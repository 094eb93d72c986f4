import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused


@pytest.mark.parametrize(
    "typed",
    [
        "9876543210",
        "98765 43210",
        "+91 98765-43210",
        "0 98765 43210",
        "919876543210",
        "(+91) 98765.43210",
        "९८७६५४३२१०",
    ],
)
def test_an_indian_mobile_number_is_understood_however_it_is_typed(typed):
    assert addresses.normalise("phone", typed) == "+919876543210"


def test_a_number_of_another_country_is_kept_with_its_code():
    assert addresses.normalise("phone", "+49 30 901820") == "+4930901820"


@pytest.mark.parametrize("typed", ["", "12345", "+91 12", "call me", "98765432101234"])
def test_what_is_no_number_is_refused_with_an_example(typed):
    with pytest.raises(Refused, match="country code"):
        addresses.normalise("phone", typed)


@pytest.mark.parametrize(
    "typed", ["", "asha", "asha@", "@acme.example", "a b@acme.example", "asha@acme", "a@b@c.example"]
)
def test_what_is_no_email_address_is_refused_with_an_example(typed):
    with pytest.raises(Refused, match=r"name@example\.com"):
        addresses.normalise("email", typed)


def test_an_email_address_is_lower_case():
    assert addresses.normalise("email", " Asha@Acme.Example ") == "asha@acme.example"


@given(st.from_regex(r"[6-9][0-9]{9}", fullmatch=True))
def test_normalising_twice_changes_nothing(number):
    once = addresses.normalise("phone", number)
    assert addresses.normalise("phone", once) == once


def test_a_key_says_nothing_and_is_the_same_for_the_same_address():
    one, again = addresses.address_key("+919876543210"), addresses.address_key("+919876543210")
    assert one == again
    assert len(one) == 33
    assert b"9876543210" not in one
    assert one != addresses.address_key("+919876543211")


def test_a_new_lookup_key_still_finds_old_rows(settings):
    old = addresses.address_key("asha@acme.example")
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "f" * 64
    new = addresses.address_key("asha@acme.example")
    assert new[0] == old[0] + 1
    assert addresses.address_keys("asha@acme.example") == [new, old]


def test_a_mask_shows_only_what_its_owner_recognises():
    assert addresses.mask("email", "ravi@acme.example") == "r••••@acme.example"
    assert addresses.mask("phone", "+919876543210") == "+91 •••• ••3210"


@pytest.mark.parametrize("text", ["a\u0000b@x.in", "a@x\u0007.in", "a\u200bb@x.in"])
def test_an_address_with_a_character_that_nobody_sees_is_none(text):
    with pytest.raises(Refused):
        addresses.normalise(addresses.EMAIL, text)
