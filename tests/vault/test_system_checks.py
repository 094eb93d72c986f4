import pytest

from portal.kernel.vault import system_checks
from portal.kernel.vault.inspection import client, sandbox


def test_the_child_of_this_system_is_confined_or_the_check_says_what_is_missing():
    said = [warning.id for warning in system_checks.the_child_is_confined(None)]
    assert said == ([] if client.given() == sandbox.Given(True, True, True) else ["vault.W001"])


@pytest.mark.parametrize(
    ("missing", "word"), [("calls", "seccomp"), ("files", "Landlock"), ("apart", "namespaces")], ids=str
)
def test_what_a_kernel_does_not_give_is_named(monkeypatch, missing, word):
    given = {"calls": True, "files": True, "apart": True, missing: False}
    monkeypatch.setattr(client, "_run", lambda request, data, limits: (given, b""))
    [warning] = system_checks.the_child_is_confined(None)
    assert (warning.id, word in warning.msg, warning.msg.count(";")) == ("vault.W001", True, 0)


def test_a_child_that_dies_is_not_called_confined(monkeypatch):
    def dead(request, data, limits):
        raise client.ChildFailedError("exit 1")

    monkeypatch.setattr(client, "_run", dead)
    [warning] = system_checks.the_child_is_confined(None)
    assert warning.id == "vault.W001"


def test_another_machine_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "sparc64")
    assert sandbox.allow_only(sandbox.READING) is False
    assert sandbox.leave_only_files([]) is False


@pytest.mark.parametrize("url", ["", "unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310", "tcp://scanner.example:3310"])
def test_an_address_of_a_scanner_is_taken(settings, url):
    settings.CLAMD_URL = url
    assert system_checks.the_scanner_has_an_address(None) == []


@pytest.mark.parametrize("url", ["clamd", "http://scanner.example", "unix:relative/path", "tcp:"])
def test_what_is_no_address_of_a_scanner_is_an_error(settings, url):
    settings.CLAMD_URL = url
    assert [error.id for error in system_checks.the_scanner_has_an_address(None)] == ["vault.E001"]
