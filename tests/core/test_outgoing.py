"""Who gives us an address must not choose what our network talks to, and nothing is sent twice."""

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from portal.kernel.core import http_client

#: Far more than the deadline leaves time for.
DRIPS = 2_000
_THOUSAND = b"Content-Length: 1000\r\n\r\n"


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, bytes]]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        return None

    def drip(self) -> None:
        """A byte at a time, each well within any limit for one silence."""
        begun = b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 999\r\n\r\n" if self.path == "/drip-body" else b"")
        with contextlib.suppress(OSError):
            self.wfile.write(begun)
            while self.server.drips < DRIPS:
                self.wfile.write(b"x")
                self.server.drips += 1
                self.server.pause.wait(0.05)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, self.headers["Host"], body))
        if self.path == "/hang-up":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path.startswith("/cut"):
            length = b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" if self.path == "/cut-chunk" else _THOUSAND
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + length + (b"" if self.path == "/cut-at-once" else b"x" * 16))
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.path.startswith("/drip"):
            self.drip()
            return
        status = {"/moved": 302, "/refuse": 422}.get(self.path, 200)
        said = b"x" * 200_000 if self.path == "/long" else b"taken"
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


@pytest.fixture
def server(settings) -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.seen = []
    made.drips = 0
    made.pause = threading.Event()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    settings.OUTGOING_PRIVATE_HOSTS = [f"localhost:{made.server_port}"]
    yield made
    made.pause.set()
    made.shutdown()
    made.server_close()
    thread.join()


def url(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://localhost:{server.server_port}{path}"


def test_a_request_arrives_whole_with_the_name_it_was_sent_to(server):
    answer = http_client.request("POST", url(server, "/in?for=me"), body=b"hello", own=True)
    assert (answer.status, answer.body) == (200, b"taken")
    assert server.seen == [("/in?for=me", f"localhost:{server.server_port}", b"hello")]


def test_a_redirect_is_an_answer_and_is_not_followed(server):
    assert http_client.request("POST", url(server, "/moved"), body=b"x", own=True).status == 302
    assert [path for path, _host, _body in server.seen] == ["/moved"]


def test_a_refusal_of_the_other_side_is_an_answer(server):
    assert http_client.request("POST", url(server, "/refuse"), body=b"x", own=True).status == 422


def test_a_long_answer_is_cut_off(server):
    assert (
        len(http_client.request("POST", url(server, "/long"), body=b"x", own=True).body) == http_client.LONGEST_ANSWER
    )


def test_a_connection_that_breaks_after_the_request_left_is_of_unknown_outcome_and_not_repeated(server):
    with pytest.raises(http_client.BrokenOff):
        http_client.request("POST", url(server, "/hang-up"), body=b"x", own=True)
    assert len(server.seen) == 1


@pytest.mark.parametrize("path", ["/cut", "/cut-at-once", "/cut-chunk"])
def test_an_answer_that_is_shorter_than_it_said_is_not_taken_for_whole(server, path):
    with pytest.raises(http_client.BrokenOff) as ended:
        http_client.request("POST", url(server, path), body=b"x", own=True)
    assert ended.value.code == "BROKEN_OFF"


@pytest.mark.parametrize("path", ["/drip-headers", "/drip-body"])
def test_the_whole_exchange_ends_at_its_deadline_however_busy_the_other_side_is(server, path):
    with pytest.raises(http_client.BrokenOff) as ended:
        http_client.request("POST", url(server, path), body=b"x", timeout=0.3, own=True)
    assert ended.value.code in {"BROKEN_OFF", "TOO_SLOW"}
    assert server.drips < DRIPS


def test_a_host_of_ours_is_closed_to_addresses_that_others_gave_us(server):
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.request("POST", url(server, "/in"), body=b"x")
    assert refused.value.code == "NOT_HTTPS"
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.require_public(url(server, "/in").replace("http:", "https:"))
    assert refused.value.code == "PRIVATE_ADDRESS"
    assert server.seen == []


def test_a_server_without_encryption_is_told_from_one_that_answers(server):
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.request("POST", url(server, "/in").replace("http:", "https:"), body=b"x", own=True)
    assert refused.value.code == "CERTIFICATE"
    assert server.seen == []


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/in", {"X-Key": "one\r\nX-Other: two"}), ("/in", {"X-Key": "कुंजी"}), ("/पता", {})],
    ids=["a header of two lines", "a header in another script", "a path in another script"],
)
def test_a_request_that_cannot_be_written_is_handed_over_to_nobody(server, path, headers):
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.request("POST", url(server, path), body=b"x", headers=headers, own=True)
    assert refused.value.code == "REQUEST_FORMAT"
    assert server.seen == []


def test_where_nobody_listens_nothing_was_handed_over(settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.OUTGOING_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.request("POST", f"http://127.0.0.1:{port}/", body=b"x", timeout=1, own=True)
    assert refused.value.code == "NOBODY_LISTENS"


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b:1::7f00:1",
        "fec0::1",
        "192.88.99.1",
    ],
)
def test_no_name_leads_to_a_private_address(address, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [(0, 0, 0, "", (address, 443))])
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.request("POST", "https://recipient.example/hook", body=b"x")
    assert refused.value.code == "PRIVATE_ADDRESS"


def test_one_private_address_among_public_ones_is_refused(monkeypatch):
    both = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: both)
    with pytest.raises(http_client.Unreachable):
        http_client.require_public("https://recipient.example/hook")


def test_the_name_is_resolved_once_and_the_connection_goes_to_that_very_address(monkeypatch):
    asked, connected = [], []

    def resolve(name, *args, **kwargs):
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.215.14", 443))]

    def connect(address, *args, **kwargs):
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(http_client.Unreachable):
        http_client.request("POST", "https://recipient.example/hook", body=b"x")
    assert asked == ["recipient.example"]
    assert connected == ["93.184.215.14"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://recipient.example/hook", "NOT_HTTPS"),
        ("ftp://recipient.example/hook", "ADDRESS_FORMAT"),
        ("https://user:secret@recipient.example/", "ADDRESS_FORMAT"),
        ("https://recipient.example:port/", "ADDRESS_FORMAT"),
        ("https:///hook", "ADDRESS_FORMAT"),
        ("https://recipient.example/a b", "ADDRESS_FORMAT"),
    ],
)
def test_an_address_that_is_none_of_ours_to_ask_is_refused_with_a_reason(text, code):
    with pytest.raises(http_client.Unreachable) as refused:
        http_client.require_public(text)
    assert refused.value.code == code


#: Every block of IANA's two registries of special-purpose addresses, and multicast.
SPECIAL = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/32", "192.0.0.171/32"),
    *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32", "224.0.0.0/4"),
    *("::1/128", "::/128", "::ffff:0:0/104", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64"),
    *("2001::/23", "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32"),
    *("2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16"),
    *("2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "ff00::/8"),
]


@pytest.mark.parametrize("block", SPECIAL)
def test_no_address_of_a_block_that_is_set_aside_is_public(block):
    found = ipaddress.ip_network(block)
    for address in (found[0], found[-1], found[found.num_addresses // 2]):
        assert not http_client.is_public(str(address)), address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "172.32.0.0",
            "192.0.1.0",
            "198.20.0.0",
            "223.255.255.255",
        ),
        *("2001:200::", "2001:db7:ffff::1", "2001:db9::", "2003::", "2606:4700::1111", "2a00:1450::8", "3ffe:ffff::1"),
        *("3fff:1000::", "::ffff:8.8.8.8"),
    ],
)
def test_its_neighbours_are(address):
    assert http_client.is_public(address)
