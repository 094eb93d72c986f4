import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import BadReference
from portal.core.ids import ALPHABET, KINDS, new_reference, parse_reference

references = st.builds(lambda kind, _n: (kind, new_reference(kind)), st.sampled_from(sorted(KINDS)), st.integers())


@given(references)
def test_a_reference_is_read_back_as_written(pair):
    kind, reference = pair
    assert parse_reference(reference, kind) == reference


@given(references, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_caught(pair, place, wrong):
    kind, reference = pair
    text = list(reference.replace("-", "")[4:])
    if text[place] == wrong:
        return
    text[place] = wrong
    with pytest.raises(BadReference):
        parse_reference("".join(text), kind)


@given(references, st.integers(0, 6))
def test_any_swap_of_two_neighbours_is_caught(pair, place):
    kind, reference = pair
    text = list(reference.replace("-", "")[4:])
    if text[place] == text[place + 1]:
        return
    text[place], text[place + 1] = text[place + 1], text[place]
    with pytest.raises(BadReference):
        parse_reference("".join(text), kind)


def test_what_people_type_is_forgiven():
    reference = new_reference("GR")
    while not set("015") & set(reference[6:]):
        reference = new_reference("GR")
    spoken = reference.lower().replace("-", " ")
    assert parse_reference(spoken, "GR") == reference
    tail = reference[6:].replace("0", "o").replace("1", "l").replace("5", "s")
    assert parse_reference("os-gr-" + tail, "GR") == reference
    assert parse_reference(tail, "GR") == reference


def test_references_do_not_follow_each_other():
    seen = {new_reference("GR") for _ in range(50)}
    assert len(seen) == 50


def test_a_reference_of_another_kind_is_refused():
    with pytest.raises(BadReference):
        parse_reference(new_reference("KY").replace("KY", "GR"), "GR")


@pytest.mark.parametrize("text", ["", "OS-GR-", "OS-GR-7K4M", "ż" * 8, "OS-GR-7K4M-9QX22"])
def test_what_is_no_reference_gets_a_clear_answer(text):
    with pytest.raises(BadReference, match="reference looks like"):
        parse_reference(text, "GR")
