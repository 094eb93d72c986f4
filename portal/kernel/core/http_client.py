"""Requests to other systems: the name is resolved once, no private address, no redirect, bounded in time and size.

Who gives us a webhook address chooses where our network sends bytes (server-side request forgery). So every address
behind the name must be a public one, the connection goes to the very address that was looked at, and a redirect is an
answer like any other. A limit of time for each silence is none: one byte a second would hold a worker for days. The
whole exchange has one deadline, at which the socket is shut.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

#: Bytes of an answer that are read. Nobody we ask has more to say; the rest is cut off.
LONGEST_ANSWER: Final = 64 * 1024


class Unreachable(Exception):
    """Nothing was handed over: no such name, a private address, nobody listens, no valid certificate."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BrokenOff(Exception):
    """The connection broke after the request had begun to leave: nobody knows whether it arrived, or what was answered."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What came back; ``body`` is cut at ``LONGEST_ANSWER`` bytes, or where ``longest`` says."""

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
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
    own: bool = False,
    longest: int = LONGEST_ANSWER,
) -> Answer:
    """Send one request and give the answer, whatever its status. Nothing is sent twice.

    ``timeout`` is in seconds and for the whole exchange, from connecting to the last byte that is read; looking the
    name up comes before it and is bounded by the system's resolver. ``own`` is for addresses that the operator set,
    never for one that a customer or a recipient gave us: only these may lie in OUTGOING_PRIVATE_HOSTS. Raises
    Unreachable when nothing was handed over, BrokenOff when that is not known or the answer was cut short on its way.
    Neither carries a text of the other side.
    """
    target = _resolve(url, own=own)
    with _connected(target, timeout) as (connection, is_over):
        try:
            try:
                connection.request(method, target.path, body=body or None, headers={**_OUR_HEADERS, **(headers or {})})
            except (
                ValueError,
                http.client.InvalidURL,
            ):  # a path or a header that cannot be written: before the first byte
                raise Unreachable("REQUEST_FORMAT") from None
            response = connection.getresponse()
            said = Answer(response.status, dict(response.getheaders()), response.read(longest))
        except (http.client.HTTPException, OSError):
            raise BrokenOff("BROKEN_OFF") from None
        if is_over.is_set():  # what was read until then looks like a whole answer
            raise BrokenOff("TOO_SLOW")
        # Asked for so many bytes the library gives what came, without a word where more was promised.
        if response.length and len(said.body) < longest:
            raise BrokenOff("BROKEN_OFF")
        return said


def require_public(url: str, *, own: bool = False) -> None:
    """Refuse an address as it is entered, not only when it is used. Raises Unreachable with the reason as its code."""
    _resolve(url, own=own)


def _resolve(url: str, *, own: bool) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (KeyError, ValueError):
        raise Unreachable("ADDRESS_FORMAT") from None
    name = parts.hostname
    if not name or parts.username is not None or any(ord(character) <= 32 for character in url):
        raise Unreachable("ADDRESS_FORMAT")
    is_ours = _is_ours(f"{name}:{port}", own=own)
    if parts.scheme != "https" and not is_ours:
        raise Unreachable("NOT_HTTPS")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("NO_SUCH_NAME") from None
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among public ones is a trap as well: the next look-up might give that one.
    if not is_ours and not all(is_public(address) for address in addresses):
        raise Unreachable("PRIVATE_ADDRESS")
    path = parts.path or "/"
    return _Target(parts.scheme, name, port, f"{path}?{parts.query}" if parts.query else path, addresses[0])


def _is_ours(host: str, *, own: bool) -> bool:
    return own and host in settings.OUTGOING_PRIVATE_HOSTS


def is_public(address: str) -> bool:
    """Whether an IP address may be asked by us: global unicast and in no block that is set aside for something else.

    The blocks are IANA's registries of special-purpose addresses, those that are reachable from everywhere (anycast of
    relays and of name servers) included: nobody's system that we tell something has an address there.
    """
    plain = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(plain, ipaddress.IPv4Address):
        return plain.is_global and not any(plain in block for block in _SPECIAL_4)
    if plain.ipv4_mapped is not None:
        return is_public(str(plain.ipv4_mapped))
    return plain in _GLOBAL_UNICAST and plain.is_global and not any(plain in block for block in _SPECIAL_6)


#: RFC 4291 2.4; everything outside it is local, reserved or an IPv4 address in disguise.
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
#: https://www.iana.org/assignments/iana-ipv4-special-registry and multicast (RFC 5771). What a Python knows of them depends on
#: its version, so all of them stand here.
_SPECIAL_4: Final = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
#: https://www.iana.org/assignments/iana-ipv6-special-registry and multicast (RFC 4291 2.7); 2001::/23 holds Teredo, benchmarking,
#: ORCHID and the anycast addresses of protocols, 2002::/16 is 6to4.
_SPECIAL_6: Final = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        *("::/128", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16"),
        *("fc00::/7", "fe80::/10", "ff00::/8"),
    )
)
_OUR_HEADERS: Final = {"User-Agent": "onesetu-portal"}


@contextmanager
def _connected(target: _Target, timeout: float) -> Iterator[tuple[http.client.HTTPConnection, threading.Event]]:
    """A connection to the very address, shut at the deadline; and whether that has happened."""
    try:
        plain = socket.create_connection((target.address, target.port), timeout=timeout)
    except OSError:
        raise Unreachable("NOBODY_LISTENS") from None
    is_over = threading.Event()
    # A second handle on the same connection: encrypting takes the first one away.
    with plain.dup() as handle:

        def shut() -> None:
            is_over.set()
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

        deadline = threading.Timer(timeout, shut)
        deadline.daemon = True
        deadline.start()
        connection = http.client.HTTPConnection(target.name, target.port, timeout=timeout)
        # The port is named where it is not the scheme's own (RFC 9110 7.2).
        connection.default_port = {"https": 443, "http": 80}[target.scheme]
        try:
            connection.sock = _encrypted(plain, target)
            yield connection, is_over
        finally:
            deadline.cancel()
            deadline.join()  # the handle must not be closed, and its number used again, under a shut that has begun
            connection.close()


def _encrypted(plain: socket.socket, target: _Target) -> socket.socket:
    if target.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.name)
    except ssl.SSLError:
        plain.close()
        raise Unreachable("CERTIFICATE") from None
    except OSError:
        plain.close()
        raise Unreachable("NOBODY_LISTENS") from None
