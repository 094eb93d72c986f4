"""What a worker does with an upload before anybody sees it: scanned, looked at, its faults told."""

import pytest

from kyc import words
from kyc.models import Document
from kyc.services import run_plan
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.vault.models import ShredOrder
from portal.vault.services.scanning import Scan
from tests.kyc import documents
from tests.kyc.factories import checked, party_of, uploaded
from tests.servers import scanner as scanners
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
    assert set(words.SCANS) == {Scan.CLEAN, Scan.NOT_SCANNED}


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


def test_one_side_of_a_document_with_two_is_taken_with_a_notice(individual):
    party = party_of(individual)
    given = {"kind": "driving_licence", "number": "MH1220110012345", "party": party}
    one = run(uploaded(individual, data=documents.image(), extension="jpg", **given))
    assert "SIDE_MISSING" in one.notices.split()
    check = one.checks.get(name="file_safety")
    assert (check.outcome, check.reason in {"BLURRED", "SIDE_MISSING"}) == ("WARN", True)
    both = run(uploaded(individual, data=documents.pdf("A licence", pages=2), **given))
    assert both.notices == ""
    assert len(words.notices(one)) == len(one.notices.split())
