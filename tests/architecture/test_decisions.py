"""The decisions are found by subject: each page stands once in their index, says when it was decided, and every link leads somewhere."""

import re
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "portal/docs"
DECISIONS = DOCS / "decisions"
INDEX = DECISIONS / "README.md"
#: More pages than this are no longer an index that anyone reads: a new decision becomes a section of its subject.
MOST = 90
#: A line of the index: title, file, day of the newest decision, what was decided.
LINE = re.compile(
    r"^- \[(?P<title>.+)\]\((?P<name>[\w-]+\.md)\), (?P<day>\d{1,2} [A-Z][a-z]{2} \d{4}): (?P<sentence>\S.+\.)$"
)
DAY = re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4}\b")
#: The written pages of the project, wherever they are; ``.venv`` and the like are not in the repository.
PAGES = sorted({*DOCS.rglob("*.md"), ROOT / "README.md"})


def pages() -> list[Path]:
    return sorted(page for page in DECISIONS.glob("*.md") if page != INDEX)


def index() -> list[re.Match[str]]:
    """The lines of the index; one that lacks a part fails here, with its words."""
    lines = [line for line in INDEX.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]
    found = [LINE.match(line) for line in lines]
    assert [line for line, match in zip(lines, found, strict=True) if match is None] == []
    return [match for match in found if match is not None]


def prose(text: str) -> str:
    """A page without its code: what looks like a link there is an example."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def headings(text: str) -> list[str]:
    return re.findall(
        r"^#{1,6} (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), flags=re.MULTILINE
    )


def anchors(text: str) -> set[str]:
    """The names under which a reader of Markdown links to the headings of a page, as GitHub makes them."""
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings(text)]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def days(text: str) -> list[datetime]:
    """When a page was decided: behind its sections, or in the line under its title."""
    dated = [line for line in text.splitlines() if line.startswith(("## ", "Decided "))]
    return sorted(datetime.strptime(day, "%d %b %Y") for line in dated for day in DAY.findall(line))  # noqa: DTZ007 - a day


def test_each_page_has_one_line_in_the_index_and_each_line_a_page():
    names = [line["name"] for line in index()]
    assert sorted(names) == [page.name for page in pages()]


def test_there_are_no_more_pages_than_anyone_reads():
    assert 0 < len(pages()) <= MOST


def test_the_index_gives_each_page_its_title_and_the_day_of_its_newest_decision():
    for line in index():
        text = (DECISIONS / line["name"]).read_text(encoding="utf-8")
        newest = days(text)[-1]
        assert (line["title"], line["day"]) == (text.splitlines()[0][2:], f"{newest.day} {newest:%b %Y}"), line["name"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_a_page_says_when_each_of_its_decisions_was_made(page):
    text = page.read_text(encoding="utf-8")
    sections = [line for line in text.splitlines() if line.startswith("## ")]
    assert [line for line in sections if not re.search(rf"\({DAY.pattern}\)$", line)] == []
    assert sections or re.search(rf"^Decided {DAY.pattern}", text, flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_of_the_documentation_leads_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(<?([^)\s>]+)>?\)", prose(page.read_text(encoding="utf-8"))):
        path, _, anchor = unquote(target).partition("#")
        if re.match(r"[a-z]+:", path) or path.startswith("/"):
            continue  # an address, or one of the portal's own
        there = (page.parent / path).resolve() if path else page
        is_missing = (
            anchor
            and there.suffix == ".md"
            and there.exists()
            and anchor not in anchors(there.read_text(encoding="utf-8"))
        )
        if is_missing or not there.exists():
            broken.append(target)
    assert broken == []


def test_each_decision_that_code_tests_and_pages_name_is_there():
    written = [
        path for room in ("consent", "grievances", "kyc", "portal", "tests") for path in (ROOT / room).rglob("*")
    ]
    texts = [
        path.read_text(encoding="utf-8") for path in written if path.suffix in {".py", ".toml", ".md", ".html", ".js"}
    ]
    named = {name for text in texts for name in re.findall(r"\bdecisions/([a-z0-9-]+\.md)", text)}
    assert len(named) > 30
    assert {name for name in named if not (DECISIONS / name).exists()} == set()
