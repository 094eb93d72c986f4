"""Reading mail: nothing in it raises, HTML gives its words only, an answer is told from what it quotes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grievances.base.inbound_mail import classification, parser
from grievances.mail import reader
from grievances.mail.services import inbound_mail
from portal.kernel.vault.inspection import client
from tests.data.mails import OURS, SHAPES, lines


@given(st.binary(max_size=2_000))
def test_no_bytes_stop_the_reader(raw: bytes) -> None:
    classification.why_ignored(parser.parse(raw), own=[])


@given(st.data())
def test_no_broken_mail_stops_the_reader(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([shape.raw for shape in SHAPES if len(shape.raw) < 20_000])))
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=20)):
        raw[place] = data.draw(st.integers(0, 255))
    classification.why_ignored(parser.parse(bytes(raw[: data.draw(st.integers(0, len(raw)))])), own=[])


@given(st.text(alphabet="<>/&;abscript='\" \n!-", max_size=200))
def test_what_comes_of_html_holds_no_word_of_a_script(page: str) -> None:
    assert "SECRET" not in parser.words_of_html(f"<script>SECRET</script>{page}")


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Still there.\n\nOn Tue, 24 Nov 2026, Onesetu wrote:\n> We have it.\n> Bye", "Still there."),
        ("फिर से।\n\n24 नव को Onesetu ने लिखा:\n> x", "फिर से।"),
        ("Yes.\n\n-----Original Message-----\nFrom: Onesetu\n", "Yes."),
        ("Yes.\n\nFrom: Onesetu <a@b.example>\nSent: Tuesday\nTo: Asha\n\nWe have it.", "Yes."),
        ("Yes.\n> quoted\n", "Yes."),
        ("> only\n> quoted", "> only\n> quoted"),
        ("A line > with a sign\nand more.", "A line > with a sign\nand more."),
    ],
)
def test_an_answer_is_told_from_what_it_quotes(text: str, own: str) -> None:
    assert classification.own_words(text) == own


@pytest.mark.parametrize(
    ("text", "language"),
    [("Stop it.", "en"), ("मुझे संदेश नहीं चाहिए", "hi"), ("मला संदेश नको आहेत", "mr"), ("", "en"), ("OTP बंद", "hi")],
)
def test_the_language_of_a_mail_is_that_of_its_letters_and_words(text: str, language: str) -> None:
    assert classification.language_of(text) == language


def test_the_mails_that_it_answers_are_read_nearest_first() -> None:
    raw = lines("In-Reply-To: <b@x.example>", "References: <a@x.example>\r\n <b@x.example>")
    assert parser.parse(raw).answers == ("<b@x.example>", "<a@x.example>")


def test_what_is_written_in_two_ways_is_said_once() -> None:
    (shape,) = (shape for shape in SHAPES if shape.name == "forwarded in one of two ways")
    assert parser.parse(shape.raw).text.count("I got this from you.") == 1


def test_an_answer_keeps_the_mail_that_is_forwarded_with_it_and_what_follows() -> None:
    inner = "From: Shop <offers@shop.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0530\r\n\r\nBuy now!"
    parts = f"--b\nContent-Type: message/rfc822\n\n{inner}\n--b\n\nThis came today.\n--b--"
    text = parser.parse(lines("Content-Type: multipart/mixed; boundary=b", body=parts.replace("\r", ""))).text
    assert classification.own_words(text).startswith("----")
    assert classification.own_words(text).endswith("Buy now!\n\nThis came today.")


def test_parts_within_parts_stop_nobody() -> None:
    raw = b"".join(b"Content-Type: multipart/alternative; boundary=%d\n\n--%d\n" % (n, n) for n in range(190))
    assert parser.parse(raw + b"\nThey wrote to me.\n").text == "They wrote to me."


def test_a_file_keeps_its_name_around_half_a_letter() -> None:
    (shape,) = (shape for shape in SHAPES if shape.name == "half a letter in the name of a file")
    assert [file.name for file in parser.parse(shape.raw).files] == ["\ufffdscreen.png"]


@pytest.mark.parametrize(
    "raw",
    [
        lines("Content-Type: text/plain; charset=punycode", body="a" * 400_000),
        lines("Content-Type: text/html", body="<a " * 60_000),
        lines("Content-Type: text/html", body="<!--" * 60_000),
        lines("Content-Type: text/html", body="<a b='" * 60_000),
        lines("Content-Type: text/plain" + ";a" * 60_000),
        lines("Content-Disposition: inline" + "; a*0=b" * 40_000),
        lines("Content-Disposition: " + "=?utf-8?q?a?= " * 60_000),
        lines("X-Loop: " + "=?utf-8?q?a?= " * 60_000),
    ],
    ids=["charset", "tags", "comments", "quotes", "parameters", "pieces", "names", "encoded words"],
)
def test_no_mail_costs_time_that_grows_with_the_square_of_it(raw: bytes) -> None:
    begun = time.process_time()
    parser.parse(raw)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("a < b and c > d, you & me", "a < b and c > d, you & me"),
        ("<meta charset=iso-8859-1><p>नमस्ते 😀", "नमस्ते 😀"),
        ("<?xml version='1.0' encoding='latin1'?><p>नमस्ते", "नमस्ते"),
        ("before<html><p>x</html>after<br/>more", "before\nxafter\nmore"),
        ("<![if !mso]>shown<![endif]><!--[if mso]>hidden<![endif]--><o:p>too</o:p>", "showntoo"),
        ("<div>" * 3_000 + "deep", "deep"),
        ("<p>one<script>alert(1)</script><style>p{}</style> two", "one two"),
        ("", ""),
    ],
)
def test_broken_html_gives_the_words_that_people_would_see(page: str, words: str) -> None:
    assert parser.words_of_html(page) == words


@pytest.mark.parametrize(
    ("address", "unread"),
    [
        ("no-reply@shop.example", True),
        ("noreply@shop.example", True),
        ("donotreply@shop.example", True),
        ("do_not_reply.2@shop.example", True),
        ("forms+noreply7@shop.example", True),
        ("asha@noreply.example", False),
        ("monoreply@shop.example", False),
        ("reply@shop.example", False),
    ],
)
def test_an_address_says_that_nobody_reads_there(address: str, unread: bool) -> None:
    assert classification.is_unread(address) is unread


def test_our_own_addresses_are_told_in_any_case() -> None:
    raw = lines().replace(b"asha@example.in", OURS.upper().encode())
    assert classification.why_ignored(parser.parse(raw), own=[OURS]) == classification.Reason.LOOP


def test_each_mail_comes_out_of_the_confined_child_as_it_is_parsed_here() -> None:
    for shape in SHAPES:
        said = client.ask_for_bytes(inbound_mail.READER, shape.raw, asked={}, limits=inbound_mail.LIMITS)
        assert reader.read(*said) == parser.parse(shape.raw), shape


@pytest.mark.parametrize("charset", ["shift_jis", "gb18030", "koi8-r", "big5", "utf-7", "tis-620", "no-such-charset"])
def test_a_charset_that_few_mails_have_is_known_to_the_child(charset: str) -> None:
    raw = lines(f"Content-Type: text/plain; charset={charset}", body="Stop it")
    said = client.ask_for_bytes(inbound_mail.READER, raw, asked={}, limits=inbound_mail.LIMITS)
    assert reader.read(*said).text == parser.parse(raw).text == "Stop it"
