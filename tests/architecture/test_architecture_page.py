"""The page that tells a successor where things are is true."""

import re

import pytest

from tests.architecture import floor_plan
from tests.architecture.test_structure import ROOMS, ROOT

WALKS = ("A withdrawal", "An uploaded document", "A grievance")
#: Files that a walk may visit.
MOST = 15


def page() -> str:
    return floor_plan.PAGE.read_text(encoding="utf-8")


def named_in(text: str) -> list[str]:
    """The files and folders of the project that a text names."""
    return [
        name
        for name in re.findall(r"`([\w./]+/[\w./]+)`", text)
        if name.split("/")[0] in {*ROOMS, "templates", "tests"}
    ]


def test_the_floor_plan_is_that_of_the_packages():
    shown = page().partition(floor_plan.BEGIN)[2].partition(floor_plan.END)[0]
    assert shown.strip() == floor_plan.plan().strip(), "write it anew: python -m tests.architecture.floor_plan"


def test_every_package_says_in_a_line_what_lies_in_it():
    packages = [ROOT / within / name for within, names in floor_plan.ROOMS.items() for name in names.split()]
    assert [str(package) for package in packages if not floor_plan.first_line(package)] == []


def test_no_package_is_left_out_of_the_floor_plan():
    kinds = {"admin", "models", "management", "migrations", "data", "registers"}
    for within, names in floor_plan.ROOMS.items():
        there = {path.parent.name for path in (ROOT / within).glob("*/__init__.py")}
        assert there - kinds == set(names.split()) - kinds, within


def test_every_file_that_the_page_names_is_there():
    found = named_in(page())
    assert len(found) > 40
    assert [name for name in found if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_visits_few_files(walk):
    text = page().partition(f"### {walk}")[2].partition("\n#")[0]
    assert 5 < len(set(named_in(text))) <= MOST
