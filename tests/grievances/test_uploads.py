"""Each fault of a file has its own words; what is kept was made anew or holds nothing that acts."""

import io
import tempfile
from dataclasses import replace

import pikepdf
import pytest
from PIL import Image

from grievances.tickets.services import uploads
from portal.kernel.core.errors import Refused, Unavailable
from portal.kernel.vault.inspection import worker_pool
from tests.grievances.pictures import jpeg, pdf, png


def code_of(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        uploads.made_safe(io.BytesIO(content))
    return str(refused.value.code)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(png(), "image/png"), (jpeg(), "image/jpeg"), (pdf(3), "application/pdf")],
    ids=["png", "jpeg", "pdf"],
)
def test_pictures_and_papers_pass(content: bytes, media_type: str) -> None:
    assert uploads.made_safe(io.BytesIO(content)).media_type == media_type


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"MZ" + b"\0" * 200, "TYPE"),
        (b"x" * (uploads.LIMITS.size + 1), "TOO_LARGE"),
        (pdf(password="secret"), "ENCRYPTED"),
        (pdf(action="/JavaScript"), "ACTIVE_CONTENT"),
        (pdf(attachment=b"hello"), "EMBEDDED_FILE"),
        (pdf(101), "TOO_MANY_PAGES"),
        (jpeg()[:-200], "CORRUPT"),
        (b"%PDF-1.7\nnot really", "CORRUPT"),
    ],
    ids=["empty", "program", "too-large", "password", "script", "attachment", "pages", "cut-off", "no-pdf"],
)
def test_each_fault_is_named(content: bytes, code: str) -> None:
    assert code_of(content) == code


def test_no_number_that_must_not_be_kept_is_kept_in_the_name_of_a_file() -> None:
    assert uploads.name_of("aadhaar 2341 2341 2346.png") == "aadhaar XXXXXXXX2346.png"


def test_a_file_of_a_stranger_never_lies_on_the_disk(monkeypatch) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("An upload was written to the disk.")

    for name in ("mkdtemp", "mkstemp", "_mkstemp_inner"):
        monkeypatch.setattr(tempfile, name, never)
    for content in (png(), jpeg(), pdf(2)):
        assert uploads.made_safe(io.BytesIO(content)).stream.read()


def test_a_file_that_ends_the_child_is_the_one_that_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(uploads, "LIMITS", replace(uploads.LIMITS, memory=200 * 1024 * 1024))
    assert code_of(png(6000, 6000)) == "TOO_COMPLEX"


def test_a_child_that_cannot_be_started_is_no_fault_of_the_file(monkeypatch) -> None:
    monkeypatch.setattr(worker_pool, "_stock", worker_pool._Stock())
    monkeypatch.setattr(worker_pool.sys, "executable", "/nowhere/python")
    with pytest.raises(Unavailable):
        uploads.made_safe(io.BytesIO(png()))


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    assert code_of(_huge()) == "TOO_MANY_PIXELS"


def _huge() -> bytes:
    target = io.BytesIO()
    Image.new("1", (10_000, 5_001)).save(target, "PNG")
    return target.getvalue()


def test_an_archive_hung_behind_a_picture_is_refused() -> None:
    assert code_of(jpeg() + b"PK\x03\x04 hidden archive") == "TRAILING_DATA"


def test_place_and_camera_stay_behind() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Asha"
    dirty = jpeg(exif=exif.tobytes())
    assert b"Asha" in dirty
    assert b"Asha" not in uploads.made_safe(io.BytesIO(dirty)).stream.read()


def test_the_author_of_a_paper_stays_behind() -> None:
    target = io.BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.docinfo["/Author"] = "Asha Rao"
    document.save(target)
    assert b"Asha" not in uploads.made_safe(io.BytesIO(target.getvalue())).stream.read()
