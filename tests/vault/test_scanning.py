import socket
import time

import pytest

from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.services import virus_scan
from portal.kernel.vault.services.virus_scan import Scan, scan
from tests.servers import scanner as scanners
from tests.servers.scanner import EICAR


@pytest.fixture
def scanner(settings):
    with scanners.serving() as found:
        settings.CLAMD_URL = found.url
        yield found


def test_without_a_scanner_it_is_said_that_nothing_was_scanned(settings):
    settings.CLAMD_URL = ""
    assert scan(b"anything") is Scan.NOT_SCANNED


def test_a_clean_file_is_sent_whole_and_called_clean(scanner):
    data = bytes(range(256)) * 1000
    assert scan(data) is Scan.CLEAN
    assert scanner.scanned == [data]


def test_a_file_with_a_known_signature_is_infected(scanner):
    assert scan(b"%PDF-1.7 " + EICAR) is Scan.INFECTED


def test_a_scanner_is_reached_through_a_socket_file_too(settings, tmp_path):
    with scanners.serving(tmp_path / "clamd.ctl") as found:
        settings.CLAMD_URL = found.url
        assert [scan(b"clean"), scan(EICAR)] == [Scan.CLEAN, Scan.INFECTED]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: Can't allocate memory ERROR\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: OK FOUND maybe\0",
        b"OK\0",
        b"\xff\xfe\0",
        b"x" * 10_000,
    ],
)
def test_an_answer_that_is_not_plain_is_an_outage_and_never_clean(scanner, answer):
    scanner.answer = answer
    with pytest.raises(Unavailable):
        scan(b"a file")


def test_a_file_larger_than_the_scanner_takes_is_an_outage(scanner):
    scanner.most = 1000
    with pytest.raises(Unavailable):
        scan(bytes(2_000_000))


def test_a_scanner_that_never_answers_is_given_up(scanner, monkeypatch):
    monkeypatch.setattr(virus_scan, "WHOLE", 0.2)
    scanner.delay = 1.0
    began = time.monotonic()
    with pytest.raises(Unavailable):
        scan(b"a file")
    assert time.monotonic() - began < 0.9


def test_a_scanner_that_is_not_there_is_an_outage(settings, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for url in (
            f"tcp:127.0.0.1:{taken.getsockname()[1]}",
            f"unix:{tmp_path}/none",
            "https://scanner.example",
            "tcp:",
        ):
            settings.CLAMD_URL = url
            with pytest.raises(Unavailable):
                scan(b"a file")
