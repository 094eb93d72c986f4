"""Aadhaar numbers in uploads: the kept copy does not hold them, in text, in comments, in codes, on drawn pages."""

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from kyc.numbers.aadhaar_positions import to_hide
from kyc.numbers.text_search import numbers_in
from kyc.review.inspection import FIND, HIDE
from portal.kernel.vault.inspection import client, qr_rescan, redaction, worker
from portal.kernel.vault.inspection.pdf_text import read_text
from portal.kernel.vault.inspection.redaction import Wish
from portal.kernel.vault.inspection.result import UNREAD, Fault, Limits, Verdict
from tests.kyc import documents

NUMBER = documents.AADHAAR
VID = "9123412341234122"
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def inspected(data: bytes, extension: str = "pdf") -> tuple[Verdict, bytes]:
    """The verdict of the first child, made in this process."""
    return worker.inspect(data, extension, Limits(), numbers_in, Wish(to_hide))


def whole(data: bytes, extension: str) -> tuple[Verdict, bytes]:
    """The verdict of both children."""
    return client.inspect(data, extension=extension, find=FIND, hide=HIDE)


def everything_in(kept: bytes) -> str:
    """What a search of the kept PDF can come across: each string, each stream unpacked, what the pages show, the file."""
    said: list[str] = [kept.decode("latin-1")]
    with pikepdf.open(io.BytesIO(kept)) as document:
        said += read_text(document).texts
        for value in document.objects:
            if isinstance(value, pikepdf.Stream):
                said.append(value.get_raw_stream_buffer() and value.read_bytes().decode("latin-1"))
            said.append(repr(value))
    return "\n".join(said)


def has_number(kept: bytes) -> bool:
    digits = re.sub(r"\D", "", everything_in(kept))
    return NUMBER in digits or NUMBER.translate(DEVANAGARI) in everything_in(kept)


def set_digit_by_digit(document: Pdf) -> None:
    shown = " 40 ".join(f"({digit})" for digit in NUMBER)
    document.pages[0].Contents = document.make_stream(f"BT /F1 12 Tf [{shown}] TJ ET".encode())


def set_in_uneven_runs(document: Pdf) -> None:
    shown = "(Aadhaar ) Tj (23) Tj 9 0 Td (41 23) Tj (412) Tj 20 0 Td (346) Tj"
    document.pages[0].Contents = document.make_stream(f"BT /F1 12 Tf {shown} ET".encode())


def set_in_blocks(document: Pdf) -> None:
    """A table: each cell is placed by several instructions, and a year stands before the number."""
    cells = "".join(
        f"BT /F1 12 Tf 1 0 0 1 72 {700 - 20 * row} Tm 0 0 Td 0 0 Td ({text}) Tj ET "
        for row, text in enumerate(("1990", "2341", "2341", "2346", "560001"))
    )
    document.pages[0].Contents = document.make_stream(cells.encode())


def nested(document: Pdf) -> None:
    page = document.pages[0]
    form = document.make_stream(documents.content(NUMBER))
    form.Subtype, form.Resources = Name.Form, page.Resources
    page.Resources.XObject = Dictionary(X1=form)
    page.Contents = document.make_stream(b"/X1 Do /X1 Do")


def in_a_pattern(document: Pdf) -> None:
    page = document.pages[0]
    tile = document.make_stream(documents.content(NUMBER))
    tile.PatternType, tile.Resources = 1, page.Resources
    page.Resources.Pattern = Dictionary(P1=tile)


def of_glyph_numbers(document: Pdf) -> None:
    """A font whose codes are not characters; its map says what they mean."""
    page = document.pages[0]
    pairs = "".join(f"<{5 + digit:04x}> <{0x966 + digit:04x}>\n" for digit in range(10))
    cmap = document.make_stream(f"10 beginbfchar\n{pairs}endbfchar".encode())
    page.Resources.Font.F1 = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, Encoding=Name("/Identity-H"), ToUnicode=cmap
    )
    codes = "".join(f"{5 + int(digit):04x}" for digit in NUMBER)
    page.Contents = document.make_stream(f"BT /F1 12 Tf <{codes}> Tj ET".encode())


def comments(document: Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents=String("2341-2341-2346"))
    document.pages[0].Annots = Array([document.make_indirect(note)])


def titles(document: Pdf) -> None:
    document.docinfo["/Title"] = f"card {NUMBER}"


def described(document: Pdf) -> None:
    document.Root.Metadata = document.make_stream(f"<x>{NUMBER}</x>".encode(), Type=Name.Metadata, Subtype=Name.XML)
    picture = document.make_stream(b"\0", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1)
    picture.BitsPerComponent, picture.ColorSpace = 8, Name.DeviceGray
    picture.Metadata = document.make_stream(NUMBER.encode(), Type=Name.Metadata, Subtype=Name.XML)
    document.pages[0].Resources.XObject = Dictionary(I=picture)


def said_aloud(document: Pdf) -> None:
    text = f"/Span <</ActualText ({NUMBER})>> BDC BT /F1 12 Tf (card) Tj ET EMC"
    document.pages[0].Contents = document.make_stream(text.encode())


def typed_in_fields(document: Pdf) -> None:
    page, fields = document.pages[0], []
    for place, part in enumerate(("2341", "2341", "2346")):
        look = document.make_stream(documents.content(part), Type=Name.XObject, Subtype=Name.Form)
        look.Resources, look.BBox = page.Resources, [0, 0, 90, 20]
        field = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String(f"part{place}"),
            V=String(part),
            AP=Dictionary(N=look),
        )
        fields.append(document.make_indirect(field))
    page.Annots, document.Root.AcroForm = Array(fields), Dictionary(Fields=Array(fields))


IN_TEXT: dict[str, Callable[[Pdf], Any] | str] = {
    "plain": f"Aadhaar {NUMBER}",
    "spaced": "2341 2341 2346",
    "hyphenated": "2341-2341-2346",
    "on lines": "2341\n2341\n2346",
    "digit by digit": set_digit_by_digit,
    "uneven runs": set_in_uneven_runs,
    "blocks": set_in_blocks,
    "nested form": nested,
    "pattern": in_a_pattern,
    "base64": f"card {base64.b64encode(NUMBER.encode()).decode()} end",
    "glyph numbers": of_glyph_numbers,
    "comment": comments,
    "title": titles,
    "metadata": described,
    "said aloud": said_aloud,
    "form fields": typed_in_fields,
}


@pytest.mark.parametrize("how", sorted(IN_TEXT))
def test_a_number_in_a_pdf_is_not_in_the_kept_copy(how):
    made = IN_TEXT[how]
    data = documents.pdf(made) if isinstance(made, str) else documents.pdf(change=made)
    verdict, kept = inspected(data)
    assert (verdict.fault, verdict.hidden > 0) == (None, True)
    assert not has_number(kept)
    assert "2341" not in everything_in(kept)


def test_the_search_of_a_kept_copy_would_find_the_number():
    assert has_number(documents.pdf(f"Aadhaar {NUMBER}"))


def test_what_stands_around_a_number_stays():
    verdict, kept = inspected(documents.pdf(f"{documents.PAN} and 2341 2341 2346 of Asha Rao"))
    with pikepdf.open(io.BytesIO(kept)) as document:
        said = read_text(document).texts[0]
    assert said.split() == [documents.PAN, "and", "of", "Asha", "Rao"]
    assert verdict.numbers == {"pan": [documents.PAN]}


def test_a_pdf_without_a_number_has_nothing_covered():
    verdict, kept = inspected(documents.pdf("Mobile +91 98765 43210, account no. 234123412346, 12 03 2024"))
    assert verdict.hidden == 0
    assert "234123412346" in everything_in(kept)


def test_an_older_version_of_a_pdf_does_not_survive():
    """A number may stand in objects that a later version no longer uses."""
    with pikepdf.open(io.BytesIO(documents.pdf())) as document:
        document.make_indirect(String(NUMBER))
        document.Root.Lost = document.make_stream(NUMBER.encode())
        del document.Root.Lost
        out = io.BytesIO()
        document.save(out)
    assert not has_number(inspected(out.getvalue())[1])


@pytest.mark.parametrize("turned", [0, 17, 90])
@pytest.mark.parametrize(("mime", "extension"), [("JPEG", "jpg"), ("PNG", "png")])
def test_the_code_of_an_old_card_is_covered_in_the_kept_picture(mime, extension, turned):
    verdict, kept = inspected(documents.card_with_old_code(mime, turned=turned), extension)
    picture = Image.open(io.BytesIO(kept))
    assert (verdict.fault, verdict.hidden) == (None, 1)
    assert redaction.codes(picture) == []
    assert picture.convert("L").getpixel((560, 260)) < 16
    assert picture.convert("L").getpixel((100, 700)) > 200


def test_a_code_without_a_number_stays_readable():
    card = Image.open(io.BytesIO(documents.image("PNG", (1200, 800))))
    card.paste(documents.old_code("XXXXXXXX2346"), (500, 200))
    out = io.BytesIO()
    card.save(out, "PNG")
    verdict, kept = inspected(out.getvalue(), "png")
    assert (verdict.hidden, len(redaction.codes(Image.open(io.BytesIO(kept))))) == (0, 1)


def test_a_picture_inside_a_pdf_is_covered_and_the_text_beside_it_stays():
    verdict, kept = inspected(documents.pdf(change=documents.draws_old_code))
    assert (verdict.hidden, verdict.shows_pictures) == (1, True)
    with pikepdf.open(io.BytesIO(kept)) as document:
        picture = pikepdf.PdfImage(document.pages[0].Resources.XObject.Code).as_pil_image()
        assert redaction.codes(picture) == []
        assert documents.PAN in read_text(document).texts[0]


def test_a_page_that_draws_a_code_with_lines_is_kept_as_the_picture_of_itself():
    data = documents.pdf(pages=2, change=documents.draws_old_code_with_lines)
    verdict, kept = whole(data, "pdf")
    assert (verdict.fault, verdict.hidden, verdict.pages) == (None, 1, 2)
    with pikepdf.open(io.BytesIO(kept)) as document:
        first = pikepdf.PdfImage(document.pages[0].Resources.XObject.Page).as_pil_image()
        texts = [read_text(_only(document, page)).texts[0].strip() for page in (0, 1)]
    assert redaction.codes(first) == []
    assert first.convert("L").getextrema()[0] < 16
    assert (texts[0], documents.PAN in texts[1]) == ("", True)


def _only(document: Pdf, page: int) -> Pdf:
    one = pikepdf.new()
    one.pages.append(document.pages[page])
    return one


def test_a_whole_inspection_covers_what_each_way_of_writing_shows():
    data = documents.pdf(f"Aadhaar {NUMBER}", change=None)
    verdict, kept = whole(data, "pdf")
    assert (verdict.fault, verdict.hidden) == (None, 1)
    assert not has_number(kept)


def test_a_number_that_cannot_be_covered_is_refused(monkeypatch):
    """A reader that sees the number again and again, wherever it is painted over."""
    image = Image.new("RGB", (200, 100), "white")
    seen = redaction.Seen(NUMBER, (10, 10, 50, 50))
    with pytest.raises(worker.RefusedFileError) as caught:
        redaction.cover(image, to_hide, [lambda picture: [seen]])
    assert caught.value.fault is Fault.AADHAAR_NUMBER


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "2341 2341 2346",
        "2341-2341-2346",
        "२३४१ २३४१ २३४६",
        "２３４１２３４１２３４６",
        "2341\u200b2341\u200b2346",
        "uid=234123412346,",
        "Aadhaar: 23412 341 2346",
        "आधार 234 123 412 346",
        f"VID : {VID}",
        "9123 4123 4123 4122",
    ],
)
def test_a_number_is_found_as_people_and_machines_write_it(text):
    (start, end), *more = to_hide(text)
    digits = re.sub(r"\D", "", text[start:end])
    assert (len(digits) in {12, 16}, more) == (True, [])


@pytest.mark.parametrize("said", [NUMBER, "2341 2341 2346", f"uid {VID}", f"Asha {NUMBER} F 1990"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_number_in_base64_is_found_with_its_whole_word(said, encode):
    word = encode(said.encode()).decode().rstrip("=")
    assert to_hide(f"card {word} of") == [(5, 5 + len(word))]


@pytest.mark.parametrize(
    "text",
    [
        "234123412345",
        "123412341234",
        base64.b64encode(b"234123412345 of an order").decode(),
        "A" * 64,
        "Account No: 234123412346",
        "UTR 234123412346",
        "23412 341 2346",
        "2341 2341",
    ],
)
def test_what_is_no_such_number_or_is_called_another_is_left(text):
    assert to_hide(text) == []


@pytest.mark.parametrize(
    ("counts", "hides"),
    [
        ((4, 4, 4), True),
        ((12,), True),
        ((16,), True),
        ((4, 4, 4, 4), True),
        ((4, 4), False),
        ((5, 5), False),
        ((2, 2, 4), False),
        ((11,), False),
        ((13,), False),
        ((5, 4, 4), False),
    ],
)
@pytest.mark.parametrize("between", [" ", "-"])
def test_as_many_digits_as_a_number_has_are_hidden_though_none_could_be_read(counts, hides, between):
    text = between.join(UNREAD * count for count in counts)
    assert to_hide(f"| {text} |") == ([(2, 2 + len(text))] if hides else [])


def test_of_an_aadhaar_document_that_cannot_be_searched_only_its_codes_are_kept():
    """A photo of a card with a number in print, which no machine here reads, and a code of the new kind."""
    said = "1234567890" * 40
    card = Image.open(io.BytesIO(documents.image("PNG", (1200, 900))))
    ImageDraw.Draw(card).text((60, 700), "2341 2341 2346", fill="black", font=ImageFont.load_default(size=48))
    card.paste(qr_rescan.code(said).rotate(11, expand=True, fillcolor="white"), (500, 100))
    out = io.BytesIO()
    card.save(out, "PNG")
    verdict, kept = worker.inspect(
        out.getvalue(), "png", Limits(), numbers_in, Wish(to_hide, draw=qr_rescan.drawn_anew)
    )
    picture = Image.open(io.BytesIO(kept))
    assert (verdict.fault, verdict.mime) == (None, "image/png")
    assert [seen.text for seen in redaction.codes(picture)] == [said]
    assert picture.size == qr_rescan.code(said).size


@pytest.mark.parametrize("data", [documents.image("PNG"), documents.card_with_old_code("PNG")])
def test_an_aadhaar_picture_without_a_code_to_keep_is_refused(data):
    verdict, kept = worker.inspect(data, "png", Limits(), numbers_in, Wish(to_hide, draw=qr_rescan.drawn_anew))
    assert (verdict.fault, kept) == (Fault.NO_CODE, b"")


def test_of_an_aadhaar_pdf_that_cannot_be_searched_only_its_codes_are_kept():
    def draws(document):
        documents.draws(document, qr_rescan.code("9876543210" * 30))

    verdict, kept = client.inspect(documents.pdf(change=draws), extension="pdf", hide=HIDE, codes_only=True)
    assert (verdict.fault, verdict.mime, verdict.pages) == (None, "image/png", 1)
    assert [seen.text for seen in redaction.codes(Image.open(io.BytesIO(kept)))] == ["9876543210" * 30]


def test_a_blurred_photo_is_taken_with_a_notice():
    card = Image.open(io.BytesIO(documents.image("PNG", (1400, 900))))
    brush = ImageDraw.Draw(card)
    for line in range(12):
        brush.text((60, 60 + 60 * line), f"Permanent Account Number Card {line}", fill="black", font_size=36)
    for radius, notices in ((0, ()), (1, ()), (5, ("BLURRED",)), (9, ("BLURRED",))):
        out = io.BytesIO()
        card.filter(ImageFilter.GaussianBlur(radius)).save(out, "JPEG")
        verdict, _kept = inspected(out.getvalue(), "jpg")
        assert (verdict.fault, verdict.notices) == (None, notices)
