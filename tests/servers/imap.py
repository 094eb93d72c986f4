"""A mailbox on this machine that speaks as much IMAP (RFC 9051) as a fetch needs: sign in, look, search, fetch."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

USER, PASSWORD = "onesetu", "pass word"


class Box:
    """``mails`` by their numbers; ``commands`` are what was asked. ``refuses`` signs nobody in, ``kept_back`` are
    numbers of mails that it will not give."""

    def __init__(self) -> None:
        self.host = ""
        self.mails: dict[int, bytes] = {}
        self.arrived: dict[int, datetime] = {}
        self.commands: list[str] = []
        self.validity = 7
        self.refuses = False
        self.kept_back: set[int] = set()

    @property
    def url(self) -> str:
        return f"imap://{USER}:{PASSWORD.replace(' ', '%20')}@{self.host}/INBOX"

    def put(self, raw: bytes, *, at: datetime | None = None) -> int:
        number = max(self.mails, default=0) + 1
        self.mails[number] = raw
        self.arrived[number] = at or datetime.now(UTC)
        return number


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    box: Box

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _space, rest = line.partition(" ")
            self.box.commands.append(re.sub(r"^LOGIN .*", "LOGIN", rest))
            self.say(f"{tag} {self.answer(rest)}")
            if rest.upper().startswith("LOGOUT"):
                return

    def answer(self, rest: str) -> str:
        words = rest.upper().split()
        verb = "_".join(words[:2]) if words[0] == "UID" else words[0]
        return str(getattr(self, f"do_{verb.lower()}", self.do_nothing)(rest))

    def do_nothing(self, rest: str) -> str:
        return "OK done"

    def do_capability(self, rest: str) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def do_login(self, rest: str) -> str:
        fits = rest == f'LOGIN {USER} "{PASSWORD}"'
        return "OK signed in" if fits and not self.box.refuses else "NO refused"

    def do_select(self, rest: str) -> str:
        return "NO this would mark mails as seen"

    def do_examine(self, rest: str) -> str:
        self.say(f"* {len(self.box.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.box.validity}] valid")
        return "OK [READ-ONLY] opened"

    def do_uid_search(self, rest: str) -> str:
        since = datetime.strptime(rest.rsplit(maxsplit=1)[-1], "%d-%b-%Y").replace(tzinfo=UTC).date()
        found = [number for number, at in self.box.arrived.items() if at.date() >= since]
        self.say("* SEARCH " + " ".join(map(str, found)))
        return "OK done"

    def do_uid_fetch(self, rest: str) -> str:
        number = int(rest.split()[2])
        if number in self.box.kept_back:
            return "NO not this one"
        raw, at = self.box.mails[number], self.box.arrived[number].strftime("%d-%b-%Y %H:%M:%S +0000")
        self.say(f'* 1 FETCH (UID {number} INTERNALDATE "{at}" BODY[] {{{len(raw)}}}')
        self.wfile.write(raw + b")\r\n")
        return "OK done"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


@contextmanager
def running(box: Box) -> Iterator[Box]:
    with Server(("127.0.0.1", 0), type("OfBox", (Talk,), {"box": box})) as server:
        box.host = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield box
        finally:
            server.shutdown()
