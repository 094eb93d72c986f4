import pytest

from portal.vault import system_checks
from portal.vault.inspection import process, sealing_off


def test_the_child_of_this_system_is_cut_off_or_the_check_says_that_it_is_not():
    said = [warning.id for warning in system_checks.the_child_has_no_network(None)]
    assert said == ([] if process.is_sealed_off() else ["vault.W001"])


def test_a_system_that_cannot_cut_it_off_is_told_so(monkeypatch):
    def not_sealed(request, data, limits):
        return {"sealed_off": False}, b""

    def dead(request, data, limits):
        raise process.ChildFailedError("exit 1")

    for run in (not_sealed, dead):
        monkeypatch.setattr(process, "_run", run)
        assert [warning.id for warning in system_checks.the_child_has_no_network(None)] == ["vault.W001"]


def test_another_machine_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sealing_off.platform, "machine", lambda: "sparc64")
    assert sealing_off.sealed_off() is False


@pytest.mark.parametrize("url", ["", "unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310", "tcp://scanner.example:3310"])
def test_an_address_of_a_scanner_is_taken(settings, url):
    settings.CLAMD_URL = url
    assert system_checks.the_scanner_has_an_address(None) == []


@pytest.mark.parametrize("url", ["clamd", "http://scanner.example", "unix:relative/path", "tcp:"])
def test_what_is_no_address_of_a_scanner_is_an_error(settings, url):
    settings.CLAMD_URL = url
    assert [error.id for error in system_checks.the_scanner_has_an_address(None)] == ["vault.E001"]
