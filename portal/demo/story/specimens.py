"""Generated documents: they look like what they stand for and say "Specimen" in large letters."""

import io
import random
import zipfile
from datetime import date
from functools import cache
from xml.sax.saxutils import escape

import typst
from fontpkg_noto_sans import ROOT
from PIL import Image, ImageDraw, ImageFont

CARD = (1000, 630)
_FONT = next(str(path) for path in sorted(ROOT.rglob("*.ttf")) if "Italic" not in path.name)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size)


def _card(title: str, lines: list[tuple[str, str]], ground: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", CARD, ground)
    draw = ImageDraw.Draw(image)
    draw.text((40, 28), title, font=_font(38), fill=(18, 53, 91))
    draw.text((250, 250), "SPECIMEN", font=_font(110), fill=(214, 220, 228))
    top = 120
    for label, value in lines:
        draw.text((40, top), label, font=_font(24), fill=(70, 82, 95))
        draw.text((40, top + 30), value, font=_font(40), fill=(23, 32, 42))
        top += 115
    draw.rectangle((760, 130, 950, 370), outline=(107, 119, 133), width=3)
    return image


def pan_card(*, name: str, pan: str, born: str) -> bytes:
    """A picture of a PAN card as JPEG bytes."""
    image = _card(
        "Permanent Account Number", [("Name", name), ("Date of birth", born), ("Number", pan)], (232, 240, 248)
    )
    written = io.BytesIO()
    image.save(written, "JPEG")
    return written.getvalue()


def voter_card(*, name: str, number: str) -> bytes:
    """A picture of a voter ID card as JPEG bytes."""
    written = io.BytesIO()
    _card("Elector Photo Identity Card", [("Name", name), ("Number", number)], (244, 240, 232)).save(written, "JPEG")
    return written.getvalue()


def sanctions_list(*, names: list[str], made: date) -> bytes:
    """The United Nations' list as they publish it, with these names and no others."""
    rows = "".join(
        f"<INDIVIDUAL><DATAID>{number}</DATAID><FIRST_NAME>{escape(name)}</FIRST_NAME>"
        f"<REFERENCE_NUMBER>SPECIMEN.{number:03}</REFERENCE_NUMBER></INDIVIDUAL>"
        for number, name in enumerate(names, start=1)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><CONSOLIDATED_LIST dateGenerated="{made.isoformat()}T00:00:00.000Z">'
        f"<INDIVIDUALS>{rows}</INDIVIDUALS><ENTITIES></ENTITIES></CONSOLIDATED_LIST>"
    ).encode()


def old_files(*, customer: str, gstin: str, certificate: bytes) -> bytes:
    """An archive of an old system: a certificate that can be taken in, and a line about a customer whom nobody knows."""
    lines = (
        "customer,party,kind,number,valid_until,name,ifsc,file",
        f"{customer},,gst_certificate,{gstin},,,,gst.pdf",
        f"OS-CU-0000-0000,,gst_certificate,{gstin},,,,gst.pdf",
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.csv", "\n".join(lines))
        archive.writestr("gst.pdf", certificate)
    return made.getvalue()


def consent_form(*, purpose: str) -> bytes:
    """A signed form, as a scanner makes it. Nobody's name stands on it."""
    lines = [("May we use your data for this?", purpose), ("Answer", "Yes"), ("Signed", "with a cross, at the counter")]
    made = io.BytesIO()
    _card("SPECIMEN - CONSENT FORM", lines, (250, 250, 246)).save(made, "PNG")
    return made.getvalue()


def blurred(picture: bytes, *, rng: random.Random) -> bytes:
    """The same picture as a bad photograph: small, turned, poorly compressed."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.resize((320, 200)).rotate(rng.uniform(-4, 4), expand=True, fillcolor=(40, 40, 40))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=25)
    return written.getvalue()


GST = """
#set page(paper: "a4", margin: 2.5cm)
#set text(font: "Noto Sans", size: 11pt)
#align(center)[#text(size: 18pt)[Registration certificate] \\ Goods and Services Tax \\ #text(fill: gray)[SPECIMEN]]
#v(1cm)
#table(columns: (1fr, 2fr), inset: 8pt,
  [Registration number], [#sys.inputs.gstin],
  [Legal name], [#sys.inputs.legal_name],
  [Type of registration], [Regular],
  [Date of liability], [#sys.inputs.since],
)
"""


def gst_certificate(*, legal_name: str, gstin: str, since: str) -> bytes:
    """A certificate as PDF bytes."""
    return bytes(
        typst.compile(
            GST.encode(),
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[ROOT]),
            sys_inputs={"gstin": gstin, "legal_name": legal_name, "since": since},
        )
    )
