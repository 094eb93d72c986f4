"""What ``due``, ``sync_rules`` and ``sweep_clocks`` print, and the exit codes that scripts rely on."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.kernel.law.models import LegalRule


def run(*arguments):
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("arguments", "due", "target", "outer"),
    [
        (("EU-12-1M", "2026-11-24"), "2026-12-24", "2026-12-24", "2026-12-24"),
        (("EU-12-1M", "2027-01-31"), "2027-02-28", "2027-02-28", "2027-03-01"),
        (("EU-12-EXT", "2028-01-31"), "2028-04-30", "2028-04-30", "2028-05-02"),
        (("IN-SPDI-GRV", "2027-01-31"), "2027-02-28", "2027-02-28", "2027-02-28"),
        (
            ("IN-IT-RES", "2026-11-28T18:05"),
            "2026-12-05",
            "2026-12-05T18:05:00+05:30",
            "2026-12-05",
        ),
        (("IN-DPDP-GRV", "2027-05-14"), "2027-08-12", "2027-08-12", "2027-08-12"),
        (
            ("IN-CERT-6H", "2026-11-27 23:40"),
            "2026-11-28T05:40:00+05:30",
            "2026-11-28T05:40:00+05:30",
            "2026-11-28T05:40:00+05:30",
        ),
        (
            ("EU-33", "2027-03-26T22:00", "--zone", "Europe/Berlin"),
            "2027-03-29T23:00:00+02:00",
            "2027-03-29T23:00:00+02:00",
            "2027-03-29T23:00:00+02:00",
        ),
        (("CA-ACK", "2026-11-24"), "2026-12-08", "2026-12-08", "2026-12-09"),
        (
            ("CA-RESP", "2026-12-01T06:30:00Z", "--zone", "America/Los_Angeles"),
            "2027-01-14",
            "2027-01-13",
            "2027-01-14",
        ),
        (("IN-TRAI-90D", "2026-11-24"), "2027-02-23", "2027-02-23", "2027-02-23"),
        (("EU-15", "2026-11-24"), "2026-12-24", "2026-12-24", "2026-12-24"),
    ],
)
def test_due_prints_the_three_dates(rules, arguments, due, target, outer):
    found = run("due", *arguments)
    assert (found["due"], found["target"], found["outer_limit"]) == (due, target, outer)
    assert found["rule"] == arguments[0]
    assert set(found) == {"rule", "due", "target", "outer_limit", "counting", "source", "confidence"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("IN-DPDP-GRV", "2026-11-24"), 1, "2027-05-13"),
        (("IN-SPDI-GRV", "2028-01-31"), 1, "2027-05-12"),
        (("NO-SUCH", "2026-11-24"), 2, "NO-SUCH"),
        (("EU-12-1M", "yesterday"), 2, "2026-11-24"),
        (("EU-12-1M", "2026-02-30"), 2, "not a date"),
        (("EU-12-1M", "2026-11-24", "--zone", "Moon"), 2, "Moon"),
        (("IN-TRAI-HOURS", "2026-11-24"), 3, "gives no date"),
    ],
)
def test_due_says_what_is_wrong_and_ends_with_its_code(rules, arguments, code, said):
    with pytest.raises(CommandError, match=said) as failed:
        call_command("due", *arguments)
    assert failed.value.returncode == code


def test_the_line_marks_what_is_unconfirmed(rules):
    out = StringIO()
    call_command("due", "IN-TRAI-90D", "2026-11-24", stdout=out)
    assert "(unconfirmed)" in out.getvalue()


def test_the_line_names_source_and_confidence(rules):
    out = StringIO()
    call_command("due", "EU-12-1M", "2026-11-24", stdout=out)
    told = run("due", "EU-12-1M", "2026-11-24")
    assert f"Source: {told['source']}." in out.getvalue()
    confidence = LegalRule.objects.newest().get(key="EU-12-1M").get_confidence_display()
    assert f"How well it is known: {confidence}." in out.getvalue()


def test_sync_rules_counts_what_it_wrote_and_writes_nothing_the_second_time(db):
    assert run("sync_rules")["rules"] == 194
    assert (run("sync_rules")["added"], run("sync_rules")["superseded"]) == (0, 0)


def test_sweep_clocks_counts(rules):
    assert run("sweep_clocks") == {"due_soon": 0, "late": 0}
