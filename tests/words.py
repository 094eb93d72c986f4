"""``python -m tests.words``: finds the words that this project replaced by the terms of the law and the trade.

Read are the texts that people meet: texts in Python (labels, errors, help), templates and documents; not docstrings, code spans,
quoted law, published notices and stored rows. ``words_left.toml`` says how many places of each pattern are still there. More
than that fails; ``--lower`` writes fewer into it. ``--show PATTERN`` prints the places of one pattern.
"""

import argparse
import ast
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LEFT = Path(__file__).with_name("words_left.toml")
ROOMS = ("portal", "kyc", "consent", "grievances")


class Pattern(NamedTuple):
    """Words to be replaced, what to write instead, and whether only texts for staff are meant."""

    words: re.Pattern[str]
    instead: str
    for_staff: bool = False


def _pattern(words: str, instead: str, *, for_staff: bool = False) -> Pattern:
    return Pattern(re.compile(words, re.IGNORECASE), instead, for_staff)


PATTERNS = {
    "stands": _pattern(r"\b(stands?|stood|lies|lay)\b", "is, appears, is stored"),
    "papers": _pattern(r"(?<!on )\b(papers?|books?)\b", "documents; register"),
    "a_yes": _pattern(r"\b(a|the|every|each|your|new|first) (yes|no)\b(?! longer)", "consent, refusal"),
    "told": _pattern(r"\b(told|tells?|telling|said|a word)\b", "notify, reported, message"),
    "somebody": _pattern(r"\b(some|no|any|every)body\b|\bwhoever\b", "someone; unassigned; anyone; the person who"),
    "mend": _pattern(r"\bmend(ed)?\b|\b(put|set) right\b", "fix, correct"),
    "give_up": _pattern(r"\b(giv(e|en|es|ing)|gave) up\b", "cancel, discard, remove"),
    "go_on": _pattern(r"\bgo(es|ing)? on\b|\bwent on\b", "continue, resume"),
    "look_at": _pattern(r"\blook(ed|s|ing)? (at|into)\b", "review, check, investigate"),
    "take_in": _pattern(r"\bt(ake|aken|ook|aking|akes) (in|back|over|away)\b", "import, withdraw, migrate, download"),
    "bring": _pattern(r"\bbr(ing|ings|ought)\b", "upload, add, submit"),
    "holds": _pattern(r"\b(holds?|held)\b(?<!legal hold)(?<!legal holds)", "is valid, contains, retained"),
    "rests": _pattern(r"\b(rests|at rest)\b", "paused, deceased"),
    "coined": _pattern(r"\b(likeness|second looks?|long work|signs? of life|wishes|houserule)\b", "glossary, part 2"),
    "answer": _pattern(r"\banswer(s|ed|ing)?\b", "decision, reply, choice", for_staff=True),
    "need_not": _pattern(r"\bneed not\b|\b(no|any) more\b(?! than)", "do not need to; no longer"),
    "other_side": _pattern(r"\bthe other side\b|\bby whatever\b|\bthere is no such\b", "name the party; Not found"),
    "spelling": _pattern(r"\be-mails?\b|\btelephones?\b|\bpersons\b|\bper cent\b", "email, phone, people, %"),
    "letters": _pattern(r"\bletters?\b(?! (and|or) (digits|numbers))|\bdone done\b", "message; Saved."),
}
#: Texts that customers read: there an answer is what we send them, and what they choose.
OF_CUSTOMERS = ("portal/fronts/selfservice/", "templates/selfservice/", "templates/messages/", "templates/letters/")
#: What is stored, quoted or published and stays as it is: the demonstration's story, and pages that are history.
LEFT_OUT = ("portal/demo/", "portal/docs/decisions/")
TEMPLATE_CODE = re.compile(
    r"\{%-?\s*(?:blocktrans|endblocktrans|translate|trans)\w*.*?%\}|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}"
    r"|<!--.*?-->|<(?:script|style).*?</(?:script|style)>|<[^>]*>",
    re.DOTALL,
)
TRANSLATED = re.compile(r"""\{%-?\s*trans(?:late)?\s+(?:"([^"]*)"|'([^']*)')""")
CODE_SPAN = re.compile(r"```.*?```|`[^`]*`|<!--.*?-->|\]\([^)]*\)", re.DOTALL)
#: Names of columns in a row, and statements, are read by programs.
NAMES = re.compile(r"[a-z0-9_.,=* \n]*[a-z]_[a-z0-9_.,=* \n]*")
SQL = re.compile(r"\b(SELECT|WHERE|WHEN|INSERT|CREATE TABLE)\b")
TWO_WORDS = re.compile(r"[A-Za-z]{2,}\W* \W*[A-Za-z]")


class Place(NamedTuple):
    """Where a pattern was found, and the text around it."""

    pattern: str
    file: str
    line: int
    text: str


def _texts_of_python(source: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained
        if is_text and TWO_WORDS.search(node.value) and not NAMES.fullmatch(node.value) and not SQL.search(node.value):
            yield node.lineno, node.value


def _texts_of_template(source: str) -> Iterator[tuple[int, str]]:
    for found in TRANSLATED.finditer(source):
        yield source.count("\n", 0, found.start()) + 1, found[1] or found[2] or ""
    at = 0
    for found in TEMPLATE_CODE.finditer(source):
        yield source.count("\n", 0, at) + 1, source[at : found.start()]
        at = found.end()
    yield source.count("\n", 0, at) + 1, source[at:]


def _texts_of_document(source: str) -> Iterator[tuple[int, str]]:
    kept = CODE_SPAN.sub(lambda span: re.sub(r"[^\n]", " ", span[0]), source)
    for number, line in enumerate(kept.splitlines(), start=1):
        if not line.startswith(">"):  # quoted law
            yield number, line


def texts(root: Path = ROOT) -> Iterator[tuple[str, int, str]]:
    """Each text that people meet, with its file below the root and its line."""
    reading = (
        (
            _texts_of_python,
            (file for room in ROOMS for file in (root / room).rglob("*.py") if "migrations" not in file.parts),
        ),
        (
            _texts_of_template,
            (file for file in (root / "templates").rglob("*.*") if not re.search(r"\.(hi|mr)\.", file.name)),
        ),
        (_texts_of_document, (*(root / "portal/docs").rglob("*.md"), root / "README.md")),
    )
    for read, files in reading:
        for file in sorted(files):
            name = file.relative_to(root).as_posix()
            if not name.startswith(LEFT_OUT):
                for line, text in read(file.read_text(encoding="utf-8")):
                    yield name, line, text


def found_in(name: str, line: int, text: str) -> Iterator[Place]:
    """The places of a text where a word is used that was replaced."""
    for key, pattern in PATTERNS.items():
        if not (pattern.for_staff and name.startswith(OF_CUSTOMERS)):
            for match in pattern.words.finditer(text):
                yield Place(key, name, line + text.count("\n", 0, match.start()), " ".join(text.split()))


def kind_of(name: str) -> str:
    """Whether a text is for customers, for staff, or in a document."""
    if name.endswith(".md"):
        return "documents"
    return "customers" if name.startswith(OF_CUSTOMERS) else "staff"


def places(root: Path = ROOT) -> list[Place]:
    """Every use of a word that was replaced."""
    return [place for name, line, text in texts(root) for place in found_in(name, line, text)]


def counted(found: Iterable[Place]) -> dict[str, dict[str, int]]:
    """How many places there are, by pattern and by whom the text is for."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for place in found:
        counts[place.pattern][kind_of(place.file)] += 1
    return {key: dict(sorted(counts[key].items())) for key in PATTERNS if counts[key]}


def _written(counts: dict[str, dict[str, int]]) -> str:
    lines = [
        "# So many places of each pattern of words.py are left. A number may only fall: python -m tests.words --lower."
    ]
    for key, kinds in counts.items():
        lines.append(f"{key} = {{ {', '.join(f'{kind} = {count}' for kind, count in kinds.items())} }}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Print what is new or left; the exit code is 1 when a pattern is found more often than it was."""
    parser = argparse.ArgumentParser(prog="python -m tests.words", description=__doc__)
    parser.add_argument(
        "--show", choices=sorted(PATTERNS), action="append", default=[], help="print the places of a pattern"
    )
    parser.add_argument("--lower", action="store_true", help="write numbers that fell into words_left.toml")
    chosen = parser.parse_args(arguments)
    found = places()
    counts = counted(found)
    allowed: dict[str, dict[str, int]] = tomllib.loads(LEFT.read_text(encoding="utf-8"))
    for place in (place for place in found if place.pattern in chosen.show):
        print(f"{place.file}:{place.line}: {place.text[:200]}")
    grown = [
        (key, kind, count, allowed.get(key, {}).get(kind, 0))
        for key, kinds in counts.items()
        for kind, count in kinds.items()
        if count > allowed.get(key, {}).get(kind, 0)
    ]
    for key, kind, count, before in grown:
        print(f"{key}: {count} places in texts for {kind}, {before} allowed. Write instead: {PATTERNS[key].instead}")
        print(f"  the places: python -m tests.words --show {key}")
    if grown:
        return 1
    if chosen.lower:
        LEFT.write_text(_written(counts), encoding="utf-8")
    print(f"words: {sum(sum(kinds.values()) for kinds in counts.values())} places of words to be replaced are left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
