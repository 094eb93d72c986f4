"""Files in which policies come: every kind gives the text that pasting gives; what is dangerous or unreadable is refused."""

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from consent.base.rules import policy_parser
from consent.notices.documents import hypertext, markdown, word
from consent.notices.rules import clauses
from consent.notices.services import policy_files
from portal.kernel.core.errors import Refused
from tests.consent.documents import FORMS, LISTS, MAIN, numbered, packed, paragraph

SEED = (settings.BASE_DIR / "portal/demo/data/policy.en.txt").read_text(encoding="utf-8")
READERS = {
    "txt": bytes.decode,
    "md": lambda data: markdown.read(data.decode()),
    "html": hypertext.read,
    "docx": word.read,
}
LETTERS = "abcXYZ09 .,:;!?()*_#-+&<>'\"[]\\`~|सनमकेा"
words = st.text(LETTERS, min_size=1, max_size=30).map(lambda said: "w" + " ".join(said.split()))
#: What the plain text itself would read as something else is no paragraph.
items = st.lists(words.map("- {}".format), min_size=1, max_size=3).map("\n".join)
headings = st.tuples(st.integers(1, 99), st.integers(1, 99), words).map(lambda of: f"{of[0]}.{of[1]} {of[2]}")
blocks = st.lists(st.one_of(st.lists(words, min_size=1, max_size=3).map("\n".join), headings, items), min_size=1)


def neighbouring_lists_are_one(found):
    return [one for place, one in enumerate(found) if not (place and one[0] == "-" == found[place - 1][0])]


@pytest.mark.parametrize("form", FORMS)
@given(found=blocks.map(neighbouring_lists_are_one))
def test_a_file_of_every_kind_gives_the_text_that_pasting_it_gives(form, found):
    text = "\n\n".join(found)
    assert policy_files.neat(READERS[form](FORMS[form](text))) == policy_files.neat(text)


@pytest.mark.parametrize("form", FORMS)
def test_the_policy_of_the_company_is_the_same_text_from_a_file_of_every_kind(form):
    text = policy_files.read(f"policy.{form}", FORMS[form](policy_files.neat(SEED)))
    assert text == policy_files.neat(SEED)
    assert policy_parser.parse(text) == policy_parser.parse(SEED)


def test_the_numbers_that_word_counts_stand_before_their_words():
    heading = (
        '<w:style w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="H1b"><w:name w:val="heading x"/><w:basedOn w:val="H1"/></w:style>'
        '<w:style w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'
    )
    body = "".join(
        [
            paragraph("1. Scope 3", '<w:pStyle w:val="TOC1"/>'),
            paragraph("Scope", '<w:pStyle w:val="H1"/>'),
            paragraph("It holds for all.", numbered(1, 1)),
            paragraph("first;", numbered(1, 2)),
            paragraph("second.", numbered(1, 2)),
            paragraph("It holds here.", numbered(1, 1)),
            paragraph("Rights", '<w:pStyle w:val="H1b"/>'),
            paragraph("none", numbered(0, 0)),
            paragraph("Copy", numbered(1, 1)),
        ]
    )
    assert word.read(packed(body, styles=heading)).split("\n\n") == [
        "1. Scope",
        "1.1 It holds for all.\n(a) first;\n(b) second.\n1.2 It holds here.",
        "2. Rights",
        "none",
        "2.1 Copy",
    ]


def test_a_list_of_word_begins_anew_where_it_says_so():
    lists = (
        LISTS + '<w:num w:numId="3"><w:abstractNumId w:val="0"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
    )
    body = "".join(paragraph(said, numbered(number, 0)) for said, number in (("a", 1), ("b", 1), ("c", 3), ("d", 3)))
    assert word.read(packed(body, lists=lists)) == "1. a\n2. b\n5. c\n6. d"


def test_what_nobody_reads_in_word_is_left_out_and_a_table_is_lines():
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        "<w:p><w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText> struck</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t> added</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t> hidden</w:t></w:r>"
        "<w:r><w:instrText>PAGEREF</w:instrText></w:r></w:p>"
        f"<w:tbl><w:tr><w:tc><w:p>{run.format('Kind')}</w:p></w:tc><w:tc><w:p>{run.format('Period')}</w:p></w:tc></w:tr></w:tbl>"
    )
    assert word.read(packed(body)) == "Kept added\n\nKind | Period"


def test_numbered_lists_of_a_page_keep_their_numbers():
    page = (
        "<ol><li><h2>Scope</h2><ol><li>All of it.</li><li value='5'>More.</li></ol></li></ol>"
        "<ol type='a' start='3'><li>one;</li><li>two.</li></ol><p>9.7&nbsp;Grievances</p>"
    )
    assert policy_files.read("policy.html", page.encode()) == (
        "1. Scope\n\n1.1 All of it.\n1.5 More.\nc. one;\nd. two.\n\n9.7 Grievances\n"
    )


def test_a_page_in_the_encoding_that_it_names_is_read_in_it():
    page = "<meta charset='windows-1252'><p>“Ours” – yours</p>".encode("cp1252")
    assert policy_files.read("policy.htm", page) == "“Ours” – yours\n"


def test_markdown_loses_its_marks_and_keeps_its_words():
    text = "# 1. Scope #\n\nAll **of** [this](https://a.example) _here_\nand snake_case.\n\n---\n\n> + one\n> + two\n\n<!-- no -->"
    assert policy_files.read("policy.md", text.encode()) == (
        "1. Scope\n\nAll of this here and snake_case.\n\n- one\n- two\n"
    )


DECLARED = f'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document xmlns:w="{MAIN}"><w:body/></w:document>'
OUTSIDE = '<!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>'


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("policy.pdf", b"%PDF", "ends in .txt, .md, .docx or .html"),
        ("policy", b"a", "ends in .txt"),
        ("policy.txt", b"a" * (1024 * 1024 + 1), "larger than 1 MB"),
        ("policy.docx", b"", "empty"),
        ("policy.docx", b"no archive", "cannot be read"),
        ("policy.docx", b"\xd0\xcf\x11\xe0" + b"0" * 600, "old Word file"),
        ("policy.docx", packed("", more=[("word/vbaProject.bin", "x")]), "has macros"),
        ("policy.docx", packed("", more=[("word/document.xml", DECLARED)]), "cannot be read"),
        ("policy.docx", packed("", more=[("word/styles.xml", OUTSIDE)]), "cannot be read"),
        ("policy.docx", packed(paragraph("a" * 26_000_000)), "unpacks to more"),
        ("policy.docx", packed(""), "no words"),
        ("policy.html", b"<script>alert(1)</script>", "no words"),
        ("policy.html", b"", "empty"),
        ("policy.md", b"\xff", "not plain text"),
        ("policy.md", b"**a " * 125_000, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_what_to_do(name, data, words):
    with pytest.raises(Refused, match=words):
        policy_files.read(name, data)


TEXT = "Before.\n\n1. One\n\nFirst.\n\n2. Two\n\nSecond.\n"


def test_a_clause_is_joined_with_the_one_above_and_no_word_is_lost():
    joined = clauses.join(policy_parser.parse(TEXT), 3)
    assert clauses.compose(joined) == "Before.\n\n1. One\n\nFirst. 2 Two\n\nSecond.\n"
    with pytest.raises(clauses.BadEdit, match="NOTHING_ABOVE"):
        clauses.join(policy_parser.parse(TEXT), 1)


@pytest.mark.parametrize(
    ("text", "place", "line", "wanted"),
    [
        ("1. One\n\nFirst.\n\n2. We collect.\n\nMore.\n", 1, 3, "1. One\n\nFirst.\n\n2. We collect\n\nMore.\n"),
        ("1. One\n\n2. We take. Not all.\n", 1, 1, "1. One\n\n2. We take\n\nNot all.\n"),
        ("Scope\n\nAll.\n\nRights\n\nNone.\n", 1, 5, "Scope\n\nAll.\n\n1. Rights\n\nNone.\n"),
        ("Scope\n\nAll.\n\n1. Rights\n\nNone.\n", 1, 1, "1. Scope\n\nAll.\n\n2. Rights\n\nNone.\n"),
        ("1. A\n\nB\n\nc.\n\n1.1 D\n\ne.\n", 1, 1, "1. A\n\n1.1 B\n\nc.\n\n1.2 D\n\ne.\n"),
        ("1. A\n\nx.\n\nB\n\nc.\n\n2. D\n\ne.\n", 1, 3, "1. A\n\nx.\n\n2. B\n\nc.\n\n3. D\n\ne.\n"),
    ],
)
def test_a_line_becomes_the_heading_of_a_clause(text, place, line, wanted):
    parsed = policy_parser.parse(text)
    assert line in [found for found, _words in clauses.headings_in(parsed[place - 1])]
    assert clauses.compose(clauses.split(parsed, place, line)) == wanted


@pytest.mark.parametrize(("line", "code"), [(9, "NO_SUCH_CLAUSE"), (1, "NO_HEADING")])
def test_a_line_that_is_no_heading_is_not_split(line, code):
    parsed = policy_parser.parse("1. One\n\n" + "a" * 200 + "\n")
    assert clauses.headings_in(parsed[0]) == []
    with pytest.raises(clauses.BadEdit, match=code):
        clauses.split(parsed, 1, line)
