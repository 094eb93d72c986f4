"""What the linter finds in a text, and where. Words come from the shipped file, kinds from the shipped law."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.registers.base.choices import FindingCode, Severity
from portal.kernel.registers.senders.rules import template_checks
from portal.kernel.registers.senders.rules.template_checks import Draft, Finding, LintTerms, lint, pieces
from portal.kernel.registers.senders.services.message_templates import _shipped
from tests.law.shipped import shipped_rows

KINDS = frozenset(shipped_rows()["IN-TRAI-TPL-KINDS"]["values"])
TERMS = LintTerms(kinds=KINDS, most_variables=shipped_rows()["IN-TRAI-TPL-VARS"]["amount"], **_shipped())
ESSENTIAL = frozenset({"service", "transactional"})
LINKS = ("https://onesetu.example/pay", "https://ones.example")
NUMBERS = ("+919100000001", "56767", "18001234567")


def found(text: str, **changes) -> list[Finding]:
    usual = {
        "channel": "sms",
        "category": "transactional",
        "brand": "Onesetu",
        "senders": [ESSENTIAL],
        "links": LINKS,
        "numbers": NUMBERS,
    }
    return lint(Draft(text=text, **{**usual, **changes}), TERMS)


def codes(text: str, **changes) -> list[str]:
    return [find.code for find in found(text, **changes)]


def promotional(text: str, **changes) -> list[str]:
    return codes(text, **{"category": "promotional", "senders": [frozenset({"promotional"})], **changes})


CLEAN = [
    "Your Onesetu code is {#numeric#}. Tell nobody.",
    "Onesetu: your bill of Rs 1,250.00 is due on {#alphanumeric#}. Pay at https://onesetu.example/pay/{#alphanumeric#}",
    "Onesetu: call +91 91000 00001 or 1800-123-4567 about your order of 25-11-2026.",
    "Onesetu: see ones.example for the state of your order.",
    "Onesetu: write to help@onesetu.example about order 2026-11-25.",
    "Onesetu: आपका कोड {#numeric#} है। किसी को न बताएँ।",
    "Onesetu: तुमचा कोड {#numeric#} आहे.",
]


@pytest.mark.parametrize("text", CLEAN)
def test_a_plain_essential_text_has_no_finds(text):
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Onesetu: 20% off today. Reply STOP to stop.",
        "Onesetu: new plans at https://ones.example. STOP to 56767.",
        "Onesetu: आज 20% छूट। रोकने के लिए बंद करो लिखें।",
        "Onesetu: आज 20% सवलत. थांबा असे लिहा.",
    ],
)
def test_a_promotional_text_with_a_way_out_has_no_finds(text):
    assert promotional(text) == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Onesetu code {#var#}", "{#var#}"),
        ("Onesetu code {{1}}", "{{1}}"),
        ("Onesetu code {# #}", "{# #}"),
    ],
)
def test_a_variable_must_say_what_it_holds(text, marked):
    (find,) = found(text)
    assert (find.code, text[find.start : find.end]) == ("VARIABLE_NOT_TAGGED", marked)


def test_kinds_are_read_in_any_case_and_elsewhere_than_sms_a_platforms_variables_may_stand():
    assert codes("Onesetu code {#NUMERIC#}") == []
    assert codes("Onesetu code {{1}} for {{name}}", channel="whatsapp") == []
    assert codes("Onesetu code {{}}", channel="whatsapp") == ["VARIABLE_NOT_TAGGED"]


@pytest.mark.parametrize("text", ["Onesetu {#numeric#", "Onesetu #numeric#}", "Onesetu {numeric"])
def test_a_bracket_that_belongs_to_no_variable_is_marked(text):
    (find,) = found(text)
    assert find.code == "VARIABLE_BROKEN"
    assert text[find.start] in "{}"


def test_without_loaded_rules_no_kind_is_known():
    bare = LintTerms(kinds=frozenset(), most_variables=None, **_shipped())
    draft = Draft("Onesetu {#numeric#}", "sms", "transactional", "Onesetu", [ESSENTIAL])
    assert [find.code for find in lint(draft, bare)] == ["VARIABLE_NOT_TAGGED"]


def test_more_variables_than_the_direction_allows_need_a_reason():
    (find,) = found("Onesetu {#numeric#} {#numeric#} {#numeric#}")
    assert (find.code, find.severity, find.start) == ("TOO_MANY_VARIABLES", Severity.WARNING, None)


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "rcs", "email", "voice"])
def test_promotion_without_a_way_out_is_an_error(channel):
    assert promotional("Onesetu: 20% off today.", channel=channel) == ["OPT_OUT_MISSING"]


def test_the_dashboard_has_its_own_way_out():
    assert promotional("Onesetu: 20% off today.", channel="dashboard") == []


@pytest.mark.parametrize(
    "text",
    [
        "Onesetu: nonstop service",
        "Onesetu: stopper",
        "Onesetu: बंदर की दुकान",
    ],
)
def test_a_word_that_only_contains_the_way_out_is_none(text):
    assert promotional(text) == ["OPT_OUT_MISSING"]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Onesetu: your order is sent. Get 50% OFF the next.", "% OFF"),
        ("Onesetu: ＣＡＳＨＢＡＣＫ is waiting.", "ＣＡＳＨＢＡＣＫ"),
        ("Onesetu: buy\n now", "buy\n now"),
        ("Onesetu: आपके लिए छूट है।", "छूट"),
        ("Onesetu: तुमच्यासाठी सवलत आहे.", "सवलत"),
    ],
)
def test_promotion_in_an_essential_text_is_an_error_with_its_place(text, marked):
    (find,) = found(text)
    assert (find.code, find.severity, text[find.start : find.end]) == ("PROMOTIONAL_WORD", "error", marked)


def test_a_word_that_may_be_promotion_needs_a_reason():
    (find,) = found("Onesetu: the return is free of charge.")
    assert (find.code, find.severity) == ("PROMOTIONAL_WORD_MAYBE", "warning")
    assert codes("Onesetu: order freed, dealer told.") == []


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/pay",
        "http://onesetu.example/pay",
        "https://onesetu.example/payment",
        "https://onesetu.example/",
        "https://onesetu.example/pay/../other",
        "https://onesetu.example.evil.example/pay",
        "https://onesetu.example:8443/pay",
        "https://onesetu.example@evil.example/pay",
        "www.evil.example",
        "evil.example",
        "bit.ly/3xyz",
        "ones.example{#alphanumeric#}",
        "https://ones.example{#alphanumeric#}/pay",
        "https://{#url#}",
        "HTTPS://EVIL.EXAMPLE",
        "market://details?id=x",
        "https://[broken",
    ],
)
def test_a_link_that_nobody_listed_is_marked(link):
    text = f"Onesetu: see {link}."
    finds = [find for find in found(text) if find.code == "LINK_NOT_LISTED"]
    assert len(finds) == 1
    assert text[finds[0].start : finds[0].end].startswith(link[:4])


@pytest.mark.parametrize(
    "link",
    ["https://ONESETU.example/pay", "https://onesetu.example/pay/x?y=1", "onesetu.example/pay", "ones.example/a"],
)
def test_a_link_at_or_under_a_listed_one_may_stand(link):
    assert codes(f"Onesetu: see ({link}).") == []


@pytest.mark.parametrize("number", ["+919100000002", "91000 00002", "1800 999 8888", "९१०००००००२"])
def test_a_number_that_nobody_listed_is_marked(number):
    text = f"Onesetu: call {number} now"
    (find,) = found(text)
    assert (find.code, text[find.start : find.end]) == ("NUMBER_NOT_LISTED", number)


def test_a_short_code_that_nobody_listed_is_marked():
    text = "Onesetu: SMS STOP to 56768"
    (find,) = found(text)
    assert text[find.start : find.end] == "56768"


@pytest.mark.parametrize("number", ["9100000001", "09100000001", "919100000001", "+91-91000-00001", "९१०००००००१"])
def test_a_listed_number_may_stand_however_it_is_written(number):
    assert codes(f"Onesetu: call {number}.") == []


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\ufeff", "\ue000", "\u00ad", "\u200d"])
def test_an_invisible_character_is_an_error(hidden):
    assert "HIDDEN_CHARACTER" in codes(f"Onesetu: ca{hidden}shback")


def test_joiners_that_indian_scripts_need_may_stand():
    assert codes("Onesetu: क्\u200dष आणि र\u200d्य") == []


def test_the_sender_must_be_chosen_and_fit_the_category():
    assert codes("Onesetu: done.", senders=[]) == ["SENDER_MISSING"]
    assert codes("Onesetu: done.", senders=[frozenset({"promotional"})]) == ["HEADER_MISMATCH"]
    assert codes("Onesetu: done.", senders=[], channel="email") == []


def test_the_brand_stands_in_the_text():
    assert codes("Your order is sent.") == ["BRAND_MISSING"]
    assert codes("Your ONESETU order is sent.") == []


def test_what_is_too_long_is_marked_from_where_it_is_too_much():
    text = "Onesetu " + "x" * 1100
    (find,) = found(text, channel="whatsapp")
    assert (find.code, find.start, find.end) == ("TOO_LONG", 1024, len(text))


def test_no_text_is_one_find():
    assert codes("  \n ") == ["TEXT_EMPTY"]


def test_every_find_has_its_sentence():
    assert {"error", "warning"} == set(Severity.values)
    for code in FindingCode:
        assert str(code.label).endswith(".")


LETTERS = st.text(st.sampled_from("a1 .{}#/:@+-%\n\u200dक्छ\ue000O") | st.characters(), max_size=60)


@given(LETTERS, st.sampled_from(["sms", "whatsapp", "email"]), st.sampled_from(["promotional", "transactional"]))
def test_any_text_gets_finds_that_lie_in_it_and_pieces_that_make_it_up_again(text, channel, category):
    finds = found(text, channel=channel, category=category)
    for find in finds:
        assert find.code in FindingCode.values
        assert find.start is None or 0 <= find.start < find.end <= len(text)
    assert "".join(piece.text for piece in pieces(text, finds)) == text
    marked = {number for piece in pieces(text, finds) for number in piece.finds}
    assert marked == {number for number, find in enumerate(finds, start=1) if find.start is not None}


@given(LETTERS, LETTERS, st.sampled_from(["buy now", "cashback", "coupon", "छूट"]))
def test_a_promotional_word_is_found_wherever_it_stands(before, after, word):
    text = f"{before} {word} {after}"
    assert "PROMOTIONAL_WORD" in codes(text)


@given(LETTERS, LETTERS, st.integers(6_000_000_000, 9_099_999_999))
def test_no_mobile_number_that_nobody_listed_slips_through(before, after, number):
    text = f"{before} ; {number} ; {after}"
    assert {"NUMBER_NOT_LISTED", "LINK_NOT_LISTED"} & set(codes(text))


@given(st.text(max_size=40))
def test_no_link_is_listed_when_nothing_is(link):
    assert not template_checks.link_is_listed(link, ())


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a." * 100_000, "www" * 60_000, "{" * 100_000, "+a-" * 60_000, "1 " * 50_000 + "x", "<<" * 80_000],
    ids=["letters", "dots", "www", "braces", "signs", "digits", "angles"],
)
def test_a_long_text_is_read_in_a_time_that_grows_with_its_length(text):
    """Of a pattern that begins anew at each letter and runs to the end a text of this length would take minutes."""
    began = time.perf_counter()
    template_checks.foreign_links(text, listed=[], bare_link=template_checks.words(["onesetu"]))
    template_checks.placeholders(text)
    for pattern in (
        template_checks._SCHEME,
        template_checks._EMAIL,
        template_checks._DATE,
        template_checks._NUMBER,
        template_checks._SHORT,
    ):
        template_checks._blank(pattern, text)
    assert time.perf_counter() - began < 10


def test_a_link_is_found_however_long_the_word_before_it():
    found = template_checks.foreign_links(
        "x" * 500 + "https://evil.example/a", listed=[], bare_link=template_checks.words(["onesetu"])
    )
    assert len(found) == 1
    assert found[0].endswith("https://evil.example/a")
