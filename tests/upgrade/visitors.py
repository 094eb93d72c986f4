"""People and machines who go on asking while a release takes the place of another."""

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.upgrade.house import HOST, House

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CODE = re.compile(r"\b\d{6}\b")
GRIEVANCE = "/privacy/grievances/new/"
SENT = re.compile(r"/privacy/grievances/(OS-GR-[A-Z0-9-]+)/sent/")
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("who/", {"for_whom": "self"}),
    ("about/", {"kind": "billing"}),
    ("what-happened/", {"what_happened": "The bill of upgrade {number} is wrong.", "wanted": "Say sorry."}),
    ("files/", {"continue": "1"}),
    ("contact/", {"email": "p{number}@upgrade.example", "phone": "", "language": "en"}),
    ("check/", {}),
)
#: A network address may begin thirty in an hour.
MOST_FILED = 15
OK, NOT_FILED = 200, 598
#: Seconds between two rounds of one visitor.
PAUSE = 0.2
#: A request that waits for longer than this found no way past the migrations.
LONGEST = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back, when it was asked for, and where a redirect led."""

    what: str
    status: int
    asked_at: float
    path: str
    text: str = ""


class Browser:
    """Keeps its cookies, follows redirects."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, what: str, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """The status is 599 where nobody answered."""
        url, asked_at = f"http://{HOST}:{self._house.port}{path}", time.monotonic()
        body = urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, data=body, headers={"Referer": url})
        try:
            with self._opener.open(request, timeout=LONGEST) as answer:
                text = answer.read().decode()
                return Answer(what, answer.status, asked_at, urlsplit(answer.url).path, text)
        except urllib.error.HTTPError as error:
            return Answer(what, error.code, asked_at, path, error.read().decode("utf-8", "replace")[-500:])
        except OSError as error:
            return Answer(what, 599, asked_at, path, type(error).__name__)

    def sign_in(self, email: str) -> None:
        """By the code that comes by e-mail, as a customer does."""
        mailbox = self._house.var / "mailbox"
        seen = set(mailbox.glob("*.eml"))
        page = self.ask("sign-in", "/privacy/sign-in/")
        page = self.ask("sign-in", page.path, {"email": email, "csrfmiddlewaretoken": TOKEN.findall(page.text)[0]})
        code = _new_code(mailbox, email, seen)
        self.ask("sign-in", page.path, {"code": code, "csrfmiddlewaretoken": TOKEN.findall(page.text)[0]})


class Filer:
    """Files one grievance after the other, each in a browser of its own and from the first page to the last."""

    def __init__(self, house: House) -> None:
        self._house = house
        #: Of those that were acknowledged.
        self.references: list[str] = []
        self.tried = 0

    def file(self) -> Answer:
        """Nothing more, but a look at the first page, once so many were filed as one network address may."""
        browser, number = Browser(self._house), self.tried
        page = browser.ask("grievance", f"{GRIEVANCE}who/")
        if number >= MOST_FILED:
            return page
        self.tried += 1
        for step, given in STEPS:
            form = {name: value.format(number=number) for name, value in given.items()}
            page = browser.ask("grievance", f"{GRIEVANCE}{step}", {**form, **_token(page)})
            if page.status != OK:
                return page
        if found := SENT.fullmatch(page.path):
            self.references.append(found[1])
            return page
        return replace(page, status=page.status if page.status != OK else NOT_FILED)


def _token(page: Answer) -> dict[str, str]:
    found = TOKEN.findall(page.text)
    return {"csrfmiddlewaretoken": found[0]} if found else {}


class Visitor(threading.Thread):
    """Asks again and again until told to stop; keeps every answer."""

    def __init__(self, ask: Callable[[], Answer], *, pause: float = PAUSE) -> None:
        super().__init__(daemon=True)
        self.answers: list[Answer] = []
        self._ask, self._pause, self._is_over = ask, pause, threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(self._pause):
            self.answers.append(self._ask())

    def stop(self) -> list[Answer]:
        self._is_over.set()
        self.join(LONGEST + 10)
        return self.answers


def one_click_links(mailbox: Path) -> list[str]:
    """The paths with which a mail program takes a yes back at one press (RFC 8058), the newest letter first."""
    found = []
    for path in sorted(mailbox.glob("*.eml"), reverse=True):
        header = str(message_from_bytes(path.read_bytes(), policy=policy.default)["List-Unsubscribe"] or "")
        found += [urlsplit(link).path for link in re.findall(r"<(https?://[^>]+)>", header)]
    return found


def _new_code(mailbox: Path, email: str, seen: set[Path]) -> str:
    """The six digits in the first line of a letter that came since."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        for path in set(mailbox.glob("*.eml")) - seen:
            letter = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = letter.get_body(preferencelist=("plain",))
            first_line = str(body.get_content()).splitlines()[0] if body is not None else ""
            if letter["To"] == email and (code := CODE.search(first_line)):
                return code.group()
        time.sleep(0.1)
    raise AssertionError("no letter with a code came")
