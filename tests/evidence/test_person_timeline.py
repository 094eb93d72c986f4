"""The file of one person as of an instant is what the tables said then, and a replay of the events up to then."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consent.models import ConsentEvent
from portal.fronts.evidence.person.roles_at_date import Actors, roles_then
from portal.fronts.evidence.person.subject_timeline import Timeline, replay, timeline_of
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ports
from portal.kernel.core.timeline_api import owner_of
from portal.kernel.ledger import services as ledger
from portal.kernel.people.services import subjects
from tests.evidence.lives import ACTS, BEGIN, Life, a_world_of_its_own
from tests.people.factories import PrincipalFactory

pytestmark = pytest.mark.django_db


def stood(timeline: Timeline) -> dict[str, dict[str, str]]:
    """The states of a timeline in the form of ``Life.tables``."""
    found: dict[str, dict[str, str]] = {"consents": {}, "holds": {}, "record": {}, "tickets": {}}
    for row in timeline.standing():
        if row.strand == "consents":
            found["consents"][row.about.split(", ")[1]] = row.state
        elif row.strand == "record":
            found["record"][row.thing] = row.state
        elif row.strand in found:
            found[row.strand][row.about] = row.state
    return found


def by_hand(life: Life, at) -> list[tuple[str, str]]:
    """What was recorded of the person by then, read from the two tables of events without any of the file's code."""
    refs = life.refs()
    audits = AuditEvent.objects.filter(subject_ref__in=refs, entry__recorded_at__lte=at)
    answers = ConsentEvent.objects.filter(subject_ref__in=refs, entry__recorded_at__lte=at)
    rows = [(e.entry.recorded_at, e.entry_id, e.kind, e.about) for e in audits.select_related("entry")]
    rows += [
        (e.entry.recorded_at, e.entry_id, f"consent.answer.{e.answer}", "") for e in answers.select_related("entry")
    ]
    return [(act, about) for _at, _pk, act, about in sorted(rows)]


def is_a_replay(life: Life, at, tables) -> None:
    timeline = timeline_of(life.ref, at=at)
    events = list(timeline.everything())
    assert len(events) == tables["events"]
    assert [
        (e.act, "" if e.strand == "consents" and e.act.startswith("consent.answer") else e.about) for e in events
    ] == by_hand(life, at)
    assert stood(timeline) == {name: rows for name, rows in tables.items() if name != "events"}


#: Each example takes seconds: a failing one is short enough as it is.
@settings(phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=8), pick=st.integers(min_value=0))
def test_as_of_any_instant_it_is_what_the_tables_said_then(acts, pick):
    with a_world_of_its_own():
        life = Life().go(*acts)
        at, tables = life.seen[pick % len(life.seen)]
        is_a_replay(life, at, tables)
        is_a_replay(life, at + timedelta(minutes=59), tables)


@pytest.mark.full
def test_a_busy_person_of_a_thousand_events_reads_as_a_replay_at_each_instant():
    """A thousand events through the services take a minute."""
    drawn = random.Random(2026)
    life = Life()
    while not life.seen or life.seen[-1][1]["events"] < 1_000:
        life.go(*drawn.choices(ACTS, k=20))
    for at, tables in [*drawn.sample(life.seen, 12), life.seen[-1]]:
        is_a_replay(life, at, tables)


def test_pages_of_any_size_give_each_event_once_the_newest_first():
    life = Life().go("yes", "hold", "look", "no", "ticket", "look", "yes")
    timeline = timeline_of(life.ref, at=life.now)
    whole = [event.number for event in timeline.everything()][::-1]
    for most in (1, 3, len(whole), len(whole) + 1):
        seen, place = [], ""
        while True:
            page, place = timeline.page(behind=place, most=most)
            seen += [event.number for event in page]
            if not place:
                break
        assert seen == whole


def test_what_follows_the_instant_is_absent_from_page_state_and_count():
    life = Life().go("yes", "look")
    before = timeline_of(life.ref, at=life.now)
    shown = [event.entry for event in before.page()[0]], before.standing(), before.entries().count()
    life.go("no", "hold", "ticket")
    again = timeline_of(life.ref, at=life.seen[1][0])
    assert ([event.entry for event in again.page()[0]], again.standing(), again.entries().count()) == shown


def test_another_reference_counts_from_the_instant_in_which_it_was_joined():
    life = Life().go("look")
    with time_machine.travel(BEGIN, tick=False):
        twin = PrincipalFactory()
    lone, life.who = life.who, twin
    life.go("hold")
    life.who = lone
    joined_at = life.now + timedelta(hours=1)
    before = timeline_of(life.ref, at=life.now).entries().count()
    with time_machine.travel(joined_at, tick=False):
        subjects.join(old_ref=twin.subject.ref, new_ref=life.ref, actor=life.officer, now=joined_at)
    assert timeline_of(life.ref, at=joined_at - timedelta(seconds=1)).entries().count() == before
    acts = [event.act for event in timeline_of(life.ref, at=joined_at).everything()]
    assert "retention.hold.placed" in acts
    assert acts[-1] == "people.subject.joined"


def test_narrowed_to_a_kind_it_gives_that_kind_alone():
    life = Life().go("yes", "hold", "look")
    timeline = timeline_of(life.ref, at=life.now)
    for strand in timeline.strands:
        page, _place = timeline.page(strands=[strand])
        assert {event.strand for event in page} <= {strand.code}
    holds = next(strand for strand in timeline.strands if strand.code == "holds")
    assert [event.act for event in timeline.page(strands=[holds])[0]] == ["retention.hold.placed"]


def test_a_reader_is_given_the_strands_of_their_roles_alone():
    life = Life().go("yes", "hold", "look")
    timeline = timeline_of(life.ref, at=life.now, may_read=lambda code: code == "consent.event:view")
    assert {event.strand for event in timeline.everything()} == {"consents"}
    assert {row.strand for row in timeline.standing()} == {"consents"}


def test_roles_are_those_held_at_the_instant_and_an_actor_stands_with_the_roles_of_the_act():
    life = Life().go("look")
    officer = life.officers[0]
    [event] = [e for e in timeline_of(life.ref, at=life.now).everything() if e.act == "admin.record.opened"]
    grant = officer.role_grants.get()
    grant.ends_at = life.now + timedelta(hours=1)
    grant.save(update_fields=["ends_at"])
    said = Actors([event.who])
    assert said(event.who, event.at) == f"{officer.full_name or officer.email} (Data protection officer)"
    assert said(event.who, grant.ends_at).endswith("(no role)")
    assert officer.pk in {holder.login for holder in roles_then(life.now)}
    assert officer.pk not in {holder.login for holder in roles_then(grant.ends_at)}
    assert officer.pk not in {holder.login for holder in roles_then(grant.granted_at - timedelta(seconds=1))}


def test_every_act_has_one_strand_and_those_of_a_person_are_not_left_to_the_rest():
    rest = {str(kind) for kind in AuditKind if owner_of(kind).code == "others"}
    assert {kind.split(".")[0] for kind in rest} <= {"export", "jobs", "law", "ledger", "operations", "registers"}
    assert len({strand.code for strand in ports.strands}) == len(ports.strands)


def test_a_fold_keeps_since_when_a_state_has_stood():
    life = Life().go("protect", "look", "unprotect")
    events = list(timeline_of(life.ref, at=life.now).everything())
    [row] = [row for row in replay(events) if row.thing == "protection"]
    assert (row.state, row.since) == ("ended", life.now)


def test_each_event_names_its_leaf_once_it_is_sealed(ledger_alone):
    life = Life().go("look")
    timeline = timeline_of(life.ref, at=life.now)
    assert {event.leaf for event in timeline.everything()} == {None}
    ledger.seal_now()
    leaves = [event.leaf for event in timeline.everything()]
    assert None not in leaves
    assert len(set(leaves)) == len(leaves)


@pytest.mark.parametrize("place", ["x", "é", "MTIz", "YWJjLjE", "MS4", "9" * 40])
def test_a_damaged_place_is_refused(place):
    with pytest.raises(ValueError):
        timeline_of(uuid4(), at=BEGIN).page(behind=place)
