"""Clock cases written by hand from the text of the law, beside the worked examples of ``test_counting``.

Nothing here was worked out by the portal: each date was counted on a calendar, and the day of the week before it is checked,
so that a slip of the pen shows. A row reads: rule, event, zone, due, date to work to, latest reading. "=" repeats the due date.
Rows of hours give times. Dates of days are those of the person's zone.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.kernel.law.date_arithmetic import INDIA, deadline, shift
from portal.kernel.law.services.rule_loader import read
from portal.kernel.law.terms import Counting, RuleKind, RuleTerms, Unit
from tests.law.shipped import shipped_terms

BERLIN = "Europe/Berlin"
CALIFORNIA = "America/Los_Angeles"
ZONES = {"IN": INDIA, "DE": BERLIN, "CA": CALIFORNIA, "KI": "Pacific/Kiritimati", "NZ": "Pacific/Auckland"}

DAYS = """
# GDPR Art 12(3): same date of the next month, else its last day; Reg. 1182/71 Art 3(4) rolls the outer limit only.
EU-12-1M | 2026-11-26 | IN | Sat 2026-12-26 | = | Mon 2026-12-28
EU-12-1M | 2026-11-27 | IN | Sun 2026-12-27 | = | Mon 2026-12-28
EU-12-1M | 2026-10-31 | IN | Mon 2026-11-30 | = | =
EU-12-1M | 2026-12-25 | IN | Mon 2027-01-25 | = | =
EU-12-1M | 2026-12-31 | IN | Sun 2027-01-31 | = | Mon 2027-02-01
EU-12-1M | 2027-01-28 | IN | Sun 2027-02-28 | = | Mon 2027-03-01
EU-12-1M | 2027-01-29 | IN | Sun 2027-02-28 | = | Mon 2027-03-01
EU-12-1M | 2027-01-30 | IN | Sun 2027-02-28 | = | Mon 2027-03-01
EU-12-1M | 2027-02-28 | IN | Sun 2027-03-28 | = | Mon 2027-03-29
EU-12-1M | 2027-03-31 | IN | Fri 2027-04-30 | = | =
EU-12-1M | 2027-04-01 | IN | Sat 2027-05-01 | = | Mon 2027-05-03
EU-12-1M | 2027-05-31 | IN | Wed 2027-06-30 | = | =
EU-12-1M | 2027-07-31 | IN | Tue 2027-08-31 | = | =
EU-12-1M | 2027-11-25 | IN | Sat 2027-12-25 | = | Mon 2027-12-27
EU-12-1M | 2027-12-01 | IN | Sat 2028-01-01 | = | Mon 2028-01-03
EU-12-1M | 2028-01-29 | IN | Tue 2028-02-29 | = | =
EU-12-1M | 2028-01-30 | IN | Tue 2028-02-29 | = | =
EU-12-1M | 2028-04-01 | IN | Mon 2028-05-01 | = | Tue 2028-05-02
EU-12-1M | 2029-01-31 | IN | Wed 2029-02-28 | = | =
EU-12-NO | 2027-01-31 | IN | Sun 2027-02-28 | = | Mon 2027-03-01
EU-14    | 2026-12-31 | IN | Sun 2027-01-31 | = | Mon 2027-02-01
EU-12-EXT-NOTICE | 2026-12-01 | IN | Fri 2027-01-01 | = | Mon 2027-01-04
# Three months in all, from receipt and not from the rolled first date.
EU-12-EXT | 2026-09-26 | IN | Sat 2026-12-26 | = | Mon 2026-12-28
EU-12-EXT | 2026-10-01 | IN | Fri 2027-01-01 | = | Mon 2027-01-04
EU-12-EXT | 2026-11-30 | IN | Sun 2027-02-28 | = | Mon 2027-03-01
EU-12-EXT | 2026-12-31 | IN | Wed 2027-03-31 | = | =
EU-12-EXT | 2027-02-01 | IN | Sat 2027-05-01 | = | Mon 2027-05-03
EU-12-EXT | 2027-11-29 | IN | Tue 2028-02-29 | = | =
EU-12-EXT | 2027-11-30 | IN | Tue 2028-02-29 | = | =
# Art 36(2): 8 weeks, and 14 in all.
EU-36     | 2027-01-04 | IN | Mon 2027-03-01 | = | =
EU-36-EXT | 2027-01-04 | IN | Mon 2027-04-12 | = | =
# The earliest local date, of India and of the person (C12).
EU-12-1M | 2026-12-31T18:40+00:00 | DE | Sun 2027-01-31 | = | Mon 2027-02-01
EU-12-1M | 2026-12-31T23:30+00:00 | DE | Mon 2027-02-01 | = | =
EU-12-1M | 2027-02-28T18:29+00:00 | DE | Sun 2027-03-28 | = | Mon 2027-03-29
EU-12-1M | 2027-02-28T18:31+00:00 | DE | Sun 2027-03-28 | = | Mon 2027-03-29
EU-12-1M | 2026-11-29T11:00+00:00 | KI | Tue 2026-12-29 | = | =
EU-12-1M | 2027-01-30T12:00+00:00 | NZ | Sun 2027-02-28 | = | Mon 2027-03-01
# SPDI Rules r.5(9): a month, never rolled, whatever holiday it falls on (C1, C3).
IN-SPDI-GRV | 2026-11-30 | IN | Wed 2026-12-30 | = | =
IN-SPDI-GRV | 2026-12-31 | IN | Sun 2027-01-31 | = | =
IN-SPDI-GRV | 2027-03-31 | IN | Fri 2027-04-30 | = | =
IN-SPDI-GRV | 2027-05-12 | IN | Sat 2027-06-12 | = | =
IN-SPDI-GRV | 2026-12-26 | IN | Tue 2027-01-26 | = | =
IN-SPDI-GRV | 2026-07-15 | IN | Sat 2026-08-15 | = | =
IN-SPDI-GRV | 2026-09-02 | IN | Fri 2026-10-02 | = | =
IN-SPDI-GRV | 2024-01-30 | IN | Thu 2024-02-29 | = | =
IN-SPDI-GRV | 2025-01-30 | IN | Fri 2025-02-28 | = | =
IN-SPDI-GRV | 2026-11-24T19:10+05:30 | IN | Thu 2026-12-24 | = | =
IN-SPDI-GRV | 2026-12-31T19:00+00:00 | DE | Sun 2027-01-31 | = | =
# DPDP Rules r.14(3): at most 90 days, the first not counted (General Clauses Act s.9).
IN-DPDP-GRV | 2027-05-13 | IN | Wed 2027-08-11 | = | =
IN-DPDP-GRV | 2027-10-28 | IN | Wed 2028-01-26 | = | =
IN-DPDP-GRV | 2027-11-30 | IN | Mon 2028-02-28 | = | =
IN-DPDP-GRV | 2027-12-01 | IN | Tue 2028-02-29 | = | =
IN-DPDP-GRV | 2028-12-01 | IN | Thu 2029-03-01 | = | =
# IT Rules r.3A: the person's own 30 days for an appeal outside; TRAI: 7 days to complain.
IN-IT-GAC   | 2026-11-24 | IN | Thu 2026-12-24 | = | =
IN-IT-GAC   | 2028-01-31 | IN | Wed 2028-03-01 | = | =
IN-TRAI-UCC | 2028-02-25 | IN | Fri 2028-03-03 | = | =
# 11 CCR 7021(b): 45 and 90 calendar days, one worked to a day early, never rolled (C9).
CA-RESP | 2026-11-10 | IN | Fri 2026-12-25 | Thu 2026-12-24 | =
CA-RESP | 2026-11-17 | IN | Fri 2027-01-01 | Thu 2026-12-31 | =
CA-RESP | 2026-12-01 | IN | Fri 2027-01-15 | Thu 2027-01-14 | =
CA-RESP | 2028-01-16 | IN | Wed 2028-03-01 | Tue 2028-02-29 | =
CA-RESP | 2027-03-13T20:00+00:00 | CA | Tue 2027-04-27 | Mon 2027-04-26 | =
CA-EXT  | 2026-12-01 | IN | Mon 2027-03-01 | Sun 2027-02-28 | =
CA-EXT  | 2027-12-01 | IN | Tue 2028-02-29 | Mon 2028-02-28 | =
# 7021(a), 7026(f), 7027: Monday to Friday; holidays are stepped over in the latest reading only (C10).
CA-ACK | 2026-11-25 | IN | Wed 2026-12-09 | = | Thu 2026-12-10
CA-ACK | 2026-11-28 | IN | Fri 2026-12-11 | = | =
CA-ACK | 2026-12-18 | IN | Fri 2027-01-01 | = | Tue 2027-01-05
CA-ACK | 2027-01-04 | IN | Mon 2027-01-18 | = | =
CA-ACK | 2027-11-24 | IN | Wed 2027-12-08 | = | Thu 2027-12-09
CA-ACK | 2028-02-22 | IN | Tue 2028-03-07 | = | =
CA-OPT | 2026-11-24 | IN | Tue 2026-12-15 | = | Wed 2026-12-16
CA-OPT | 2027-12-17 | IN | Fri 2028-01-07 | = | =
CA-LIMIT | 2026-12-21 | IN | Mon 2027-01-11 | = | Wed 2027-01-13
# Civ. Code 1798.82 (unsure): 30 calendar days.
CA-CIV-1798-82 | 2027-01-30 | IN | Mon 2027-03-01 | = | =
# What must be kept rounds late: through 1 March where 29 February does not exist (C13).
CA-REC        | 2028-02-29 | IN | Fri 2030-03-01 | = | =
IN-DPDP-MIN1Y | 2027-05-13 | IN | Sat 2028-05-13 | = | =
IN-DPDP-LOG1Y | 2027-12-31 | IN | Sun 2028-12-31 | = | =
IN-CERT-180   | 2027-09-02 | IN | Tue 2028-02-29 | = | =
IN-IT-180     | 2027-09-03 | IN | Wed 2028-03-01 | = | =
IN-GST        | 2028-12-31 | IN | Sun 2034-12-31 | = | =
IN-GST-APPEAL | 2028-02-29 | IN | Thu 2029-03-01 | = | =
IN-CO         | 2028-03-31 | IN | Mon 2036-03-31 | = | =
IN-CERT-5Y    | 2024-02-29 | IN | Thu 2029-03-01 | = | =
IN-PMLA       | 2024-02-29 | IN | Thu 2029-03-01 | = | =
IN-CDR        | 2027-02-28 | IN | Wed 2029-02-28 | = | =
# A maximum rounds early.
IN-DPDP-3Y | 2027-05-13 | IN | Mon 2030-05-13 | = | =
IN-DPDP-3Y | 2032-02-29 | IN | Wed 2035-02-28 | = | =
# Asking again: the day after the last day of the ban, from the latest local date.
IN-TRAI-90D | 2027-12-01 | IN | Wed 2028-03-01 | = | =
IN-TRAI-90D | 2026-12-31T19:00+00:00 | CA | Fri 2027-04-02 | = | =
CA-12M | 2026-12-31 | IN | Sat 2028-01-01 | = | =
CA-12M | 2028-02-29 | IN | Fri 2029-03-02 | = | =
# At least once in each interval.
IN-IT-3M    | 2026-11-30 | IN | Sun 2027-02-28 | = | =
IN-SPDI-SEC | 2024-02-29 | IN | Fri 2025-02-28 | = | =
CA-POLICY   | 2028-02-29 | IN | Wed 2029-02-28 | = | =
# Ages: one is of age from the birthday on, born on leap day from 1 March.
IN-DPDP-CHILD | 2009-05-13 | IN | Thu 2027-05-13 | = | =
CA-MINOR      | 2012-02-29 | IN | Tue 2028-02-29 | = | =
"""

TIMES = """
# Elapsed hours in UTC: weekends, holidays and summer time change nothing (C1, C8).
EU-33 | 2027-10-29T22:00+02:00 | 2027-11-01T21:00+01:00
EU-33 | 2026-12-24T15:00+00:00 | 2026-12-27T15:00+00:00
EU-33 | 2028-02-27T10:00+00:00 | 2028-03-01T10:00+00:00
EU-33 | 2027-02-27T10:00+00:00 | 2027-03-02T10:00+00:00
EU-33 | 2026-12-30T23:59:59+00:00 | 2027-01-02T23:59:59+00:00
IN-IT-ACK | 2026-12-31T23:30+05:30 | 2027-01-01T23:30+05:30
IN-IT-ACK | 2028-02-28T12:00+05:30 | 2028-02-29T12:00+05:30
IN-IT-ACK | 2027-03-27T20:00+01:00 | 2027-03-28T21:00+02:00
IN-IT-ACK | 2026-08-15T10:00+05:30 | 2026-08-16T10:00+05:30
IN-DPDP-BR-B2 | 2027-05-13T00:00+05:30 | 2027-05-16T00:00+05:30
IN-DPDP-BR-B2 | 2028-02-28T10:00+05:30 | 2028-03-02T10:00+05:30
IN-CERT-6H | 2026-12-31T21:00+05:30 | 2027-01-01T03:00+05:30
IN-CERT-6H | 2028-02-28T20:00+05:30 | 2028-02-29T02:00+05:30
IN-CERT-6H | 2026-01-26T08:00+05:30 | 2026-01-26T14:00+05:30
IN-TCS-6H  | 2026-11-28T18:30:15+05:30 | 2026-11-29T00:30:15+05:30
IN-TCS-24H | 2026-12-31T12:00+05:30 | 2027-01-01T12:00+05:30
IN-IT-3H     | 2026-11-24T23:00+05:30 | 2026-11-25T02:00+05:30
IN-IT-3H-OLD | 2026-02-18T10:00+05:30 | 2026-02-19T22:00+05:30
IN-IT-36H     | 2026-12-31T00:00+05:30 | 2027-01-01T12:00+05:30
IN-IT-36H-OLD | 2026-02-14T09:00+05:30 | 2026-02-17T09:00+05:30
IN-IT-2H      | 2026-11-24T23:30+05:30 | 2026-11-25T01:30+05:30
IN-IT-2H-OLD  | 2026-02-01T10:00+05:30 | 2026-02-02T10:00+05:30
IN-IT-72H     | 2026-12-24T09:00+05:30 | 2026-12-27T09:00+05:30
WA-POLICY     | 2028-02-29T23:59+05:30 | 2028-03-01T23:59+05:30
# Counted backwards from the event.
IN-DPDP-48H | 2027-11-01T00:00+05:30 | 2027-10-30T00:00+05:30
IN-DPDP-48H | 2028-03-01T09:00+05:30 | 2028-02-28T09:00+05:30
"""

#: The IT Rules give a date; one works to the clock time of receipt, never past the end of the date.
SAME_TIME = """
IN-IT-RES | 2026-02-20T10:00+05:30 | IN | Fri 2026-02-27 | 2026-02-27T10:00+05:30
IN-IT-RES | 2026-10-02T09:00+05:30 | IN | Fri 2026-10-09 | 2026-10-09T09:00+05:30
IN-IT-RES | 2026-12-28T00:00+05:30 | IN | Mon 2027-01-04 | 2027-01-04T00:00+05:30
IN-IT-RES | 2028-02-25T23:59+05:30 | IN | Fri 2028-03-03 | 2028-03-03T23:59+05:30
IN-IT-RES | 2027-02-25T12:00+05:30 | IN | Thu 2027-03-04 | 2027-03-04T12:00+05:30
IN-IT-RES | 2026-12-01T06:30+00:00 | CA | Mon 2026-12-07 | 2026-12-07T22:30-08:00
IN-IT-RES | 2026-11-29T11:00+00:00 | KI | Sun 2026-12-06 | 2026-12-06T23:59:59+14:00
IN-IT-RES-OLD | 2026-02-19T10:00+05:30 | IN | Fri 2026-03-06 | 2026-03-06T10:00+05:30
IN-IT-RES-OLD | 2024-02-15T09:30+05:30 | IN | Fri 2024-03-01 | 2024-03-01T09:30+05:30
"""

#: Promises of our own that stand still while we wait: amount in days, event, time that stood still, due.
PAUSES = """
5  | 2026-11-24 | 0:00:00  | Sun 2026-11-29
5  | 2026-11-24 | 0:00:01  | Mon 2026-11-30
5  | 2026-11-24 | 24:00:00 | Mon 2026-11-30
5  | 2026-11-24 | 24:00:01 | Tue 2026-12-01
5  | 2026-11-24 | 240:00:00 | Wed 2026-12-09
30 | 2027-01-31 | 0:00:00  | Tue 2027-03-02
30 | 2027-01-31 | 72:00:00 | Fri 2027-03-05
30 | 2028-01-31 | 0:00:00  | Wed 2028-03-01
30 | 2028-01-31 | 24:00:00 | Thu 2028-03-02
"""


def rows(table):
    lines = [line for line in table.strip().splitlines() if not line.startswith("#")]
    return [pytest.param(*(cell.strip() for cell in line.split("|")), id=line) for line in lines]


def event(text):
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def written(text):
    """A date with its weekday in front: both have to agree."""
    weekday, _, day = text.partition(" ")
    found = date.fromisoformat(day)
    assert f"{found:%a}" == weekday, "a slip of the pen in this table"
    return found


@pytest.mark.parametrize(("key", "start", "zone", "due", "target", "outer"), rows(DAYS))
def test_a_rule_of_days_gives_these_dates(key, start, zone, due, target, outer):
    found = deadline(event(start), shipped_terms(key), ZONES[zone])
    on = written(due)
    wanted = (on, on if target == "=" else written(target), on if outer == "=" else written(outer))
    assert (found.due_on, found.target_on, found.outer_on) == wanted


@pytest.mark.parametrize(("key", "start", "due"), rows(TIMES))
def test_a_rule_of_hours_gives_this_instant_and_no_other_reading(key, start, due):
    found = deadline(event(start), shipped_terms(key))
    assert found.due == found.target == found.outer_limit == datetime.fromisoformat(due)


@pytest.mark.parametrize(("key", "start", "zone", "due", "target"), rows(SAME_TIME))
def test_a_complaint_under_the_it_rules_gives_a_date_and_a_time_to_work_to(key, start, zone, due, target):
    found = deadline(event(start), shipped_terms(key), ZONES[zone])
    assert found.due_on == found.outer_on == written(due)
    assert found.target == datetime.fromisoformat(target)
    end = datetime.combine(found.due_on, datetime.max.time().replace(microsecond=0), ZoneInfo(ZONES[zone]))
    assert found.due == end


@pytest.mark.parametrize(("amount", "start", "paused", "due"), rows(PAUSES))
def test_a_promise_that_stood_still_is_due_later_by_whole_days(amount, start, paused, due):
    promise = RuleTerms("p", RuleKind.PROMISE, int(amount), Unit.CALENDAR_DAY, Counting.CALENDAR_DAYS, pauses=True)
    hours, minutes, seconds = map(int, paused.split(":"))
    stood_still = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert shift(deadline(event(start), promise), stood_still).due_on == written(due)


def test_no_rule_of_law_may_pause_and_no_indian_rule_knows_a_holiday():
    laws = read("legal_rules.toml")["rule"]
    assert not [row["key"] for row in laws if row.get("pauses")]
    assert not [
        row["key"] for row in laws if row["jurisdiction"] == "IN" and (row.get("calendar") or row["roll"] != "none")
    ]


def test_the_tables_hold_enough_cases():
    assert sum(len(rows(table)) for table in (DAYS, TIMES, SAME_TIME, PAUSES)) >= 120
