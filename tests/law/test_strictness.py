"""The categories of messages have one order, stated once."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.law.category_order import STRICTEST_FIRST, strictest
from portal.kernel.law.choices import MessageCategory

ROOT = Path(__file__).parents[2]
categories = st.sampled_from(STRICTEST_FIRST)


def test_the_words_of_the_categories_stand_in_the_order_of_strictness():
    assert tuple(MessageCategory.values) == STRICTEST_FIRST


def test_no_other_module_lists_the_categories_in_an_order_of_its_own():
    """Named by code or by constant: three of them or more in a row."""
    files = [file for room in ("consent", "grievances", "kyc", "portal") for file in (ROOT / room).rglob("*.py")]
    own = [f for f in files if f.name != "category_order.py" and not {"migrations", "demo"} & set(f.parts)]
    assert [f"{file.relative_to(ROOT)}:{line}" for file in own for line in _lines_of_lists(file)] == []


def _lines_of_lists(file: Path) -> list[int]:
    nodes = ast.walk(ast.parse(file.read_text()))
    return [n.lineno for n in nodes if isinstance(n, (ast.Tuple, ast.List)) and len(_named(n)) > 2]


def _named(node: ast.Tuple | ast.List) -> list[str]:
    said = [str(getattr(e, "value", "")) if isinstance(e, ast.Constant) else _last_name(e) for e in node.elts]
    return [name for name in said if name.lower() in STRICTEST_FIRST]


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@given(st.lists(categories, min_size=1))
def test_one_promotional_part_makes_the_whole_message_promotional(named):
    assert strictest([*named, "promotional"]) == "promotional"


@given(st.lists(categories, min_size=1))
def test_the_order_in_which_categories_are_named_does_not_matter(named):
    assert strictest(named) == strictest(reversed(named))
    assert strictest(named) in named


@pytest.mark.parametrize("named", [[], ["holiday greetings"], ["transactional", ""]])
def test_a_category_nobody_knows_counts_as_promotional(named):
    assert strictest(named) == "promotional"
