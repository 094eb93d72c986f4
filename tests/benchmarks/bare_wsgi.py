"""The limit of P2 and P3: a WSGI function that reads the question, hashes the number, selects its state and answers.

No key, no scope, no rules, no log. ``BARE_DATABASE`` is a connection string of PostgreSQL or the file of SQLite,
``BARE_KEY`` the lookup key in hex, ``BARE_FIDUCIARY`` its number.
"""

import hmac
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

MOBILE = re.compile(r"(?:\+?91|0)?([6-9][0-9]{9})")
CHUNK = 1_000
_place = threading.local()
_key = bytes.fromhex(os.environ["BARE_KEY"])
_database, _fiduciary = os.environ["BARE_DATABASE"], int(os.environ["BARE_FIDUCIARY"])
_is_file = _database.startswith("/")
_mark = "?" if _is_file else "%s"
_where = f"purpose={_mark} AND channel={_mark} AND fiduciary_id={_mark}"
ONE = f"SELECT answer FROM consent_consentstate WHERE address_key={_mark} AND {_where}"
MANY = f"SELECT address_key, answer FROM consent_consentstate WHERE {_where} AND address_key "


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    given = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    asked = (given["purpose"], given["channel"], _fiduciary)
    if "addresses" in given:
        keys = [_hash(address) for address in given["addresses"]]
        known = dict(_states(keys, asked))
        body: Any = {"decisions": [{"allowed": known.get(key) == "given"} for key in keys]}
    else:
        row = _run(ONE, (_hash(given["address"]), *asked)).fetchone()
        body = {"allowed": row is not None and row[0] == "given"}
    text = json.dumps(body).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def _hash(address: str) -> bytes:
    found = MOBILE.fullmatch(address)
    return b"\x01" + hmac.digest(_key, f"+91{found.group(1) if found else ''}".encode(), "sha256")


def _states(keys: list[bytes], asked: tuple[Any, ...]) -> Iterable[tuple[bytes, str]]:
    for first in range(0, len(keys), CHUNK):
        some = keys[first : first + CHUNK]
        if _is_file:
            yield from _run(f"{MANY} IN ({', '.join('?' * len(some))})", (*asked, *some))
        else:
            yield from _run(f"{MANY} = ANY(%s)", (*asked, some))


def _run(sql: str, values: tuple[Any, ...]) -> Any:
    if not hasattr(_place, "connection"):
        _place.connection = sqlite3.connect(_database) if _is_file else psycopg.connect(_database, autocommit=True)
    if _is_file:
        return _place.connection.execute(sql, values)
    return _place.connection.execute(sql, values, prepare=True)
