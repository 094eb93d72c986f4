"""A mail server of moods: it takes a letter, refuses it at each point at which a server may, is slow, hangs or hangs up."""

import contextlib
import re
import socketserver
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

#: By mood what the server says at a point of the conversation; it takes the letter where it says nothing.
REFUSALS = {
    "451 at the recipient": ("RCPT", "451 4.3.0 try later"),
    "421 at the sender": ("MAIL", "421 4.3.2 too busy"),
    "452 after the letter": (".", "452 4.2.2 full"),
    "550 no such mailbox": ("RCPT", "550 5.1.1 no such mailbox"),
    "550 policy": ("RCPT", "550 5.7.1 blocked by policy"),
    "554 after the letter": (".", "554 5.6.0 not taken"),
}
TAKES = "takes"
MOODS = (TAKES, "slow", "refuses the connection", "hangs up after the letter", "hangs after the letter", *REFUSALS)
#: Seconds: a slow server answers before the portal loses patience, one that hangs does not.
SLOW, HANGS = 0.05, 2.0


class MailServer(socketserver.ThreadingTCPServer):
    """``mood_of`` says of an address in which mood its next letter meets the server; kept is what was taken, by Message-ID."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.port = int(self.server_address[1])
        self.moods: list[str] = []
        #: Copies that were taken, and those of which the portal was told so, by recipient.
        self.taken: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.message_ids: dict[str, set[str]] = defaultdict(set)
        self.met: Counter[str] = Counter()

    def next_mood(self) -> str:
        mood = self.moods.pop() if self.moods else TAKES
        self.met[mood] += 1
        return mood


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        mood = self.server.next_mood()
        if mood == "refuses the connection":
            return
        with contextlib.suppress(OSError):
            self._talk(mood)

    def _say(self, line: str, mood: str) -> None:
        if mood == "slow":
            time.sleep(SLOW)
        self.wfile.write(f"{line}\r\n".encode())

    def _talk(self, mood: str) -> None:
        self._say("220 moods", mood)
        recipient = ""
        at, refusal = REFUSALS.get(mood, ("", ""))
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb = line.upper().partition(" ")[0]
            if verb == "QUIT":
                return self._say("221 bye", mood)
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0].lower()
            if verb == at:
                self._say(refusal, mood)
            elif verb == "DATA":
                self._say("354 go on", mood)
                if not self._letter(recipient, mood, refusal if at == "." else ""):
                    return None
            else:
                self._say("250 ok", mood)
        return None

    def _letter(self, recipient: str, mood: str, refusal: str) -> bool:
        """Read it, and say what becomes of it; False where nothing more is said."""
        letter = b""
        while not letter.endswith(b"\r\n.\r\n"):
            if not (line := self.rfile.readline()):
                return False
            letter += line
        if refusal:
            self._say(refusal, mood)
            return True
        self.server.taken[recipient] += 1
        found = re.search(rb"^Message-ID: (\S+)", letter, re.MULTILINE | re.IGNORECASE)
        self.server.message_ids[recipient].add(found[1].decode() if found else "")
        if mood == "hangs up after the letter":
            return False
        if mood == "hangs after the letter":
            time.sleep(HANGS)
            return False
        self._say("250 taken", mood)
        self.server.told[recipient] += 1
        return True


@contextlib.contextmanager
def running() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
