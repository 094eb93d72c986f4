"""What import-linter cannot see: foreign keys, names in strings, sizes and names of modules."""

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps

from portal.schedule import BEAT

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "kyc", "consent", "grievances")
MOST_LINES = 400
VAGUE = {"utils", "helpers", "common", "misc", "base"}


def modules() -> list[Path]:
    """Our modules; not migrations, and not the program in data/ that an auditor runs alone and that must be one file."""
    return [p for room in ROOMS for p in (ROOT / room).rglob("*.py") if not {"migrations", "data"} & set(p.parts)]


def layers() -> list[list[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found = next(c for c in contracts if c["id"] == "layers")["layers"]
    return [[name.strip("() ") for name in re.split(r"[|:]", line)] for line in found]


def rank(name: str) -> int | None:
    for index, names in enumerate(layers()):
        if name in names:
            return index
    return None


def upward() -> Iterator[str]:
    for model in apps.get_models(include_auto_created=True):
        here = rank(model._meta.app_config.name)
        if here is None:
            continue
        for field in model._meta.get_fields():
            if field.is_relation and not field.auto_created and field.related_model:
                there = rank(field.related_model._meta.app_config.name)
                if there is not None and there < here:
                    yield f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"


def test_foreign_keys_point_down():
    assert list(upward()) == []


@functools.cache
def calls_with_text() -> list[tuple[Path, str, str]]:
    """Each call whose first argument is a text as it stands there: the module, what is called, the text."""
    return [
        (path, node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), given.value)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args
        for given in node.args[:1]
        if isinstance(given, ast.Constant) and isinstance(given.value, str)
    ]


def literal_calls(name: str) -> Iterator[tuple[Path, str]]:
    return ((path, text) for path, called, text in calls_with_text() if called == name)


def test_every_task_that_is_enqueued_by_name_exists():
    current_app.loader.import_default_modules()
    known = set(current_app.tasks)
    missing = [(str(path.relative_to(ROOT)), name) for path, name in literal_calls("enqueue") if name not in known]
    assert missing == []


def test_every_scheduled_task_exists():
    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in BEAT.values()} <= set(current_app.tasks)


def test_every_model_that_is_named_in_a_string_exists():
    for path, name in literal_calls("get_model"):
        label = name if "." in name else None
        if label:
            assert apps.get_model(label) is not None, path


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_holds_one_thing_and_says_which(path):
    assert path.stem not in VAGUE
    assert len(path.read_text().splitlines()) <= MOST_LINES


#: What changes with each release: a migration means the tables of its own moment.
OF_TODAY = {"services", "selectors", "tasks", "models"}


def test_a_migration_calls_nothing_that_changes_with_a_later_release():
    found = [
        (str(path.relative_to(ROOT)), module)
        for room in ROOMS
        for path in (ROOT / room).rglob("migrations/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for module in [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        if module.split(".")[0] in ROOMS and OF_TODAY & set(module.split("."))
    ]
    assert found == []


def test_what_a_class_leaves_to_others_is_abstract_or_an_attribute_and_no_stub():
    stubs = [str(p.relative_to(ROOT)) for p in modules() if "raise NotImplementedError" in p.read_text()]
    assert stubs == []


def test_law_rooms_read_the_clock_only_through_core():
    direct = re.compile(r"datetime\.now\(|timezone\.now\(|date\.today\(|datetime\.utcnow\(")
    found = [str(p.relative_to(ROOT)) for p in modules() if p.name != "clock.py" and direct.search(p.read_text())]
    assert found == []


def test_the_front_page_leads_to_every_page_of_the_documentation():
    said = (ROOT / "README.md").read_text()
    pages = [str(page.relative_to(ROOT)) for page in (ROOT / "portal/docs").glob("*.md")]
    assert [page for page in pages if f"({page})" not in said] == []


#: Libraries that parse what others send, mostly in C: a fault in one is a fault in whoever runs it.
PARSERS = frozenset(
    {"PIL", "lxml", "onelogin", "openpyxl", "pikepdf", "pyhanko", "pyzipper", "tarfile", "xml", "zipfile", "zxingcpp"}
)
#: The modules that run in the confined child alone (``portal.kernel.vault.inspection``).
CONFINED = (
    "consent/notices/documents/",
    "grievances/base/inbound_mail/parser.py",
    "kyc/review/ocr_comparison.py",
    "kyc/sanctions/",
    "kyc/signatures/",
    "portal/kernel/vault/inspection/",
)
#: What parses in the process that holds the keys, and why it may.
UNCONFINED = {
    "kyc/legacy_imports/services/legacy_import.py": "archives of an old system, brought by staff: too large for a child; Python and zlib, bounded",
    "portal/demo/story/specimens.py": "makes files",
    "portal/kernel/jobs/archives.py": "makes files",
    "portal/kernel/jobs/xlsx_writer.py": "makes files",
    "portal/fronts/signin/saml.py": "answers of the company's own provider, where one is set: 256 kB, plain UTF-8, no document type",
    "portal/kernel/vault/backups/restore.py": "the operator's own backup, decrypted and compared with its hash before it is opened",
    "portal/kernel/vault/backups/create.py": "makes files",
}


def parsing() -> set[str]:
    found = set()
    for path in modules():
        tree = ast.parse(path.read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if {name.partition(".")[0] for name in names} & PARSERS:
            found.add(str(path.relative_to(ROOT)))
    return found


def test_what_others_send_is_parsed_in_the_confined_child_alone():
    assert {path for path in parsing() if not path.startswith(CONFINED)} == set(UNCONFINED)


def test_a_browsers_field_for_a_day_gets_its_day_as_browsers_write_it():
    """A field of the type "date" shows nothing where its day comes in another form than YYYY-MM-DD (HTML, 4.10.5.1.7)."""
    calls = [
        (path, node)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("DateInput")
    ]
    given = {ast.unparse(node): path for path, node in calls if "'type': 'date'" in ast.unparse(node)}
    assert given
    assert [(path.name, call) for call, path in given.items() if "format='%Y-%m-%d'" not in call] == []


#: How many lines the type checker is told to pass over. The number only falls.
PASSED_OVER = 85


def test_fewer_lines_are_passed_over_by_the_type_checker_each_time_and_never_more():
    mark = re.compile(r"#\s*type:\s*ignore")
    assert sum(len(mark.findall(path.read_text())) for path in modules()) == PASSED_OVER


#: Words of the trade that end like a verb.
NOUNS = {
    "address_processing",
    "non_consent_processing",
    "processing",
    "public_tracking",
    "sampling",
    "screening",
    "tracking",
}
#: Names that said how something is done instead of what it is (the project's glossary has their successors).
HOUSE_WORDS = {
    "erasers",
    "finding",
    "gates",
    "hooks",
    "letters",
    "resources",
    "sections",
    "sizes",
    "stated",
    "states",
    "strands",
}
HOUSE_WORDS |= {"words", "told", "said", "asked", "heard", "books", "doors", "papers", "rests", "turns", "ways_out"}


def test_a_module_is_called_by_what_it_holds_and_not_by_what_it_does():
    names = {path.stem for path in modules() if "commands" not in path.parts} - NOUNS
    assert sorted(name for name in names if name.endswith("ing") or name in HOUSE_WORDS) == []
