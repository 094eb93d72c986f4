"""The check of words finds what people read, and nothing else."""

from pathlib import Path

import pytest

from tests import words

pytestmark = pytest.mark.one_stack

PLACES = words.places


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for folder in (*words.ROOMS, "templates/selfservice", "templates/admin", "portal/docs/decisions"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "README.md").write_text("# A portal\n")
    return tmp_path


def found(tree: Path) -> set[tuple[str, str, int]]:
    return {(place.pattern, place.file, place.line) for place in words.places(tree)}


def test_a_label_in_python_is_read_and_a_docstring_is_not(tree: Path):
    (tree / "kyc/labels.py").write_text(
        '"""Somebody looks at it."""\nWORDS = {\n    "a": "Somebody has it",\n}\nKEY = "somebody"\nC = "held told made_by"\nQ = "SELECT told FROM held"\n'
    )

    assert found(tree) == {("somebody", "kyc/labels.py", 3)}


def test_an_answer_is_a_word_of_customers_and_not_of_staff(tree: Path):
    (tree / "templates/selfservice/page.html").write_text("<p>We will answer by then</p>\n")
    (tree / "templates/admin/page.html").write_text("<p>We will answer by then</p>\n")

    assert found(tree) == {("answer", "templates/admin/page.html", 1)}


def test_tags_and_names_of_a_template_are_no_text(tree: Path):
    (tree / "templates/admin/page.html").write_text(
        '{% if somebody %}\n<p class="told">{{ telephone }} {% translate "Your telephone" %}</p>{% endif %}\n'
    )

    assert found(tree) == {("spelling", "templates/admin/page.html", 2)}


def test_code_and_quoted_law_of_a_document_are_left_out(tree: Path):
    (tree / "portal/docs/page.md").write_text(
        "Run `tell somebody`.\n\n> Every person holds a right.\n\nA proof stands here.\n"
    )
    (tree / words.LEFT_OUT[1] / "page.md").write_text("It stood there.\n")

    assert found(tree) == {("stands", "portal/docs/page.md", 5)}


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Under a legal hold", None),
        ("It no longer counts", None),
        ("Printed on paper only", None),
        ("The consent holds until May", "holds"),
        ("98 per cent of them", "spelling"),
        ("You need not reply", "need_not"),
        ("There is no such page", "other_side"),
    ],
)
def test_each_pattern_finds_its_words_and_spares_the_terms_of_the_trade(text: str, pattern: str | None):
    assert {place.pattern for place in words.found_in("kyc/a.py", 1, text)} == ({pattern} if pattern else set())


def test_more_places_than_were_left_fail_and_fewer_are_written_down(
    tree: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    left = tmp_path_factory.mktemp("left") / "left.toml"
    left.write_text("told = { staff = 2 }\n")
    monkeypatch.setattr(words, "LEFT", left)
    monkeypatch.setattr(words, "places", lambda: PLACES(tree))
    (tree / "kyc/labels.py").write_text('A = "We told you so, as he said, and tell you"\n')

    assert words.main([]) == 1
    assert "told: 3 places in texts for staff, 2 allowed. Write instead: notify" in capsys.readouterr().out

    (tree / "kyc/labels.py").write_text('A = "We told you so"\n')
    assert words.main(["--lower"]) == 0
    assert "told = { staff = 1 }" in left.read_text()
