"""The release before serves while this one's migrations run; then this one goes on with its rows."""

import json
import re
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.campaigns.counts import conclude
from tests.upgrade import releases
from tests.upgrade.house import House
from tests.upgrade.releases import ROOT
from tests.upgrade.visitors import Answer, Browser, Filer, Visitor, one_click_links

#: Tables in which an upgrade loses nothing.
KEPT = (
    "people_customer",
    "people_principal",
    "people_contactpoint",
    "consent_consentevent",
    "consent_consentstate",
    "grievances_ticket",
    "kyc_document",
    "outbox_message",
    "vault_storedfile",
    "audit_auditevent",
    "ledger_entry",
)
#: Messages about a grievance that left, of either code.
LEFT = "about LIKE 'grievances.ticket:%' AND state IN ('sent', 'delivered', 'read')"
#: Seconds between two grievances.
FILES_EVERY = 2.0
#: Seconds after which the link is pressed: the first tables are being changed.
AFTER = 3.0
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
#: Pages that write, and what the log says where one waited for SQLite's one writer in vain; the release before may say only
#: that no transaction began.
WRITES = {"grievance", "preferences"}
LOCKED = re.compile(
    r'database is locked|"error": "OperationalError", "frames": [^\n]*"base\.py:\d+:_start_transaction_under'
)
BY_MIGRATION = "SQLite locked by a migration"
MAY_REFUSE = {"sqlite": {BY_MIGRATION}, "postgresql": set[str]()}
#: What beat does in the first night after it: what was asked of a service, and no migration calls one.
FIRST_NIGHT = "shell --command __import__('kyc.tasks').tasks.end_what_was_held()"
#: The steps of an upgrade that run beside the old processes (portal/docs/operators.md).
STEPS = ("migrate --verbosity 0", "migrate --verbosity 0 --database keys", "sync_rules", "sync_roles")


def test_migrations_of_a_release_are_only_added_to(tmp_path: Path) -> None:
    release = releases.last()
    if not release.released:
        pytest.skip("nothing is released yet: migrations may still be edited (decisions/upgrades.md)")
    assert release.edited(release.unpack(tmp_path / "old")) == []


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The code of the last release; its migrations are still those that it came with."""
    release = releases.last()
    code = release.unpack(tmp_path / "old")
    edited = release.edited(code)
    if edited and not release.released:
        pytest.skip(
            f"no upgrade tried: {', '.join(edited)} changed since {release.commit[:12]}, and nothing is released yet. Name a "
            f"later commit in tests/upgrade/{releases.NAMED_IN.name}."
        )
    assert edited == []
    return code


@pytest.fixture
def house(tmp_path: Path, request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[House]:
    var = tmp_path / "var"
    var.mkdir()
    made = House(var)
    with django_db_blocker.unblock():
        made.own_databases()
    yield made
    with django_db_blocker.unblock():
        made.close()


def causes_of(refused: Iterable[Answer], said: str) -> dict[tuple[str, int, str], str]:
    """Why each answer was none, as the server's log says. A page that writes (here also that a session is used) refuses where
    migrations have the one writer of SQLite for longer than it waits; nothing else may. Each needs a line of its own.
    """
    found, lines = {}, len(LOCKED.findall(said))
    for each in refused:
        is_locked = each.status in {500, 503} and each.what in WRITES and lines > 0
        lines -= is_locked
        found[each.what, each.status, each.path] = BY_MIGRATION if is_locked else f"unknown: {each.text[-200:]}"
    return found


def test_an_answer_that_was_refused_has_a_cause_or_fails_the_upgrade() -> None:
    away, line = Answer("grievance", 503, 0.0, "/check/"), "database is locked\n"
    assert set(causes_of([away], line).values()) == {BY_MIGRATION}
    assert list(causes_of([away, replace(away, path="/who/")], line).values()).count(BY_MIGRATION) == 1
    other = [replace(away, what="health"), replace(away, status=598), replace(away, status=404)]
    for each, said in [(away, "quiet"), *((one, line) for one in other)]:
        assert not set(causes_of([each], said).values()) & {BY_MIGRATION}


def held_as_before(house: House) -> int:
    """An unsent document as the release before left it: its deletion was asked for, and a hold kept it as it was."""
    ((document,),) = house.ask(
        "UPDATE kyc_document SET sent_at = NULL, deletion_asked_at = uploaded_at "
        "WHERE id = (SELECT min(id) FROM kyc_document WHERE state = 'checked') RETURNING id"
    )
    return int(document)


@pytest.mark.full
def test_the_release_before_serves_while_this_one_migrates_and_this_one_goes_on(old: Path, house: House) -> None:
    """Full: it tells the demonstration's story with the old code and starts both.

    1. The old code migrates, tells its story, and serves, with its worker and its timetable.
    2. This code's steps of an upgrade run. Meanwhile, and a little longer, the old server is asked without a pause, links of
       letters are pressed, and grievances are filed, each with its letter. No answer is a fault of ours.
    3. The old process ends, and a message that it never sent waits. This code serves: the session still holds, nothing that
       was acknowledged is lost, no message is left over, the ledger verifies.
    """
    house.serve(old)
    ((email,),) = house.ask("SELECT email FROM people_user WHERE NOT is_staff AND is_active ORDER BY id LIMIT 1")
    person = Browser(house)
    person.sign_in(email)
    assert person.ask("preferences", "/privacy/preferences/").path == "/privacy/preferences/"
    while_migrating, on_the_new_tables, by_the_new_code = one_click_links(house.var / "mailbox")[:3]
    before = {table: house.count(table) for table in KEPT}
    withdrawn = house.count("consent_consentevent", "answer = 'withdrawn'")

    stranger, filer = Browser(house), Filer(house)
    visitors = [
        Visitor(filer.file, pause=FILES_EVERY),
        Visitor(lambda: stranger.ask("health", "/healthz")),
        Visitor(lambda: Browser(house).ask("sign-in", "/privacy/sign-in/")),
        Visitor(lambda: Browser(house).ask("staff sign-in", "/staff/sign-in/")),
        Visitor(lambda: person.ask("preferences", "/privacy/preferences/")),
    ]
    for visitor in visitors:
        visitor.start()
    pressed: list[Answer] = []
    began = time.monotonic()
    presses = threading.Timer(AFTER, lambda: pressed.append(stranger.ask("one click", while_migrating, ONE_CLICK)))
    presses.start()
    house.manage(ROOT, *STEPS)
    ended = time.monotonic()
    presses.join()
    pressed.append(stranger.ask("one click", on_the_new_tables, ONE_CLICK))
    time.sleep(AFTER)  # the old code is asked for pages on the new tables, too
    answers = [answer for visitor in visitors for answer in visitor.stop()]
    refused = [each for each in [*answers, *pressed] if each.status != 200]
    causes = causes_of(refused, house.said.read_text())
    assert set(causes.values()) <= MAY_REFUSE[connection.vendor], f"{causes}: {house.said.read_text()[-6000:]}"
    meanwhile = {answer.what for answer in [*answers, *pressed] if began < answer.asked_at < ended}
    assert meanwhile == {"health", "sign-in", "staff sign-in", "preferences", "one click", "grievance"}
    assert filer.references
    assert house.count("consent_consentevent", "answer = 'withdrawn'") > withdrawn + 1
    house.end()

    held = held_as_before(house)
    house.manage(ROOT, "rebuild_consent_state", FIRST_NIGHT)
    assert house.ask(f"SELECT state FROM kyc_document WHERE id = {held}")[0][0] == "removed"
    house.serve(ROOT, DEMO_STORY="0")
    assert person.ask("preferences", "/privacy/preferences/").path == "/privacy/preferences/"
    assert stranger.ask("one click", by_the_new_code, ONE_CLICK).status == 200
    house.wait_for_messages()
    house.end()
    filed = {reference for (reference,) in house.ask("SELECT reference FROM grievances_ticket")}
    told = {
        about.split(":")[1].split("/")[0] for (about,) in house.ask(f"SELECT about FROM outbox_message WHERE {LEFT}")
    }
    conclude(
        "Grievances filed while a release takes the place of another",
        attempts=filer.tried,
        refused=filer.tried - len(filer.references),
        acknowledged=len(filer.references),
        lost={*filer.references} - (filed & told),
        why=", ".join(sorted({cause for (what, _status, _path), cause in causes.items() if what == "grievance"})),
    )
    lost = {table: (count, house.count(table)) for table, count in before.items() if house.count(table) < count}
    assert lost == {}
    assert json.loads(house.manage(ROOT, "seal_ledger", "verify_ledger --json"))["ok"] is True
    assert house.count("consent_consentevent", "answer = 'withdrawn'") > withdrawn + 2
