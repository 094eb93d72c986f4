"""What a pack holds beside registers and proofs, and how it names what is missing."""

import csv
import io
import json
from datetime import date, timedelta

import pikepdf
import pytest

from portal.fronts.evidence import pack_contents
from portal.fronts.evidence.models import MonthlyReport
from portal.fronts.evidence.period import Period
from portal.fronts.evidence.reports import REPORTS
from portal.kernel.outbox.models import TemplateVersion
from tests.evidence.packed import INSIDE, NOVEMBER, make, opened
from tests.outbox.factories import MessageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ledger_alone")]


def test_a_pack_holds_reports_controls_letters_and_pages_that_check_it(october):
    version = TemplateVersion.objects.create(
        kind="otp", language="en", sha256="a" * 64, source="Your code is {{ code }}.", first_used_at=INSIDE
    )
    sent = {"created_at": INSIDE, "sent_at": INSIDE, "template_language": "en", "kind": "otp"}
    MessageFactory(template_sha256=version.sha256, **sent)
    MessageFactory(template_sha256="b" * 64, **sent)
    files = opened(make()[1])
    assert {f"reports/2026-10-{code}.csv" for code in REPORTS} <= set(files)
    assert files["letters/otp.en.aaaaaaaaaaaa.txt"].decode() == "Your code is {{ code }}."
    assert set(json.loads(files["controls.json"])) == {"about", "law", "measures", "states"}
    assert b"verifier" in files["verify.html"]
    missing = list(csv.DictReader(io.StringIO(files["MISSING.csv"].decode())))
    named = {(row["kind"], row["name"]) for row in missing}
    assert ("letter", "otp.en.bbbbbbbbbbbb") in named
    assert ("letter", "otp.en.aaaaaaaaaaaa") not in named
    assert [row["name"] for row in missing if row["kind"] == "erased record"] == ["5"]
    assert ("promise", "0-1") in named


def test_the_first_page_names_what_is_missing(october, monkeypatch):
    set_words = {}
    typeset = pack_contents.typst_pdf.typeset
    monkeypatch.setattr(
        pack_contents.typst_pdf, "typeset", lambda name, words: (set_words.update(words), typeset(name, words))[1]
    )
    MessageFactory(template_sha256="b" * 64, template_language="en", kind="otp", created_at=INSIDE, sent_at=INSIDE)
    files = opened(make(size=50)[1])
    assert len(pikepdf.open(io.BytesIO(files["00-summary.pdf"])).pages) > 1
    assert set_words["title"] == "Evidence pack from 1 Oct 2026 to 31 Oct 2026"
    facts, missing = set_words["parts"][:2]
    assert ["Records", "7, and 1 erased"] in facts["rows"]
    assert [row for row in missing["rows"] if row[0] in {"erased record", "letter", "sample"}] == [
        ["erased record", "1", "5"],
        ["letter", "1", "otp.en.bbbbbbbbbbbb"],
        ["sample", "1", "43 receipts"],
    ]
    assert missing["rows"][0][0] == "erased record"


def test_days_outside_whole_months_have_no_report_and_the_pack_says_so(october):
    files = opened(make(Period(date(2026, 10, 2), date(2026, 10, 31)))[1])
    assert not [name for name in files if name.startswith("reports/")]
    assert b"part of a month" in files["MISSING.csv"]


def test_a_report_that_was_kept_stands_in_every_later_pack_as_it_was(october):
    make()
    kept = list(MonthlyReport.objects.values_list("code", "sha256"))
    make(now=NOVEMBER + timedelta(days=9))
    assert list(MonthlyReport.objects.values_list("code", "sha256")) == kept
    assert {code for code, _sha256 in kept} == set(REPORTS)
