"""Files as customers send them, made here: good ones, and one for each fault."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pikepdf
import segno
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image, ImageDraw

PAN = "ABCPR1234K"
COMPANY_PAN = "AAPFU0939F"
GSTIN = "27AAPFU0939F1ZV"
#: The same company after its PAN has changed.
NEW_PAN = "AAGFS5678L"
NEW_GSTIN = "27AAGFS5678L1ZF"
#: Aadhaar-like numbers with a right check digit that belong to nobody: made for these tests.
AADHAAR = "234123412346"


def image(mime: str = "JPEG", size: tuple[int, int] = (900, 600), **options: Any) -> bytes:
    picture = Image.new("RGB", size, "#e8eef4")
    ImageDraw.Draw(picture).text((40, 40), "INCOME TAX DEPARTMENT", fill="black")
    out = io.BytesIO()
    picture.save(out, mime, **options)
    return out.getvalue()


def content(text: str) -> bytes:
    lines = "".join(f"({line}) Tj 0 -16 Td " for line in text.split("\n"))
    return f"BT /F1 12 Tf 50 700 Td {lines}ET".encode()


def pdf(
    text: str = f"Permanent Account Number {PAN}", *, pages: int = 1, change: Callable[[Pdf], None] | None = None
) -> bytes:
    document = pikepdf.new()
    for _page in range(pages):
        page = document.add_blank_page(page_size=(595, 842))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = Dictionary(Font=Dictionary(F1=font))
        page.Contents = document.make_stream(content(text))
    if change is not None:
        change(document)
    out = io.BytesIO()
    document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def script() -> Any:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def opens_script(document: Pdf) -> None:
    document.Root.OpenAction = script()


def hides_script(document: Pdf) -> None:
    """Nested deep in a dictionary that nobody looks at."""
    document.Root.PieceInfo = Dictionary(Own=Dictionary(Private=Array([Array([Dictionary(Next=script())])])))


def launches(document: Pdf) -> None:
    annotation = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=Dictionary(S=Name.Launch, F=String("x"))
    )
    document.pages[0].Annots = Array([document.make_indirect(annotation)])


def has_form_program(document: Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array([]), XFA=document.make_stream(b"<xdp/>"))


def embeds(document: Pdf) -> None:
    document.attachments["eicar.txt"] = b"X5O!P%@AP"


def opens_at_a_page(document: Pdf) -> None:
    document.Root.OpenAction = Array([document.pages[0].obj, Name.Fit])


def encrypted(password: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(user=password, owner="owner"))
    return out.getvalue()


def old_code(number: str = AADHAAR) -> Image.Image:
    """The QR code of a card from before 2018: unsigned, and with the whole number in it."""
    out = io.BytesIO()
    said = f'<PrintLetterBarcodeData uid="{number}" name="Asha Rao" gender="F" yob="1990" pc="411001"/>'
    segno.make(said).save(out, kind="png", scale=4)
    return Image.open(out).convert("RGB")


def card_with_old_code(mime: str = "JPEG", *, turned: float = 0) -> bytes:
    """A photo of such a card."""
    card = Image.open(io.BytesIO(image("PNG", (1200, 800))))
    card.paste(old_code().rotate(turned, expand=True, fillcolor="white"), (500, 200))
    out = io.BytesIO()
    card.save(out, mime)
    return out.getvalue()


def draws_old_code(document: Pdf) -> None:
    """The code as a picture in the file, drawn on the first page."""
    draws(document, old_code())


def draws(document: Pdf, code: Image.Image) -> None:
    code = code.convert("RGB")
    picture = document.make_stream(code.tobytes(), Type=Name.XObject, Subtype=Name.Image)
    picture.Width, picture.Height, picture.ColorSpace, picture.BitsPerComponent = *code.size, Name.DeviceRGB, 8
    page = document.pages[0]
    page.Resources.XObject = Dictionary(Code=picture)
    page.Contents = document.make_stream(content(PAN) + b" q 150 0 0 150 200 300 cm /Code Do Q")


def draws_old_code_with_lines(document: Pdf) -> None:
    """The code as filled squares: no picture is in the file."""
    code = segno.make(f'<PrintLetterBarcodeData uid="{AADHAAR}" name="Asha Rao"/>')
    squares = [
        f"{100 + 3 * across} {600 - 3 * down} 3 3 re"
        for down, row in enumerate(code.matrix_iter(scale=1, border=0))
        for across, is_dark in enumerate(row)
        if is_dark
    ]
    page = document.pages[0]
    page.Contents = document.make_stream(content(PAN) + f" {' '.join(squares)} f".encode())


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("pan.txt", "text")
    return out.getvalue()


def wide() -> bytes:
    """48 million pixels of one bit each: small to send, large to hold."""
    out = io.BytesIO()
    Image.new("1", (8000, 6000)).save(out, "PNG")
    return out.getvalue()


#: What each fault looks like: (bytes, extension, fault).
FAULTS: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "pdf", "EMPTY"),
    "program_named_pdf": (b"MZ\x90\x00" + b"\0" * 200, "pdf", "TYPE_MISMATCH"),
    "program": (b"MZ\x90\x00" + b"\0" * 200, "exe", "TYPE"),
    "eicar": (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*", "txt", "TYPE"),
    "webp_named_png": (image("WEBP"), "png", "TYPE_MISMATCH"),
    "png_named_jpg": (image("PNG"), "jpg", "TYPE_MISMATCH"),
    "gif": (image("GIF"), "gif", "TYPE"),
    "archive": (archive(), "pdf", "ARCHIVE"),
    "late_pdf_header": (b"junk" + pdf(), "pdf", "TYPE_MISMATCH"),
    "too_large": (b"%PDF-1.7" + b"\0" * (10 * 1024 * 1024 + 1), "pdf", "TOO_LARGE"),
    "too_many_pixels": (wide(), "png", "TOO_MANY_PIXELS"),
    "too_many_pages": (pdf(pages=21), "pdf", "TOO_MANY_PAGES"),
    "password": (encrypted("secret"), "pdf", "ENCRYPTED"),
    "owner_password": (encrypted(""), "pdf", "ENCRYPTED"),
    "cut_jpeg": (image()[:-400], "jpg", "CORRUPT"),
    "cut_png": (image("PNG")[:-40], "png", "CORRUPT"),
    "cut_pdf": (pdf()[:-200], "pdf", "CORRUPT"),
    "script_on_opening": (pdf(change=opens_script), "pdf", "ACTIVE_CONTENT"),
    "script_hidden": (pdf(change=hides_script), "pdf", "ACTIVE_CONTENT"),
    "launch": (pdf(change=launches), "pdf", "ACTIVE_CONTENT"),
    "form_program": (pdf(change=has_form_program), "pdf", "ACTIVE_CONTENT"),
    "embedded_file": (pdf(change=embeds), "pdf", "EMBEDDED_FILE"),
    "jpeg_and_zip": (image() + archive(), "jpg", "TRAILING_DATA"),
    "jpeg_and_pdf": (image() + pdf(), "jpg", "TRAILING_DATA"),
    "png_and_php": (image("PNG") + b"<?php system($_GET[0]);", "png", "TRAILING_DATA"),
    "pdf_and_more": (pdf() + b"MZ program", "pdf", "TRAILING_DATA"),
    "pdf_and_zip": (pdf() + archive() + b"%%EOF", "pdf", "TRAILING_DATA"),
}
