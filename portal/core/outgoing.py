"""Requests to other systems: the name is resolved once, no private address, no redirect, bounded in time and size.

Who gives us a webhook address chooses where our network sends bytes (server-side request forgery). So every address
behind the name must be a public one, the connection goes to the very address that was looked at, and a redirect is an
answer like any other.
"""

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

#: Bytes of an answer that are read. Nobody we ask has more to say; the rest is cut off.
LONGEST_ANSWER: Final = 64 * 1024


class Unreachable(Exception):
    """Nothing was handed over: no such name, a private address, nobody listens, no valid certificate."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BrokenOff(Exception):
    """The connection broke after the request had begun to leave: nobody knows whether it arrived."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What came back; ``body`` is cut at ``LONGEST_ANSWER`` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class _Target:
    scheme: str
    name: str
    port: int
    path: str
    address: str


def request(
    method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout: float = 10.0
) -> Answer:
    """Send one request and give the answer, whatever its status. Nothing is sent twice.

    ``timeout`` is in seconds, for connecting and for each silence while reading. Raises Unreachable when nothing was
    handed over, BrokenOff when that is not known. Neither carries a text of the other side.
    """
    target = _resolve(url)
    try:
        with _pool(target, timeout) as pool:
            response = pool.urlopen(
                method,
                target.path,
                body=body or None,
                headers={"Host": _host_header(target), "User-Agent": "onesetu-portal", **(headers or {})},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                return Answer(response.status, dict(response.headers.items()), response.read(LONGEST_ANSWER))
            finally:
                response.close()
    except (NewConnectionError, ConnectTimeoutError):
        raise Unreachable("NOBODY_LISTENS") from None
    except SSLError:
        raise Unreachable("CERTIFICATE") from None
    except (HTTPError, OSError):
        raise BrokenOff("BROKEN_OFF") from None


def require_public(url: str) -> None:
    """Refuse an address as it is entered, not only when it is used. Raises Unreachable with the reason as its code."""
    _resolve(url)


def _resolve(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (KeyError, ValueError):
        raise Unreachable("ADDRESS_FORMAT") from None
    name = parts.hostname
    if not name or parts.username is not None or any(ord(character) <= 32 for character in url):
        raise Unreachable("ADDRESS_FORMAT")
    own = f"{name}:{port}" in settings.OUTGOING_PRIVATE_HOSTS
    if parts.scheme != "https" and not own:
        raise Unreachable("NOT_HTTPS")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("NO_SUCH_NAME") from None
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among public ones is a trap as well: the next look-up might give that one.
    if not own and not all(is_public(address) for address in addresses):
        raise Unreachable("PRIVATE_ADDRESS")
    path = parts.path or "/"
    return _Target(parts.scheme, name, port, f"{path}?{parts.query}" if parts.query else path, addresses[0])


def is_public(address: str) -> bool:
    """Whether an IP address may be asked by us: global, no multicast, and no tunnel into something private."""
    plain = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(plain, ipaddress.IPv6Address):
        if plain.ipv4_mapped is not None:
            return is_public(str(plain.ipv4_mapped))
        inside = plain in _NAT64 or plain.sixtofour is not None or plain.teredo is not None
        return plain.is_global and not plain.is_multicast and not inside
    return plain.is_global and not plain.is_multicast


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def _pool(target: _Target, timeout: float) -> urllib3.HTTPConnectionPool:
    limits = urllib3.Timeout(connect=timeout, read=timeout)
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(target.address, target.port, timeout=limits)
    return urllib3.HTTPSConnectionPool(
        target.address,
        target.port,
        timeout=limits,
        ssl_context=ssl.create_default_context(),
        server_hostname=target.name,
        assert_hostname=target.name,
    )


def _host_header(target: _Target) -> str:
    name = f"[{target.name}]" if ":" in target.name else target.name
    return name if target.port == {"https": 443, "http": 80}[target.scheme] else f"{name}:{target.port}"
