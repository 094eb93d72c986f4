"""Marked numbers go through the whole of KYC; then everything that was written is searched for them."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.storage import storages
from django.db import connections

from kyc.review.inspection import FIND, HIDE, inspect
from kyc.review.services import check_runs
from portal.kernel.people.models import Customer, User
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.pdf_text import read_text
from portal.kernel.vault.models import ShredOrder
from portal.kernel.vault.services import files
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, answered, checked, proposed
from tests.signin.people_who_sign_in import staff_client
from tests.vault import test_reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def written(text: str) -> set[bytes]:
    """A number in every way it could have been written down."""
    fours = [text[at : at + 4] for at in range(0, len(text), 4)]
    shapes = {text, text.lower(), " ".join(fours), "-".join(fours), text.translate(DEVANAGARI)}
    plain = {shape.encode() for shape in shapes}
    return plain | {base64.b64encode(shape).rstrip(b"=") for shape in plain} | {shape.hex().encode() for shape in plain}


def everything() -> list[tuple[str, bytes]]:
    """Every cell of every table of both databases, and every file of the vault."""
    found: list[tuple[str, bytes]] = []
    for alias in ("default", "keys"):
        connection = connections[alias]
        for table in connection.introspection.table_names():
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    found += [(table, _bytes(cell)) for cell in row if cell is not None]
    place = Path(storages["vault"].path(""))
    found += [(path.name, path.read_bytes()) for path in place.rglob("*") if path.is_file()]
    return found


def _bytes(cell: Any) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


def where(marks: set[bytes]) -> set[str]:
    return {name for name, content in everything() if any(mark in content for mark in marks)}


def test_the_search_finds_what_is_there(individual: Customer) -> None:
    assert where(written(individual.reference)) == {"people_customer"}


def test_a_pan_is_written_nowhere_in_clear(
    individual: Customer, asha: User, maker: User, checker: User, caplog, capfd
) -> None:
    again = {"outcome": "ask_again", "reason_code": "unreadable", "message": "Send it again."}
    answered(proposed(checked(individual), maker, **again), checker)
    answered(proposed(checked(individual, data=documents.image(), extension="jpg"), maker), checker)
    desk = staff_client(maker)
    pages = [desk.get(f"/admin/kyc/{name}/").content for name in ("case", "document", "decision")]
    marks = written(documents.PAN)
    assert where(marks) == set()
    said = "".join(capfd.readouterr()) + caplog.text
    assert not any(mark in said.encode() or any(mark in page for page in pages) for mark in marks)


@pytest.mark.parametrize("shape", ["{0}{1}{2}", "{0} {1} {2}", "{0}-{1}-{2}"])
def test_an_aadhaar_number_is_written_nowhere_in_any_form(
    individual: Customer, asha: User, shape: str, caplog, capfd
) -> None:
    text = shape.format("2341", "2341", "2346")
    document = checked(individual, data=documents.pdf(f"{documents.PAN} Aadhaar {text}"))
    assert (document.state, document.hidden) == ("checked", 1)
    assert document.kept.sha256 != document.quarantined.sha256
    assert ShredOrder.objects.filter(subject_ref=document.quarantine_ref).exists()
    with files.open_stream(document.kept, actor=CUSTOMER, reason="test") as stream:
        kept = io.BytesIO(stream.read())
    with pikepdf.open(kept) as pdf:
        assert not any(shape in said for said in read_text(pdf).texts for shape in (text, documents.AADHAAR))
    assert where(written(documents.AADHAAR)) == set()
    assert not any(mark in ("".join(capfd.readouterr()) + caplog.text).encode() for mark in written(documents.AADHAAR))


@pytest.mark.full
@pytest.mark.reads_pictures
@pytest.mark.skipif(not client.can_read_pictures(), reason="the extra ocr is not installed: EXTRAS=ocr ./run test")
@pytest.mark.parametrize("script", [{}, DEVANAGARI])
def test_a_number_printed_in_a_photo_is_written_nowhere_and_the_kept_photo_shows_none(
    individual: Customer, asha: User, script: dict[int, str], monkeypatch, caplog, capfd
) -> None:
    monkeypatch.setattr(check_runs, "inspect", inspect)  # the models are in the child alone
    shapes = [documents.AADHAAR, "2341 2341 2346", "2341-2341-2346"]
    rows = [*(shape.translate(script) for shape in shapes), "Asha Rao"]
    photo, _boxes = test_reading.written(rows, "JPEG", 40)
    document = checked(individual, data=photo, extension="jpg")
    assert (document.state, document.searched, document.hidden) == ("checked", "SEARCHED", len(shapes))
    with files.open_stream(document.kept, actor=CUSTOMER, reason="test") as stream:
        kept = stream.read()
    again, _kept = client.inspect(kept, extension="jpg", find=FIND, hide=HIDE)
    assert (again.fault, again.hidden) == (None, 0)
    assert client.inspect(photo, extension="jpg", find=FIND, hide=HIDE)[0].hidden == len(shapes)
    assert where(written(documents.AADHAAR)) == set()
    assert not any(mark in ("".join(capfd.readouterr()) + caplog.text).encode() for mark in written(documents.AADHAAR))


def test_what_staff_write_by_mistake_is_cut_before_it_is_kept(individual: Customer, maker: User) -> None:
    document = checked(individual)
    again = {"outcome": "ask_again", "reason_code": "unreadable"}
    proposed(
        document, maker, **again, message=f"Hide {documents.AADHAAR}", note=documents.AADHAAR.translate(DEVANAGARI)
    )
    assert where(written(documents.AADHAAR)) == set()


def test_tasks_carry_numbers_of_rows_only(
    individual: Customer, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("celery.canvas.Signature.apply_async", lambda self, *args, **kwargs: sent.append(self.args))
    with django_capture_on_commit_callbacks(execute=True):
        checked(individual)
    assert sent
    assert all(isinstance(argument, int) for arguments in sent for argument in arguments)
    assert documents.PAN not in json.dumps(sent)
