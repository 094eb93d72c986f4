"""Browsers for the journeys: Chromium as it is installed, with JavaScript and without."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from consent.selectors import rulebook
from tests.journeys.browsing import NARROW, WIDE, Person

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run. Its event loop makes Django suspicious of every query beside it."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        pytest.fail("Browser tests need Chromium: apt install chromium, or leave them out with -m 'not browser'.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Every journey runs twice."""
    return bool(request.param)


@pytest.fixture
def window(chromium: Browser, live_server, scripts: bool) -> Iterator[Callable[..., Person]]:
    """Opens windows: ``window()`` for one person, again for another, ``window(narrow=True)`` for a small telephone.

    At the end no window may have met a problem: an accessibility fault, a request elsewhere, an error in the console.
    """
    rulebook.forget()
    opened: list[Person] = []

    def open_window(*, narrow: bool = False) -> Person:
        person = Person(chromium, live_server.url, scripts, viewport=dict(NARROW if narrow else WIDE))
        opened.append(person)
        return person

    yield open_window
    problems = [problem for person in opened for problem in person.problems]
    for person in opened:
        person.leaves()
    assert problems == []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick run goes each journey in every language with scripts, and in English without them too; ``full`` goes all."""
    for item in items:
        chosen = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if chosen.get("scripts") is False and chosen.get("language", "en") != "en":
            item.add_marker(pytest.mark.full)
