"""What every test stands on: tables that are emptied, an anchor of its own, real workers for those that ask."""

import contextlib
import gc
import itertools
import os
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis.errors import InvalidArgument
from whitenoise.middleware import WhiteNoiseMiddleware

from portal.fronts.signin import session_limits
from portal.kernel.core import ports, shared_counters
from portal.kernel.vault.inspection import client as inspection_client
from tests import durations, emptying, other_sessions, templates
from tests.caching import AWAY
from tests.workers import running

JOURNEYS = Path(__file__).parent / "journeys"
LONGEST = "test_killed_processes.py"
ARCHITECTURE = Path(__file__).parent / "architecture"
#: Where tests without rows may depend on the services all the same.
STACK = {Path(__file__).parent, Path(__file__).parent / "core", JOURNEYS}

ROOT = Path(__file__).parent.parent
#: The functions that only a long run takes, by their module (``tests/long.toml``).
LONG = {
    ROOT / module: frozenset(names)
    for module, names in tomllib.loads((ROOT / "tests" / "long.toml").read_text(encoding="utf-8")).items()
}

#: A busy machine is slow, not wrong: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("full", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
#: The quick run tries fewer examples where each takes a database: they are new ones in each run.
hypothesis.settings.register_profile("quick", hypothesis.settings.get_profile("full"), max_examples=10)
#: What a law without a database tries in each run.
EXAMPLES = 100

#: TEST_ORDER=SEED: the tests in a random order, the same for the same seed and the same tests.
ORDER = os.environ.get("TEST_ORDER", "")


def pytest_report_header() -> str | None:
    return f"random order: TEST_ORDER={ORDER}" if ORDER else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in terminalreporter.stats.values() for report in kind if hasattr(report, "duration")]
    table = durations.lines(durations.by_part(reports))
    if table:
        terminalreporter.write_sep("=", "time by part, all processes together")
        terminalreporter.write_line("\n".join(table))


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile(profile_for(config.option.markexpr))
    gc.enable()  # tests.settings turned it off: loading the portal makes many objects and leaves no garbage
    # Ten thousand tests make much that is soon let go: looking for cycles each 700 objects takes a twentieth of the time.
    gc.set_threshold(200_000, 20, 50)


def profile_for(marks: str) -> str:
    """Which examples a run tries, by the marks of its tests: as many as a long run where it takes the long tests too."""
    return "quick" if all("not full" in part for part in marks.split(" or ")) else "full"


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: nobody looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def tables_are_emptied_our_way() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.teardown)
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_are_looked_for_once() -> Iterator[None]:
    """Each client of a test makes the middlewares anew: the files that this one serves are the same in every test."""
    found: dict[str, Any] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def add(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add)
        yield


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
) -> Iterator[bool]:
    """Takes the place of the plug-in's: copies of databases that were migrated once, and none where no test asks.

    Yields whether there are databases.
    """
    if not any(item.get_closest_marker("django_db") for item in request.session.items):
        yield False
        return
    with django_db_blocker.unblock():
        prepared = templates.databases(set(settings.DATABASES), verbosity=request.config.option.verbose)
        prepared.__enter__()
    yield True
    with django_db_blocker.unblock():
        prepared.__exit__(None, None, None)


@pytest.fixture(scope="session")
def anchors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place for the anchor of each test. It is made by whoever writes there: of ten tests hardly one seals."""
    place = tmp_path_factory.mktemp("anchors")
    return (place / str(number) / "checkpoint.json" for number in itertools.count())


@pytest.fixture(autouse=True)
def anchor_of_its_own(anchors: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts with an empty database, so it needs an empty anchor too: else every seal reports a rollback."""
    anchor = next(anchors)
    monkeypatch.setattr(settings, "LEDGER_ANCHOR", anchor)
    return anchor


@pytest.fixture(autouse=True)
def rules_of_sessions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever counts queries must not meet the minute's turn, at which one request reads these rules again."""
    monkeypatch.setattr(session_limits, "READ_EVERY", 86_400.0)


@pytest.fixture(autouse=True)
def pictures_are_read_only_where_a_test_asks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra ``ocr`` and without it the tests say the same; those marked ``reads_pictures`` are about it."""
    if request.node.get_closest_marker("reads_pictures") is None:
        monkeypatch.setattr(inspection_client, "can_read_pictures", lambda: False)


@pytest.fixture(autouse=True)
def each_test_begins_in_english() -> None:
    """A request in another language leaves that one active in its thread: the next test would read messages in it."""
    translation.deactivate()


@pytest.fixture
def ledger_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are made without the rows of the rooms above that repeat them: check V9 has nothing to compare."""
    monkeypatch.setattr(ports, "ledger_rows", [])


@pytest.fixture
def cache_is_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is gone. Counted is in this process, from nothing, and in the cache again once the test is over."""
    shared_counters._own.clear()
    monkeypatch.setattr(shared_counters, "_away_until", None)
    settings.CACHES = AWAY


@pytest.fixture
def workers(transactional_db: None) -> Iterator[None]:
    """Real workers: tasks that a request enqueues are done as in production, after its commit."""
    with running():
        yield


@pytest.fixture(scope="session", autouse=True)
def end_left_connections(django_db_setup: bool, django_db_blocker: Any) -> Iterator[None]:
    """Threads of a live server may leave connections behind; PostgreSQL drops no database that somebody uses."""
    yield
    if not django_db_setup:
        return
    with django_db_blocker.unblock():
        for each in connections.all():
            other_sessions.end(each)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """A test that may touch the database may touch the key store too: no subject's text is written without a key.

    What cannot say anything else on another database is quick on the embedded stack alone.
    """
    for item in items:
        if getattr(item, "originalname", item.name) in LONG.get(item.path, ()):
            item.add_marker(pytest.mark.full)
        mark = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        has_database = mark is not None or bool(fixtures & {"db", "transactional_db", "live_server", "workers"})
        if settings.REDIS_URL and says_the_same_everywhere(item, has_database=has_database):
            item.add_marker(pytest.mark.full)
        if not has_database:
            try_more_examples(item)
            continue
        kwargs = dict(mark.kwargs) if mark else {"transaction": "db" not in fixtures or "transactional_db" in fixtures}
        kwargs.setdefault("databases", "__all__")
        item.add_marker(pytest.mark.django_db(**kwargs), append=False)
    yield
    # Only now: the plug-in of Django has put all that commit at the end.
    if ORDER:
        items[:] = in_random_order(items, seed=ORDER)
    else:
        items[:] = longest_first(items, processes=int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def try_more_examples(item: pytest.Item) -> None:
    """A law that costs no database is tried as often in a quick run as in a long one, unless it says how often itself."""
    function = getattr(item, "function", None)
    if hypothesis.is_hypothesis_test(function):
        with contextlib.suppress(InvalidArgument):  # it has settings of its own, or is here with other parameters
            hypothesis.settings(max_examples=EXAMPLES)(function)


def says_the_same_everywhere(item: pytest.Item, *, has_database: bool) -> bool:
    """Whether this test asks no database, no cache and no process of the portal anything: a second stack adds nothing.

    A module that reads the settings, or names a connection or the cache, is taken to ask, whatever its tests do. So are
    the kernel's tests, which start processes and speak to both services, and the journeys.
    """
    if ARCHITECTURE in item.path.parents or any(item.get_closest_marker(name) for name in ("crawl", "one_stack")):
        return True
    if has_database or item.path.parent in STACK:
        return False
    names = vars(getattr(item, "module", None) or object)
    return not any(value is thing for value in names.values() for thing in (settings, connection, connections, cache))


def in_random_order(items: list[pytest.Item], *, seed: str) -> list[pytest.Item]:
    """The modules in a random order, and the tests of each: what a module prepares for its tests is made once."""
    chance = random.Random(seed)  # each process makes the same order of the same seed
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)
    paths = sorted(modules)
    chance.shuffle(paths)
    return [item for path in paths for item in chance.sample(modules[path], len(modules[path]))]


def longest_first(items: list[pytest.Item], *, processes: int) -> list[pytest.Item]:
    """The journeys in front, the longest of them first: at the end no process shall wait for one.

    Each process is given as many items that follow each other as the next one, so each of these parts begins with some.
    """
    journeys = [item for item in items if JOURNEYS in item.path.parents]
    journeys.sort(key=lambda item: (item.path.name != LONGEST, item.get_closest_marker("crawl") is None))
    others = [item for item in items if JOURNEYS not in item.path.parents]
    return [
        item
        for process in range(processes)
        for item in (*journeys[process::processes], *_part(others, process, processes))
    ]


def _part(items: list[pytest.Item], number: int, parts: int) -> list[pytest.Item]:
    return items[len(items) * number // parts : len(items) * (number + 1) // parts]
