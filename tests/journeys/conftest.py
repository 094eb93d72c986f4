"""Browsers for the journeys: Chromium as it is installed, with JavaScript and without."""

from collections.abc import Callable, Iterator
from inspect import signature

import pytest
from django.conf import settings
from playwright.sync_api import Browser, sync_playwright

from consent.base.selectors import contact_rulebook
from tests import matrix
from tests.journeys.browsing import NARROW, WIDE, Person


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run. Its event loop makes Django suspicious of every query beside it."""
    path = matrix.chromium()
    if path is None:
        pytest.fail(
            "Browser tests need Chromium: apt install chromium-headless-shell, or leave them out with -m 'not browser'."
        )
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path=path,
            # Scripts run as they are: a page lives too short, and axe in it, for what its optimising costs to come back.
            args=["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", "--js-flags=--no-opt"],
        )
        yield browser
        browser.close()


#: The four journeys of the mission: each run goes them with scripts and without, and looks at each step with axe. The
#: quick run goes the others without scripts, where a page has the least to help itself with, and looks with axe at the
#: pages in ``test_pages_have_no_axe_violations``.
LOOKED_AT = {
    "test_an_auditor_takes_evidence_away",
    "test_filing_a_grievance_as_a_stranger",
    "test_proving_who_you_are",
    "test_withdrawing_promotional_sms",
}


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Every journey runs twice."""
    return bool(request.param)


@pytest.fixture
def axe(request: pytest.FixtureRequest) -> bool:
    """Whether this journey is looked at with axe in this run. Quick, on one stack: the pages are the same on the other."""
    is_quick = "not full" in request.config.option.markexpr
    return not is_quick or (request.path.stem in LOOKED_AT and not settings.REDIS_URL)


@pytest.fixture
def window(chromium: Browser, live_server, scripts: bool, axe: bool) -> Iterator[Callable[..., Person]]:
    """Opens windows: ``window()`` for one person, again for another, ``window(narrow=True)`` for a small telephone.

    At the end no window may have met a problem: an accessibility fault, a request elsewhere, an error in the console.
    """
    contact_rulebook.forget()
    opened: list[Person] = []

    def open_window(*, narrow: bool = False) -> Person:
        person = Person(chromium, live_server.url, scripts, viewport=dict(NARROW if narrow else WIDE), axe=axe)
        opened.append(person)
        return person

    yield open_window
    problems = [problem for person in opened for problem in person.problems]
    for person in opened:
        person.leaves()
    assert problems == []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick run goes each journey in English; ``full`` goes each in every language, with scripts and without.

    A test that asks itself whether there are scripts comes to another end with them: it is quick both ways.
    """
    for item in items:
        chosen = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if "scripts" not in chosen:
            continue
        both_ways = item.path.stem in LOOKED_AT or "scripts" in signature(item.function).parameters
        if chosen.get("language", "en") != "en" or (chosen["scripts"] and not both_ways):
            item.add_marker(pytest.mark.full)
