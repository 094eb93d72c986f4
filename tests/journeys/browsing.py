"""A person with a browser: what every journey sees, and what no page may do."""

import contextlib
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Request, Response, expect
from playwright.sync_api import TimeoutError as NotArrived

#: Every rule of WCAG 2.2 A and AA, and axe's best practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: One run of axe over the page, only what it violates. A page without scripts has no timers: axe waits with promises.
LOOK = f"""
globalThis.setTimeout = (act, milliseconds, ...given) => void Promise.resolve().then(() => act(...given));
{AXE_SCRIPT}
axe.run(
    {{exclude: globalThis.leftOut}},
    {{preload: false, resultTypes: ["violations"], runOnly: {{type: "tag", values: {json.dumps(RULES)}}}}},
).then(
    found => found.violations.map(fault => [fault.id, fault.nodes.slice(0, 3).map(node => String(node.target))])
)
"""
#: The links of staff to all books, which are nine tenths of each of their pages.
NAVIGATION = ".staff-nav"
#: All that axe goes by: the page as it stands, what is filled in, where the keyboard is, the styles, the window; and the
#: same of the navigation alone, where the mark of the present page wanders from link to link.
STANDS = f"""
[
    [
        innerWidth, innerHeight, [...document.styleSheets].map(sheet => sheet.href), document.documentElement.outerHTML,
        [...document.querySelectorAll("input, select, textarea")].map(
            field => [field.checked, field.value, field.disabled]
        ),
        [...document.querySelectorAll("*")].indexOf(document.activeElement),
    ].join(" "),
    [
        innerWidth, [...document.styleSheets].map(sheet => sheet.href),
        [...document.querySelectorAll("{NAVIGATION}")].map(
            links => links.outerHTML.replace(/ aria-current="page"/, "") + links.contains(document.activeElement)
        ),
    ].join(" "),
]
"""
#: What differs from visit to visit and is as long each time: references, tokens, numbers and times.
VARIES = re.compile(r"\b[A-Z]{2}(?:-[0-9A-Z]{4}){2,3}\b|[0-9A-Za-z_-]{20,}|\d+")
#: Pages and navigations, just as they stood, in which axe found nothing in this process.
_WITHOUT_FAULT: set[str] = set()
#: Milliseconds that a page is given to arrive.
ARRIVES = 10_000
NARROW = {"width": 320, "height": 900}
WIDE = {"width": 1280, "height": 900}


def shows_an_error(page: Page) -> None:
    """The page says in its title that something is to be mended; it may still be arriving at the address it had."""
    expect(page).to_have_title(re.compile("^Error: "), timeout=ARRIVES)


@dataclass
class Person:
    """One browser window. ``problems`` are what no page may do: ask elsewhere, break the policy, log an error.

    ``scripts`` says whether JavaScript is on; the journey must come to the same end either way. ``axe`` says whether each
    page is looked at with axe as it stands at that step, which takes more of the processor than all else a page needs.
    """

    browser: Browser
    origin: str
    scripts: bool
    viewport: dict[str, int] = field(default_factory=lambda: dict(WIDE))
    axe: bool = True
    problems: list[str] = field(default_factory=list)
    context: BrowserContext = field(init=False)
    page: Page = field(init=False)
    session: CDPSession = field(init=False)

    def __post_init__(self) -> None:
        self.context = self.browser.new_context(
            base_url=self.origin,
            java_script_enabled=self.scripts,
            viewport=self.viewport,
            locale="en-IN",
            timezone_id="Asia/Kolkata",
            accept_downloads=True,
        )
        self.page = self.context.new_page()
        self.session = self.context.new_cdp_session(self.page)
        self.context.on("request", self._watch_request)
        self.context.on("response", self._watch_response)
        self.page.on("console", lambda message: self._watch_console(message.type, message.text))
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))

    def _watch_request(self, request: Request) -> None:
        host = urlsplit(request.url)
        if host.scheme not in {"data", "blob", "about"} and f"{host.scheme}://{host.netloc}" != self.origin:
            self.problems.append(f"a request left the origin: {host.netloc}")

    def _watch_response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} at {urlsplit(response.url).path}")

    def _watch_console(self, kind: str, text: str) -> None:
        # Chromium reports the honest 404 or 422 of a page as an error of its own.
        if kind == "error" and "the server responded with a status of" not in text:
            self.problems.append(f"console: {text}")

    def signs_in_with(self, client: Client) -> None:
        """Take over the session of a test client that is signed in (see ``tests.signin.people_who_sign_in``)."""
        self.context.add_cookies(
            [
                {"name": name, "value": morsel.value, "url": self.origin, "httpOnly": True, "sameSite": "Lax"}
                for name, morsel in client.cookies.items()
                if morsel.value
            ]
        )

    def goes_to(self, path: str) -> Page:
        """Open a page and look at it: accessible, and no wider than the window."""
        self.page.goto(path)
        self.looks()
        return self.page

    def reads_in(self, language: str) -> None:
        """Choose a language in the header of the page that is open, and look at it again."""
        header = self.page.locator("header.top")
        header.locator("summary", has=self.page.locator("svg")).first.click()
        header.locator(f".languages button[value={language}]").click()
        self.looks()

    def looks(self) -> None:
        """Check the page that is open now, just as it stands there: its width and, where that is wanted, with axe.

        Axe works in a world of its own beside the page's scripts: it does not need the content policy's leave.
        """
        # On a busy machine the page may still be arriving; a page without a main part is found by axe below.
        self.page.wait_for_load_state("load")
        with contextlib.suppress(NotArrived):
            self.page.locator("main").first.wait_for(state="attached", timeout=ARRIVES)
        path = urlsplit(self.page.url).path
        for fault, targets in self._faults() if self.axe else ():
            self.problems.append(f"axe at {path}: {fault} ({'; '.join(targets)})")
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.problems.append(f"wider than the window: {path}")

    def _faults(self) -> list[tuple[str, list[str]]]:
        """What axe finds: the rule and the first places. What stands as it did without fault has none either."""
        frame = self.session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self.session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
        page, links = self._evaluated(STANDS, world["executionContextId"])
        # Only without scripts are the words for that case on the page.
        case = self.scripts if "<noscript" in page else None
        page, links = (hashlib.sha256(f"{case} {VARIES.sub('0', seen)}".encode()).hexdigest() for seen in (page, links))
        if page in _WITHOUT_FAULT:
            return []
        left_out = [NAVIGATION] if links in _WITHOUT_FAULT else []
        found = self._evaluated(f"globalThis.leftOut = {json.dumps(left_out)}; {LOOK}", world["executionContextId"])
        if not found:
            _WITHOUT_FAULT.update((page, links))
        return [(fault, targets) for fault, targets in found]

    def _evaluated(self, expression: str, world: int) -> Any:
        told = self.session.send(
            "Runtime.evaluate",
            {"contextId": world, "expression": expression, "awaitPromise": True, "returnByValue": True},
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"]["value"]

    def leaves(self) -> None:
        """Close the window."""
        self.context.close()
