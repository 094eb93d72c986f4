"""Text in pictures, where the extra ``ocr`` is installed. It takes some seconds a picture: the models are loaded each time."""

import io

import fontpkg_noto_sans
import fontpkg_noto_sans_devanagari
import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from kyc.review.inspection import FIND, HIDE
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.result import Search

pytestmark = [
    pytest.mark.full,
    pytest.mark.reads_pictures,
    pytest.mark.skipif(not client.can_read_pictures(), reason="the extra ocr is not installed: EXTRAS=ocr ./run test"),
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
    verdict, kept = client.inspect(card(), extension="png", find=FIND, hide=HIDE)
    picture = Image.open(io.BytesIO(kept))
    assert (verdict.fault, verdict.search, verdict.hidden) == (None, Search.SEARCHED, 2)
    assert all(share_of_black(picture, box) > 0.9 for box in NUMBERS)
    assert share_of_black(picture, NAME) < 0.4


@pytest.mark.parametrize("turned", [4, 90, 180])
def test_a_covered_picture_shows_no_number_to_a_second_reading(turned):
    _verdict, kept = client.inspect(card(turned), extension="png", find=FIND, hide=HIDE)
    again, _kept = client.inspect(kept, extension="png", find=FIND, hide=HIDE)
    assert (again.fault, again.hidden) == (None, 0)


DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
NUMBER_AS_WRITTEN = [
    "2341 2341 2346",
    "2341-2341-2346",
    "234123412346",
    "2341.2341.2346",
    "2341   2341   2346",
    "9123 4123 4123 4122",
]
#: Not numbers of ours: a telephone, a day, an account whose check digit is another one, a PIN, words.
OTHERS = ["98765 43210", "26-11-2026", "2341 2341 2347", "560001", "Asha Rao"]
OTHERS_IN_HINDI = ["९८७६५ ४३२१०", "२६-११-२०२६", "५६०००१", "मेरा आधार मेरी पहचान", "भारत सरकार"]
ROW = 90


def written(rows: list[str], form: str, size: int) -> tuple[bytes, list[tuple[int, int, int, int]]]:
    """A page with these rows, photographed not too well, and the box of each."""
    fonts = [
        ImageFont.truetype(next(str(path) for path in sorted(root.rglob("*.ttf")) if "Italic" not in path.name), size)
        for root in (fontpkg_noto_sans.ROOT, fontpkg_noto_sans_devanagari.ROOT)
    ]
    picture, boxes = Image.new("RGB", (900, ROW * len(rows) + 40), "white"), []
    brush = ImageDraw.Draw(picture)
    for place, row in enumerate(rows):
        font = fonts[any("\u0900" <= letter <= "\u097f" for letter in row)]
        at = (60, 20 + ROW * place)
        brush.text(at, row, font=font, fill=(25, 25, 25))
        boxes.append(tuple(map(int, brush.textbbox(at, row, font=font))))
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.7)).save(out, form, **({"quality": 60} if form == "JPEG" else {}))
    return out.getvalue(), boxes


@pytest.mark.parametrize(("form", "extension", "size"), [("PNG", "png", 40), ("JPEG", "jpg", 28)])
@pytest.mark.parametrize("script", ["latin", "devanagari"])
def test_numbers_in_pictures_are_covered_however_they_are_written(script, form, extension, size):
    is_latin = script == "latin"
    numbers = [number.translate({} if is_latin else DEVANAGARI) for number in NUMBER_AS_WRITTEN]
    others = OTHERS if is_latin else OTHERS_IN_HINDI
    data, boxes = written([*numbers, *others], form, size)
    verdict, kept = client.inspect(data, extension=extension, find=FIND, hide=HIDE)
    assert verdict.fault is None
    picture = Image.open(io.BytesIO(kept))
    seen = [share_of_black(picture, box) > 0.8 for box in boxes]
    assert dict(zip([*numbers, *others], seen, strict=True)) == {
        **dict.fromkeys(numbers, True),
        **dict.fromkeys(others, False),
    }


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
    verdict, kept = client.inspect(out.getvalue(), extension="pdf", find=FIND, hide=HIDE)
    assert (verdict.fault, verdict.search, verdict.hidden) == (None, Search.SEARCHED, 2)
    assert client.inspect(kept, extension="pdf", find=FIND, hide=HIDE)[0].hidden == 0
