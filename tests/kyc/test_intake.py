"""What a worker does with an upload before anybody sees it: scanned, looked at, its faults told."""

import pytest

from kyc.cases import check_plans, labels
from kyc.models import Document
from kyc.review.services.check_runs import run_plan
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.vault.models import ShredOrder
from portal.kernel.vault.services.virus_scan import Scan
from tests.kyc import documents
from tests.kyc.factories import checked, uploaded
from tests.servers import scanner as scanners
from tests.signin.people_who_sign_in import customer_client
from tests.vault import nasty

pytestmark = pytest.mark.usefixtures("same_process")


@pytest.fixture
def scanner(settings):
    with scanners.serving() as found:
        settings.CLAMD_URL = found.url
        yield found


def run(document: Document) -> Document:
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    return document


def test_a_scanned_file_says_so_and_one_that_was_not_says_that_too(individual, organisation, scanner, settings):
    assert checked(individual).scanned == Scan.CLEAN
    settings.CLAMD_URL = ""
    assert run(uploaded(organisation)).scanned == Scan.NOT_SCANNED
    assert set(labels.SCANS) == {Scan.CLEAN, Scan.NOT_SCANNED}


def test_a_customer_reads_nothing_of_a_scanner_that_is_not_set_up_and_staff_do(individual, asha):
    document = checked(individual)
    assert document.scanned == Scan.NOT_SCANNED
    page = customer_client(asha).get(f"/privacy/kyc/documents/{document.reference}/").text
    assert "scan" not in page.lower()
    assert "no scanner is set up" in str(labels.SCANS[document.scanned])


def test_what_the_scanner_finds_is_refused_and_its_quarantine_ends(individual, asha, scanner):
    """Every other check takes the file: the signature stands in a comment among the page's instructions."""
    infected = nasty.page_with(nasty.stream(b"% " + scanners.EICAR + b"\nq Q"))
    document = run(uploaded(individual, data=infected))
    assert (document.state, document.fault, document.kept) == ("refused", "MALWARE", None)
    assert ShredOrder.objects.filter(subject_ref=document.quarantine_ref).exists()
    assert AuditEvent.objects.get(kind="kyc.document.refused").facts["reason_code"] == "MALWARE"


@pytest.mark.parametrize("answer", [b"", b"stream: Can't open file ERROR\0", b"INSTREAM size limit exceeded. ERROR\0"])
def test_a_scanner_in_trouble_is_neither_clean_nor_a_refusal(individual, scanner, answer):
    scanner.answer = answer
    document = run(uploaded(individual))
    assert (document.state, document.kept, document.fault) == ("received", None, "")
    assert [(check.name, check.outcome) for check in document.checks.all()] == [("file_safety", "UNAVAILABLE")]
    scanner.answer = None
    Document.objects.update(leased_until=None)
    assert (run(document).state, document.scanned) == ("checked", "CLEAN")


def test_one_side_of_a_document_with_two_is_taken_with_a_notice(individual, organisation, monkeypatch):
    monkeypatch.setattr(check_plans, "sides", lambda kind: 2)
    one = run(uploaded(individual, data=documents.image(), extension="jpg"))
    assert (one.state, one.notices) == ("checked", "SIDE_MISSING")
    check = one.checks.get(name="file_safety")
    assert (check.outcome, check.reason) == ("WARN", "SIDE_MISSING")
    both = run(uploaded(organisation, data=documents.pdf(documents.PAN, pages=2)))
    assert (both.notices, labels.notices(both)) == ("", [])
    assert len(labels.notices(one)) == 1


def test_a_licence_has_two_sides_and_a_pan_card_one():
    assert [check_plans.sides(kind) for kind in ("driving_licence", "pan_card")] == [2, 1]
