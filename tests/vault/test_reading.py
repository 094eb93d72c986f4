"""Text in pictures, where the extra ``ocr`` is installed. It takes some seconds a picture: the models are loaded each time."""

import io

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from kyc.inspection import FIND, HIDE
from portal.vault.inspection import process
from portal.vault.inspection.verdict import Search

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not process.can_read_pictures(), reason="the extra ocr is not installed: EXTRAS=ocr ./run test"),
]
#: The line with the name, and the two with numbers, as (left, top, right, bottom).
NAME, NUMBERS = (60, 160, 560, 200), ((300, 600, 640, 640), (300, 700, 800, 740))


def card(turned: float = 0) -> bytes:
    picture = Image.new("RGB", (1200, 800), "white")
    brush, font = ImageDraw.Draw(picture), ImageFont.load_default(size=44)
    for place, text in (
        (NAME[:2], "Asha Rao  DOB 01/02/1990"),
        (NUMBERS[0][:2], "2341 2341 2346"),
        (NUMBERS[1][:2], "VID : 9123 4123 4123 4122"),
    ):
        brush.text(place, text, font=font, fill="black")
    out = io.BytesIO()
    picture.rotate(turned, expand=True, fillcolor="white").save(out, "PNG")
    return out.getvalue()


def share_of_black(picture: Image.Image, box: tuple[int, int, int, int]) -> float:
    part = picture.convert("L").crop(box)
    return sum(part.histogram()[:40]) / (part.width * part.height)


def test_numbers_in_print_are_covered_and_the_rest_of_the_picture_stays():
    verdict, kept = process.inspect(card(), extension="png", find=FIND, hide=HIDE)
    picture = Image.open(io.BytesIO(kept))
    assert (verdict.fault, verdict.search, verdict.hidden) == (None, Search.SEARCHED, 2)
    assert all(share_of_black(picture, box) > 0.9 for box in NUMBERS)
    assert share_of_black(picture, NAME) < 0.4


@pytest.mark.parametrize("turned", [4, 90, 180])
def test_a_covered_picture_shows_no_number_to_a_second_reading(turned):
    _verdict, kept = process.inspect(card(turned), extension="png", find=FIND, hide=HIDE)
    again, _kept = process.inspect(kept, extension="png", find=FIND, hide=HIDE)
    assert (again.fault, again.hidden) == (None, 0)


def test_a_scan_in_a_pdf_is_kept_as_a_covered_picture():
    with pikepdf.new() as document:
        page, picture = document.add_blank_page(page_size=(595, 842)), Image.open(io.BytesIO(card()))
        shown = document.make_stream(picture.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        shown.Width, shown.Height = picture.size
        shown.ColorSpace, shown.BitsPerComponent = pikepdf.Name.DeviceRGB, 8
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=shown))
        page.Contents = document.make_stream(b"q 500 0 0 333 40 300 cm /P Do Q")
        out = io.BytesIO()
        document.save(out)
    verdict, kept = process.inspect(out.getvalue(), extension="pdf", find=FIND, hide=HIDE)
    assert (verdict.fault, verdict.search, verdict.hidden) == (None, Search.SEARCHED, 2)
    assert process.inspect(kept, extension="pdf", find=FIND, hide=HIDE)[0].hidden == 0
