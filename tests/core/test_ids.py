import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import CharField
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core.errors import BadReference
from portal.kernel.core.ids import ALPHABET, KINDS, LONG_KINDS, example, new_reference, parse_reference, references_in

references = st.builds(lambda kind, _n: (kind, new_reference(kind)), st.sampled_from(sorted(KINDS)), st.integers())


@given(references)
def test_a_reference_is_read_back_as_written(pair):
    kind, reference = pair
    assert parse_reference(reference, kind) == reference


@given(references, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_caught(pair, place, wrong):
    kind, reference = pair
    text = list(reference.replace("-", "")[4:])
    place %= len(text)
    if text[place] == wrong:
        return
    text[place] = wrong
    with pytest.raises(BadReference):
        parse_reference("".join(text), kind)


@given(references, st.integers(0, 10))
def test_any_swap_of_two_neighbours_is_caught(pair, place):
    kind, reference = pair
    text = list(reference.replace("-", "")[4:])
    place %= len(text) - 1
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
    assert parse_reference("0s gr " + tail, "GR") == reference


@pytest.mark.parametrize("kind", ["DO", "GR", "CR"])
def test_a_reference_is_found_in_running_text_as_people_write_it(kind):
    reference = new_reference(kind)
    in_devanagari = {ord(str(digit)): 0x966 + digit for digit in range(10)}
    for written in (
        reference,
        reference.lower(),
        reference.replace("-", ""),
        reference.lower().replace("-", " "),
        reference.replace("-", "\u2013"),
        reference.replace("-", " - "),
        reference[:6] + reference[6:].replace("0", "o").replace("1", "l").replace("5", "s"),
        reference.translate(in_devanagari),
    ):
        for said in ("{}", "({}), look again.", "About {} that was rejected", "{}:\nlook"):
            assert references_in(said.format(written), kind) == [reference], (said, written)


def test_of_references_in_a_text_each_comes_once_and_wrong_ones_and_other_kinds_do_not():
    first, second, other = new_reference("DO"), new_reference("DO"), new_reference("GR")
    wrong = first[:-1] + ("2" if first[-1] != "2" else "3")
    assert references_in(f"{second} {first}, {first.lower()} {other} {wrong} X{first}", "DO") == [second, first]
    assert references_in("OS-CR-7K4M-9QXW was given before", "CR") == ["OS-CR-7K4M-9QXW"]
    assert references_in("", "DO") == references_in("os do know that nothing is named", "DO") == []


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


@pytest.mark.parametrize("kind", sorted(LONG_KINDS))
def test_what_machines_make_by_the_million_draws_no_reference_twice(kind):
    """With two groups one pair among these is drawn in four runs of five."""
    assert len({new_reference(kind) for _ in range(300_000)}) == 300_000


def test_a_reference_of_a_long_kind_that_was_given_before_is_still_read():
    assert parse_reference("os cr 7k4m 9qxw", "CR") == "OS-CR-7K4M-9QXW"
    assert parse_reference("OS-CR-7K4M-9QX2-C3TN", "CR") == "OS-CR-7K4M-9QX2-C3TN"
    with pytest.raises(BadReference, match="three groups"):
        parse_reference("OS-CR-7K4M-9QX2-C3", "CR")


#: Where people read examples: what is typed as it stands there must not be called mistyped. The story has its own.
ROOMS = ("consent", "grievances", "kyc", "portal", "templates")
WRITTEN = re.compile(r"OS-([A-Z]{2})(?:-[0-9A-Z]{4}){2,3}\b")


def test_every_printed_example_is_a_reference():
    root, found = Path(settings.BASE_DIR), 0
    for path in (path for room in ROOMS for path in (root / room).rglob("*")):
        if path.suffix not in {".html", ".md", ".po", ".py", ".toml", ".txt"} or "demo" in path.parts:
            continue
        for written in WRITTEN.finditer(path.read_text()):
            assert parse_reference(written[0], written[1]) == written[0], path
            found += 1
    assert found > 50


def test_what_a_refusal_shows_is_a_reference():
    for kind in KINDS:
        assert parse_reference(example(kind), kind) == example(kind)
        with pytest.raises(BadReference, match=example(kind)):
            parse_reference("x", kind)


def test_every_column_for_a_receipt_takes_the_longest_reference():
    """SQLite takes a text of any length into any column; PostgreSQL does not."""
    longest = max(len(new_reference(kind)) for kind in KINDS)
    columns = [
        field
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, CharField) and field.name in {"receipt", "consent_ref"}
    ]
    assert len(columns) >= 2
    assert [str(field) for field in columns if (field.max_length or longest) < longest] == []
