import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.demo.management.commands.demo import Command

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(var, port):
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"PORTAL_VAR": str(var), "DJANGO_SETTINGS_MODULE": "portal.settings", "DEMO_STORY": "0"}
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_for(port, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                return answer.read()
        except OSError:  # not there yet, or too busy to answer in time
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


@pytest.mark.full
def test_the_demonstration_serves_ends_cleanly_and_starts_again(tmp_path):
    """Full: it starts the whole process twice."""
    for _ in range(2):
        port = free_port()
        process = start(tmp_path, port)
        try:
            assert wait_for(port) == b"ok\n"
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        assert process.returncode == 0, said.decode()
        assert b"Traceback" not in said


@pytest.mark.full
def test_what_was_started_in_the_background_can_be_ended_too(tmp_path):
    """Full: it starts the whole process. A shell without a terminal has the processes behind ``&`` ignore SIGINT."""
    port = free_port()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start(tmp_path, port)
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        assert wait_for(port) == b"ok\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0


@pytest.mark.full
def test_a_taken_port_is_named_with_what_to_do(tmp_path):
    """Full: it starts the whole process."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start(tmp_path, taken.getsockname()[1])
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"try --port" in said
    assert b"Traceback" not in said


def test_a_second_demonstration_on_one_folder_is_refused_in_a_line(tmp_path, settings):
    settings.VAR = tmp_path
    with (tmp_path / "demo.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match=r"runs on .* already: end it, or choose another folder with PORTAL_VAR"):
            call_command("demo", "--once")


def test_whoever_builds_the_demonstration_into_a_file_reads_how_far_it_is() -> None:
    said = StringIO()
    command = Command(stderr=said)
    for done in range(1, 201):
        command._tell("customers", done, 200)
    command._tell("the past twelve months", 3, 3000)
    lines = said.getvalue().splitlines()
    assert lines[0] == "  customers: 1 of 200"
    assert "  customers: 100 of 200" in lines
    assert lines[-2:] == ["  customers: 200 of 200", "  the past twelve months: 3 of 3,000"]
    assert len(lines) == 12
