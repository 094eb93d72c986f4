"""Pictures read by machine after the checks: a hint that nobody waits for, once for each document."""

import io
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw, ImageFont

from kyc.cases.selectors import against_approval
from kyc.models import Document
from kyc.outcomes.services.deletion_requests import ask_to_delete
from kyc.review.field_comparison import side_by_side
from kyc.review.services import ocr
from kyc.review.services.check_runs import run_plan
from portal.kernel.core import clock
from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.inspection import client
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, checked, uploaded
from tests.people.factories import CustomerFactory

pytestmark = pytest.mark.usefixtures("same_process")
MATCH = {"number": "MATCH", "name": "NOT_READ"}


@pytest.fixture
def machine(monkeypatch):
    """A machine that reads pictures: what it answers is in the list, last first, and what it was asked is kept."""
    answers, heard = [MATCH], []

    def ask(module, data, *, asked, limits):
        heard.append((module, asked))
        answer = answers.pop() if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(client, "ask", ask)
    monkeypatch.setattr(client, "can_read_pictures", lambda: True)
    return answers, heard


def photo(individual, **changes) -> Document:
    document = uploaded(individual, data=documents.image(), extension="jpg", **changes)
    run_plan(document.pk, now=clock.now())
    document.refresh_from_db()
    return document


def test_what_the_machine_reads_is_a_row_with_its_method_and_says_nothing_in_clear(individual, machine):
    document = photo(individual)
    assert ocr.read(document.pk) == "PASS"
    row = document.checks.get(name="picture_text")
    assert (row.method, row.severity, row.outcome, row.reason) == ("ocr", "info", "PASS", "")
    [(module, asked)] = machine[1]
    assert module == "kyc.review.ocr_comparison"
    assert (asked["number_type"], asked["number"]) == ("pan", documents.PAN)


def test_a_document_is_read_once_however_often_its_task_runs(individual, machine):
    document = photo(individual)
    assert [ocr.read(document.pk) for _time in range(3)] == ["PASS", "left", "left"]
    assert document.checks.filter(name="picture_text").count() == 1
    assert len(machine[1]) == 1


def test_another_number_in_the_picture_is_marked_at_the_desk_and_stands_against_no_approval(individual, machine):
    machine[0][:] = [{"number": "OTHER"}]
    document = checked(individual, data=documents.image(), extension="jpg")
    before = len(against_approval(document.case))
    assert ocr.read(document.pk) == "WARN"
    row = next(one for one in side_by_side(document) if str(one.label) == "Number")
    assert (row.read, row.sign) == ("another one, read by machine in the picture", "≠")
    assert "misread" in str(row.why)
    assert len(against_approval(document.case)) == before


def test_while_the_machine_is_busy_nothing_is_written_and_the_next_task_reads(individual, machine):
    machine[0][:] = [MATCH, Unavailable("busy")]
    document = photo(individual)
    assert ocr.read(document.pk) == "later"
    assert not document.checks.filter(name="picture_text").exists()
    assert ocr.read(document.pk) == "PASS"


def test_a_picture_that_ends_the_child_is_called_not_read_and_left_alone(individual, machine):
    machine[0][:] = [client.ChildFailedError("killed")]
    document = photo(individual)
    assert ocr.read(document.pk) == "NOT_APPLICABLE"
    assert document.checks.get(name="picture_text").reason == "NOT_READ"
    assert ocr.read(document.pk) == "left"


def test_nothing_is_read_of_what_was_let_go_or_where_no_machine_reads(individual, machine, monkeypatch):
    document = photo(individual)
    with monkeypatch.context() as patch:
        patch.setattr(client, "can_read_pictures", lambda: False)
        assert ocr.read(document.pk) == "left"
        assert ocr.sweep(now=NOW + timedelta(days=1)) == 0
    ask_to_delete(document, actor=CUSTOMER, now=NOW)
    assert ocr.read(document.pk) == "left"
    assert ocr.read(0) == "left"
    assert not machine[1]


def test_what_is_let_go_while_it_is_read_gets_no_row(individual, machine, monkeypatch):
    document = photo(individual)
    plain = ocr._said

    def slow(row):
        ask_to_delete(Document.objects.get(pk=document.pk), actor=CUSTOMER, now=NOW)
        return plain(row)

    monkeypatch.setattr(ocr, "_said", slow)
    assert ocr.read(document.pk) == "left"
    assert not document.checks.filter(name="picture_text").exists()


def test_the_checks_ask_for_it_once_they_are_done(individual, machine, monkeypatch):
    sent = []
    monkeypatch.setattr(ocr, "enqueue", lambda name, *given: sent.append((name, *given)))
    document = photo(individual)
    assert sent == [("kyc.tasks.read_pictures", document.pk)]


def test_a_lost_nudge_is_repeated_after_an_hour_and_not_before_the_next(individual, machine, monkeypatch):
    sent = []
    document = photo(individual)
    monkeypatch.setattr(ocr, "enqueue", lambda name, *given: sent.append(given))
    soon, later = clock.now() + timedelta(minutes=30), clock.now() + timedelta(hours=2)
    assert [ocr.sweep(now=at) for at in (soon, later, later)] == [0, 1, 0]
    assert sent == [(document.pk,)]
    assert ocr.sweep(now=later + timedelta(hours=2)) == 1
    ocr.read(document.pk)
    assert ocr.sweep(now=later + timedelta(hours=4)) == 0


def card(number: str) -> bytes:
    picture = Image.new("RGB", (1200, 800), "white")
    brush, font = ImageDraw.Draw(picture), ImageFont.load_default(size=44)
    for top, text in ((160, "Name  Asha Rao"), (360, number), (560, "Date of Birth 01/02/1990")):
        brush.text((60, top), text, font=font, fill="black")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.full
@pytest.mark.reads_pictures
@pytest.mark.skipif(not client.can_read_pictures(), reason="the extra ocr is not installed: EXTRAS=ocr ./run test")
def test_a_real_machine_reads_a_card_in_its_child_process(individual):
    declared = {"name": "Asha Rao", "born_on": "1990-02-01"}
    document = checked(individual, data=card(documents.PAN), extension="jpg", declared=declared)
    assert ocr.read(document.pk) == "PASS"
    rows = {str(one.label): one.read for one in side_by_side(document)}
    assert rows["Number"] == rows["Name"] == "the same, read by machine in the picture"
    other = CustomerFactory(kind="individual", name="Asha Rao")
    forged = checked(other, data=card("AAAPR1234K"), extension="jpg", declared=declared)
    assert ocr.read(forged.pk) == "WARN"
