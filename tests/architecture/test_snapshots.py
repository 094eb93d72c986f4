"""What other people and stored rows rely on, written down: a move of code must not change a line of it.

Each file in ``snapshots/`` holds one sorted fact a line. A change that is meant is written anew with
``UPDATE_SNAPSHOTS=1 ./run test tests/architecture/test_snapshots.py``, and the difference is read in review.
"""

import ast
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.contrib import admin
from django.db.models import Model

from portal.fronts.evidence import registers
from portal.kernel.audit.facts import FACTS
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.core import ids, ports, records
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.people.services.maker_checker import shown_digest
from portal.kernel.retention.exemptions import reasons
from tests.architecture.test_structure import ROOT, modules

FOLDER = Path(__file__).parent / "snapshots"
OWN = ("portal.", "kyc.", "consent.", "grievances.")


def own_models() -> Iterable[type[Model]]:
    return (model for model in apps.get_models() if f"{model.__module__}.".startswith(OWN))


def menu() -> Iterator[str]:
    for model in admin.site._registry:
        place = records.of(model).place
        yield f"{place.page} {place.shown.value} {place.order:03d} {place.of or '-'} {model._meta.label}"


def audit_kinds() -> Iterator[str]:
    return (f"{kind}: {' '.join(sorted(FACTS[kind]))}" for kind in AuditKind)


def scopes_of_days() -> Iterator[str]:
    return (f"{label}: {record.day}" for label, record in records.by_label().items() if record.day is not None)


def exemptions() -> Iterator[str]:
    return (f"{label}: {reason}" for label, reason in reasons().items())


def evidence_registers() -> Iterator[str]:
    return (
        f"{each.name}: {each.label} {' '.join(column.name for column in each.columns)}" for each in registers.REGISTERS
    )


def reference_kinds() -> Iterator[str]:
    return iter(ids.KINDS)


def work() -> Iterator[str]:
    return (f"{kind} {model._meta.label}" for kind, model in records.work().items())


def tasks() -> Iterator[str]:
    current_app.loader.import_default_modules()
    return (name for name in current_app.tasks if name.startswith(OWN))


def permissions() -> Iterator[str]:
    for model in own_models():
        meta = model._meta
        names = (
            *(f"{each}_{meta.model_name}" for each in meta.default_permissions),
            *(p for p, _n in meta.permissions),
        )
        yield f"{meta.label} {meta.db_table}: {' '.join(names)}"


def encrypted_fields() -> Iterator[str]:
    """The label and the name of a field are part of what its cipher authenticates."""
    for model in own_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedTextField):
                yield f"{model._meta.label}.{field.name} {type(field).__name__}"


def message_ids() -> Iterator[str]:
    """Hashes: the words themselves are in the catalogues."""
    catalogue = (ROOT / "portal/locale/hi/LC_MESSAGES/django.po").read_text()
    for written in re.findall(r'^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)', catalogue, re.MULTILINE):
        text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', written))
        yield hashlib.sha256(text.encode()).hexdigest()[:16]


def proposal_contents() -> Iterator[str]:
    """The keys of each mapping that two people are bound to: another key would end every open proposal of its kind."""
    for path in modules():
        text = path.read_text()
        if "four_eyes" not in text and "shown" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and "shown" in node.name:
                returned = (each.value for each in ast.walk(node) if isinstance(each, ast.Return))
                yield from (f"{node.name}: {_keys(value)}" for value in returned if isinstance(value, ast.Dict))
            elif isinstance(node, ast.keyword) and node.arg == "shown" and isinstance(node.value, ast.Dict):
                yield f"shown: {_keys(node.value)}"


def _keys(value: ast.Dict) -> str:
    return " ".join(sorted("**" if key is None else ast.unparse(key) for key in value.keys))


def collected() -> Iterator[str]:
    """What rooms register with each other, by the class or function that does it: counted, since modules move."""
    for name, port in vars(ports).items():
        if isinstance(port, ports.HookList):
            yield f"{name}: {len(port)}"


SNAPSHOTS: dict[str, Callable[[], Iterable[str]]] = {
    made.__name__: made
    for made in (
        menu,
        audit_kinds,
        scopes_of_days,
        exemptions,
        evidence_registers,
        reference_kinds,
        work,
        tasks,
        permissions,
        encrypted_fields,
        message_ids,
        proposal_contents,
        collected,
    )
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_nothing_that_others_rely_on_has_changed_unseen(name: str) -> None:
    file = FOLDER / f"{name}.txt"
    now = "".join(f"{line}\n" for line in sorted(SNAPSHOTS[name]()))
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        file.write_text(now)
    before, after = set(file.read_text().splitlines()), set(now.splitlines())
    assert (sorted(before - after), sorted(after - before)) == ([], []), (
        f"{file.name}: if this is meant, write it anew (UPDATE_SNAPSHOTS=1) and say why in the commit"
    )
    assert before, "an empty snapshot holds nothing together"


def test_the_digest_of_what_two_people_saw_is_that_of_every_earlier_release() -> None:
    shown = {"level": "high", "reasons": ["country", "पता"], "reference": "OS-KC-0000-0000", "until": None, "points": 7}
    assert shown_digest(shown) == shown_digest(dict(reversed(shown.items())))
    assert shown_digest(shown) == "a9d69860255648525e3b265eef6a4a48f0e8e34130ef58d62d296084e1eff1e0"
