"""Who answers for a control, and which requirements of which frameworks it serves: ``data/controls.toml``."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from portal.kernel.core.data_files import data_of
from portal.kernel.law.models import LegalRule
from portal.kernel.people.models import Role

CONTROLS = data_of("portal.fronts.evidence") / "controls.toml"
#: The topic of a control that no list names: a rule or a measure that came after the file.
OTHERWISE = "governance"


@dataclass(frozen=True)
class Reference:
    """A requirement of a framework. Unconfirmed until somebody has compared it with the text."""

    framework: str
    name: str
    where: str
    source: str
    is_confirmed: bool


@dataclass(frozen=True)
class Topic:
    """What a control is about: its owner is a role, by code and by name."""

    code: str
    name: str
    owner: str
    owner_name: str
    references: tuple[Reference, ...] = ()


@cache
def shipped() -> dict[str, Any]:
    """The file as it is."""
    found: dict[str, Any] = tomllib.loads(CONTROLS.read_text(encoding="utf-8"))
    return found


class Catalogue:
    """The topics as of a day: provisions and confidence of a rule are those of its version in force, or else its newest."""

    def __init__(self, *, on: date) -> None:
        names = dict(Role.objects.values_list("code", "label"))
        rules = _rules({key for topic in shipped()["topics"].values() for key in _keys(topic)}, on)
        self._topics = {code: _topic(code, given, names, rules) for code, given in shipped()["topics"].items()}

    def of_promise(self, code: str) -> Topic:
        return self._topics[code or OTHERWISE]

    def of_measure(self, control: str) -> Topic:
        return self._topics[shipped()["measures"].get(control, OTHERWISE)]

    def of_rule(self, key: str) -> Topic:
        return self._topics[shipped()["law"].get(key, OTHERWISE)]


def _keys(topic: Mapping[str, Any]) -> Iterable[str]:
    return (key for name in shipped()["frameworks"] if isinstance(topic.get(name), list) for key in topic[name])


def _rules(keys: Iterable[str], on: date) -> dict[str, LegalRule]:
    rows = LegalRule.objects.filter(key__in=set(keys))
    return {rule.key: rule for found in (rows.newest(), rows.in_force(on)) for rule in found}


def _topic(code: str, given: Mapping[str, Any], names: Mapping[str, str], rules: Mapping[str, LegalRule]) -> Topic:
    references = [
        reference
        for framework, about in shipped()["frameworks"].items()
        for reference in _references(framework, about, given.get(framework, ()), rules)
    ]
    owner = given["owner"]
    return Topic(code, given["name"], owner, names.get(owner, owner.replace("_", " ")), tuple(references))


def _references(
    framework: str, about: Mapping[str, str], said: str | list[str], rules: Mapping[str, LegalRule]
) -> list[Reference]:
    name = about["name"]
    if isinstance(said, str):
        return [Reference(framework, name, said, about["source"], is_confirmed=False)]
    known = [rules[key] for key in said if key in rules]
    return [Reference(framework, name, rule.provision, rule.source, rule.is_confirmed) for rule in known]
