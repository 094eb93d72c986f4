"""The closed list: its grammar, its order, and facts for each."""

import re

from portal.kernel.audit.facts import FACTS
from portal.kernel.audit.kinds import AuditKind


def test_every_kind_is_area_subject_and_verb_in_alphabetical_order():
    kinds = list(AuditKind)
    assert [kind for kind in kinds if not re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_]+", kind)] == []
    assert kinds == sorted(kinds)
    assert [kind.name for kind in kinds] == [kind.upper().replace(".", "_") for kind in kinds]


def test_every_kind_names_the_facts_it_may_carry():
    assert set(FACTS) == set(AuditKind)
    assert all(FACTS.values())


def test_no_fact_is_named_like_personal_data():
    personal = {"name", "email", "phone", "address", "number", "text", "comment", "ip", "value"}
    assert {kind: FACTS[kind] & personal for kind in AuditKind if FACTS[kind] & personal} == {}
