"""Registers and a bank on this machine, with the manners of real ones: slow, down, full, unreadable, telling twice.

``/pan`` and ``/gstin`` answer at once, ``/bank`` takes a validation and tells later (``tell``); it knows a key of idempotency
again. Who does not show the whole credentials is let in nowhere.
What happens with the next requests stands in ``turns``; with none left each answers from ``pans``, ``gstins``, ``accounts``.
"""

import base64
import hashlib
import itertools
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kyc.cases.providers.bank import sign

KEY = "key-of-the-test"
BANK_KEY = "rzp_test_id:secret-of-the-test"
SECRET = "secret-that-signs"
CLIENT = "portal"
TOKEN = "token-of-the-test"
#: What each register lets in.
CREDENTIALS = {
    "pan": f"Bearer {KEY}",
    "gstin": f"Bearer {KEY}",
    "bank": f"Basic {base64.b64encode(BANK_KEY.encode()).decode()}",
    "digilocker": f"Bearer {TOKEN}",
}
#: Where the bank puts what it found: of an account stored there before, and of one that goes along.
STORED, GOES_ALONG = "results", "validation_results"


@dataclass
class Turn:
    """What happens with one request instead of an answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0
    hangs_up: bool = False
    #: The bank has taken the validation, and its answer went wrong.
    takes: bool = False


class Registers:
    """What each number is, and who asked what."""

    def __init__(self) -> None:
        self.url = ""
        self.host = ""
        self.turns: deque[Turn] = deque()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.pans: dict[str, dict[str, str]] = {}
        self.gstins: dict[str, dict[str, Any]] = {}
        self.accounts: dict[str, dict[str, Any]] = {}
        self.validations: dict[str, dict[str, Any]] = {}
        #: In which of their two forms the bank says what it found.
        self.says = GOES_ALONG
        #: DigiLocker: the codes it has given with what each was asked for, what is issued, and each document.
        self.codes: dict[str, dict[str, str]] = {}
        self.issued: list[dict[str, Any]] = []
        self.papers: dict[str, bytes] = {}
        self._by_key: dict[str, str] = {}
        self._codes = itertools.count()
        self._lock = threading.Lock()

    def settings(self) -> dict[str, dict[str, str]]:
        """As an operator writes them down."""
        bank = {"key": BANK_KEY, "account": "7878780080316316", "secret": SECRET}
        return {
            "pan": {"recipient": "pan-register", "url": f"{self.url}/pan", "key": KEY},
            "gstin": {"recipient": "gst-network", "url": f"{self.url}/gstin", "key": KEY},
            "bank": {"recipient": "penny-drop", "url": f"{self.url}/bank/v1", **bank},
            "digilocker": {
                "recipient": "digilocker",
                "url": f"{self.url}/public",
                "client_id": CLIENT,
                "client_secret": KEY,
            },
        }

    def turn(self) -> Turn | None:
        with self._lock:
            return self.turns.popleft() if self.turns else None

    def pan(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        row = asked["inputData"][0]
        unknown = {"pan_status": "N", "seeding_status": "NA"}
        return {"response_Code": "1", "outputData": [{"pan": row["pan"], **self.pans.get(row["pan"], unknown)}]}

    def gstin(self, number: str) -> dict[str, Any]:
        return {"gstin": number, "dty": "Regular", "rgdt": "01/07/2017", "nba": [], **self.gstins[number]}

    def sign_in(self, address: str) -> tuple[str, str]:
        """The holder signs in and agrees: the code and the state that their browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        code = f"code-{next(self._codes)}"
        self.codes[code] = asked
        return code, asked["state"]

    def token(self, asked: Mapping[str, list[str]]) -> dict[str, Any]:
        """A code is good once, for whoever knows what its hash was made of, and for the address that it was asked for."""
        given = {name: values[0] for name, values in asked.items()}
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        begun = self.codes.pop(given["code"], {})
        if (given["client_id"], given["client_secret"]) != (CLIENT, KEY):
            return {"error": "invalid_client"}
        if given["grant_type"] != "authorization_code":
            return {"error": "unsupported_grant_type"}
        if (begun.get("code_challenge"), begun.get("redirect_uri")) != (challenge, given["redirect_uri"]):
            return {"error": "invalid_grant"}
        return {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}

    def validate(self, asked: Mapping[str, Any], key: str | None) -> dict[str, Any]:
        """Take a validation; the same key of idempotency is the same validation, and one penny. Without one each costs."""
        with self._lock:
            new = f"fav_{len(self.validations) + 1:014d}"
            name = new if key is None else self._by_key.setdefault(key, new)
            self.validations.setdefault(
                name,
                {
                    "id": name,
                    "entity": "fund_account.validation",
                    "status": "created",
                    self.says: {"account_status": None, "registered_name": None},
                    "reference_id": asked["reference_id"],
                    "number": asked["fund_account"]["bank_account"]["account_number"],
                },
            )
            return self.seen(name)

    def seen(self, name: str) -> dict[str, Any]:
        return {key: value for key, value in self.validations[name].items() if key != "number"}

    def finish(self, *, status: str = "completed") -> None:
        """The bank has looked at everything that waits."""
        for validation in self.validations.values():
            validation["status"] = status
            if status == "completed":
                validation[self.says] = self.accounts.get(
                    validation["number"], {"account_status": "invalid", "registered_name": None}
                )

    def tell(self, post: Callable[[bytes, dict[str, str]], int], *, copies: int = 1, secret: str = SECRET) -> list[int]:
        """Send a message about every validation that is over, ``copies`` times."""
        return [
            post(*message(self.seen(name), secret=secret))
            for name, validation in self.validations.items()
            if validation["status"] != "created"
            for _copy in range(copies)
        ]


def message(validation: Mapping[str, Any], *, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """Body and headers of one signed message."""
    said = {
        "entity": "event",
        "account_id": "acc_test",
        "event": f"fund_account.validation.{validation['status']}",
        "contains": ["fund_account.validation"],
        "payload": {"fund_account.validation": {"entity": dict(validation)}},
    }
    body = json.dumps(said).encode()
    return body, {"x-razorpay-signature": sign(body, secret)}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/gstin":
            number = parse_qs(parts.query)["gstin"][0]
            return self._answer("gstin", {"gstin": number}, lambda: self._registers.gstin(number))
        name = parts.path.rsplit("/", 1)[-1]
        if parts.path.endswith("/files/issued"):
            return self._answer("digilocker", {}, lambda: {"items": self._registers.issued})
        if "/xml/" in parts.path:
            return self._answer("digilocker", {"uri": name}, lambda: self._registers.papers[name])
        return self._answer("bank", {"id": name}, lambda: self._registers.seen(name))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/token"):
            form = parse_qs(body.decode())
            return self._answer("token", {}, lambda: self._registers.token(form))
        asked = json.loads(body)
        if self.path == "/pan":
            return self._answer("pan", asked, lambda: self._registers.pan(asked))
        key = self.headers["X-Payout-Idempotency"]
        return self._answer("bank", asked, lambda: self._registers.validate(asked, key))

    @property
    def _registers(self) -> Registers:
        return self.server.registers  # type: ignore[attr-defined,no-any-return]

    def _answer(self, who: str, asked: dict[str, Any], say: Callable[[], Any]) -> None:
        self._registers.asked.append((who, asked))
        if self.headers["Authorization"] != CREDENTIALS.get(who):
            return self._send(401, {}, b'{"error": "key"}')
        turn = self._registers.turn()
        if turn is None:
            said = say()
            return self._send(200, {}, said if isinstance(said, bytes) else json.dumps(said).encode())
        time.sleep(turn.delay)
        if turn.takes:
            say()
        if turn.hangs_up:
            return None
        return self._send(turn.status, turn.headers, b"{}" if turn.body is None else turn.body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            return  # whoever asked has gone

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return None


@contextmanager
def running() -> Iterator[Registers]:
    """The registers on a free port for the length of the block."""
    registers = Registers()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.registers = registers  # type: ignore[attr-defined]
    registers.host = f"127.0.0.1:{server.server_address[1]}"
    registers.url = f"http://{registers.host}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield registers
    finally:
        server.shutdown()
        server.server_close()
