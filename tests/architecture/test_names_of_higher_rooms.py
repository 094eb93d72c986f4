"""A room names no model of a room above it in a string: it asks what declared itself (``portal.kernel.core.records``)."""

import ast
from collections.abc import Iterator

from django.apps import apps

from tests.architecture.test_structure import ROOT, modules

#: The rooms in import order, low to high; those of one place name each other no more than those above.
ORDER = (
    *("core", "ledger", "audit", "law", "vault", "jobs", "people", "outbox", "registers", "retention"),
    ("consent", "grievances", "kyc"),
    ("api", "evidence", "selfservice", "signin", "workplace"),
)
HEIGHT = {
    room: height for height, rooms in enumerate(ORDER) for room in ((rooms,) if isinstance(rooms, str) else rooms)
}


def named_above() -> Iterator[str]:
    """Where a room names which model."""
    heights = {
        model._meta.label: HEIGHT[model._meta.app_label]
        for model in apps.get_models()
        if model._meta.app_label in HEIGHT
    }
    for path in modules():
        parts = path.relative_to(ROOT).parts
        room = parts[2] if parts[1] in {"kernel", "fronts"} else parts[0]
        if room not in HEIGHT:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                other = heights.get(node.value)
                label = node.value.partition(".")[0]
                if other is not None and label != room and other >= HEIGHT[room]:
                    yield f"{'/'.join(parts)}:{node.lineno} {node.value}"


def test_no_room_names_a_model_of_a_higher_room():
    assert list(named_above()) == []
