"""Which clocks run, and until when, by kind of work, regimes, role and day: written by hand from the text of the law.

A row reads: kind, role, regimes, received, zone, and each clock with its date in that zone. It names every clock there is, so
that one too many is an error too. Nobody has decided the questions of the profile here: the stricter side applies.
"""

from datetime import datetime
from uuid import uuid4

import pytest

from portal.kernel.law.rules import clock_state
from portal.kernel.law.services import deadlines
from tests.law.test_clock_table import ZONES, rows, written

PLANS = """
# The IT Rules were shortened on 20 February 2026.
answer | fiduciary | IN | 2026-02-19T23:59+05:30 | IN | IN-IT-RES-OLD Fri 2026-03-06, IN-SPDI-GRV Thu 2026-03-19, grievances.answer Tue 2026-02-24
answer | fiduciary | IN | 2026-02-20T00:00+05:30 | IN | IN-IT-RES Fri 2026-02-27, IN-SPDI-GRV Fri 2026-03-20, grievances.answer Wed 2026-02-25
# The DPDP Rules take the place of the SPDI Rules on 13 May 2027, by the day in India.
answer | fiduciary | IN | 2027-05-12T23:59+05:30 | IN | IN-IT-RES Wed 2027-05-19, IN-SPDI-GRV Sat 2027-06-12, grievances.answer Mon 2027-05-17
answer | fiduciary | IN | 2027-05-12T18:29:59+00:00 | IN | IN-IT-RES Wed 2027-05-19, IN-SPDI-GRV Sat 2027-06-12, grievances.answer Mon 2027-05-17
answer | fiduciary | IN | 2027-05-13T00:00+05:30 | IN | IN-IT-RES Thu 2027-05-20, IN-DPDP-GRV Wed 2027-08-11, grievances.answer Tue 2027-05-18
answer | fiduciary | IN | 2027-05-12T18:30+00:00 | CA | IN-IT-RES Wed 2027-05-19, IN-DPDP-GRV Tue 2027-08-10, grievances.answer Mon 2027-05-17
answer | fiduciary | IN | 2028-02-29T10:00+05:30 | IN | IN-IT-RES Tue 2028-03-07, IN-DPDP-GRV Mon 2028-05-29, grievances.answer Sun 2028-03-05
# Before the IT Rules of 2021, and before our own promises.
answer | fiduciary | IN | 2020-06-01T10:00+05:30 | IN | IN-SPDI-GRV Wed 2020-07-01
answer | fiduciary | IN | 2021-02-24T10:00+05:30 | IN | IN-SPDI-GRV Wed 2021-03-24
answer | fiduciary | IN | 2021-02-25T10:00+05:30 | IN | IN-IT-RES-OLD Fri 2021-03-12, IN-SPDI-GRV Thu 2021-03-25
# Whoever lives elsewhere complains under Indian law all the same: the company is here.
answer | fiduciary | IN EU | 2026-11-24T19:10+05:30 | DE | IN-IT-RES Tue 2026-12-01, IN-SPDI-GRV Thu 2026-12-24, grievances.answer Sun 2026-11-29
acknowledge | fiduciary | IN | 2026-11-24T19:10+05:30 | IN | IN-IT-ACK Wed 2026-11-25, grievances.acknowledge Tue 2026-11-24
acknowledge | fiduciary | IN | 2026-12-31T23:30+05:30 | IN | IN-IT-ACK Fri 2027-01-01, grievances.acknowledge Fri 2027-01-01
interim | fiduciary | IN | 2026-11-24T19:10+05:30 | IN | grievances.interim_reply Fri 2026-11-27
appeal | fiduciary | IN | 2026-11-24T19:10+05:30 | IN | IN-IT-RES Tue 2026-12-01, IN-SPDI-GRV Thu 2026-12-24, grievances.appeal_answer Sun 2026-11-29
appeal | fiduciary | IN | 2027-05-14T09:00+05:30 | IN | IN-IT-RES Fri 2027-05-21, IN-DPDP-GRV Thu 2027-08-12, grievances.appeal_answer Wed 2027-05-19
# Requests: the DPDP Act names no number, before and after its start; our own promise is published.
request | fiduciary | IN | 2026-11-24T19:10+05:30 | IN | requests.answer Thu 2026-12-24
request | fiduciary | IN | 2027-05-14T09:00+05:30 | IN | requests.answer Sun 2027-06-13
request | fiduciary | IN EU | 2026-11-24T19:10+05:30 | DE | EU-12-1M Thu 2026-12-24, requests.answer Thu 2026-12-24
request | fiduciary | IN US-CA | 2026-11-24T19:10+05:30 | IN | CA-ACK Tue 2026-12-08, CA-RESP Fri 2027-01-08, requests.answer Thu 2026-12-24
request | fiduciary | IN EU US-CA | 2027-01-31T12:00+05:30 | IN | EU-12-1M Sun 2027-02-28, CA-ACK Fri 2027-02-12, CA-RESP Wed 2027-03-17, requests.answer Tue 2027-03-02
opt_out | fiduciary | IN US-CA | 2026-12-18T12:00+05:30 | IN | CA-OPT Fri 2027-01-08, CA-LIMIT Fri 2027-01-08, requests.answer Sun 2027-01-17
opt_out | fiduciary | IN | 2026-12-18T12:00+05:30 | IN | requests.answer Sun 2027-01-17
opt_out_effect | fiduciary | IN US-CA | 2026-12-18T12:00+05:30 | IN | consent.stop_delay Fri 2026-12-18
# As a processor we pass on; the periods are the client's.
answer | processor | IN | 2027-05-13T10:00+05:30 | IN | clients.pass_on Fri 2027-05-14
request | processor | IN EU US-CA | 2026-12-31T10:00+05:30 | IN | clients.pass_on Fri 2027-01-01
# One incident, many clocks; the DPDP Board from 13 May 2027 on.
incident | fiduciary | IN EU | 2026-11-27T23:40+05:30 | IN | IN-CERT-6H Sat 2026-11-28, IN-TCS-6H Sat 2026-11-28, IN-TCS-24H Sat 2026-11-28, EU-33 Mon 2026-11-30, registers.client_breach_notice Sat 2026-11-28, registers.board_first_notice Sat 2026-11-28, registers.breach_people_notice Mon 2026-11-30, registers.incident_follow_up Mon 2026-11-30
incident | fiduciary | IN | 2027-05-12T23:59+05:30 | IN | IN-CERT-6H Thu 2027-05-13, IN-TCS-6H Thu 2027-05-13, IN-TCS-24H Thu 2027-05-13, registers.client_breach_notice Thu 2027-05-13, registers.board_first_notice Thu 2027-05-13, registers.breach_people_notice Sat 2027-05-15, registers.incident_follow_up Sat 2027-05-15
incident | fiduciary | IN EU US-CA | 2027-05-13T00:00+05:30 | IN | IN-CERT-6H Thu 2027-05-13, IN-TCS-6H Thu 2027-05-13, IN-TCS-24H Fri 2027-05-14, IN-DPDP-BR-B2 Sun 2027-05-16, EU-33 Sun 2027-05-16, CA-CIV-1798-82 Sat 2027-06-12, registers.client_breach_notice Fri 2027-05-14, registers.board_first_notice Fri 2027-05-14, registers.breach_people_notice Sun 2027-05-16, registers.incident_follow_up Sun 2027-05-16
order | fiduciary | IN | 2026-12-24T09:00+05:30 | IN | IN-IT-72H Sun 2026-12-27
takedown_order | fiduciary | IN | 2026-02-19T23:00+05:30 | IN | IN-IT-3H-OLD Sat 2026-02-21
takedown_order | fiduciary | IN | 2026-02-20T23:00+05:30 | IN | IN-IT-3H Sat 2026-02-21
kyc | fiduciary | IN | 2026-11-27T12:00+05:30 | IN | kyc.check Tue 2026-12-01
notice_review | fiduciary | IN US-CA | 2028-02-29T12:00+05:30 | IN | CA-POLICY Wed 2029-02-28, notices.review Wed 2029-02-28
"""


@pytest.mark.parametrize(("kind", "role", "regimes", "received", "zone", "wanted"), rows(PLANS))
def test_these_clocks_run_and_no_other(rules, actor, now, kind, role, regimes, received, zone, wanted):
    found = deadlines.start(
        owner="tests.thing:1",
        subject_ref=uuid4(),
        rule_keys=None,
        kind=kind,
        role=role,
        started_at=datetime.fromisoformat(received),
        zone=ZONES[zone],
        regimes=regimes.split(),
        actor=actor,
        now=now,
    )
    expected = dict(one.strip().split(" ", 1) for one in wanted.split(","))
    assert {clock.rule_key: clock_state(clock, now).due_on for clock in found} == {
        key: written(day) for key, day in expected.items()
    }
    assert [clock.due_at for clock in found] == sorted(clock.due_at for clock in found)
