"""Files that were made to break whoever opens them: bombs, loops, polyglots, broken and active ones.

Each is ``(bytes, ending, what may be said)``; an empty word stands for "taken, and harmless in the kept copy".
"""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

from tests.kyc import documents
from tests.servers.scanner import EICAR

Nasty = tuple[bytes, str, frozenset[str]]
TAKEN = ""


def says(*faults: str) -> frozenset[str]:
    return frozenset(faults)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *between: bytes, rows: bytes | None = None, bits: int = 8, colour: int = 0) -> bytes:
    """A PNG of this size with these chunks in it; ``rows`` are its unpacked bytes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes((width + 1) * height) if rows is None else rows))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(between) + data + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    """A small JPEG that says it is as large as this."""
    data = bytearray(documents.image())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def with_segment(marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment behind its beginning."""
    data = documents.image()
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + data[2:]


def looping_exif() -> bytes:
    """A directory of tags that names itself as the next one."""
    return with_segment(
        0xE1, b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0x8769, 4, 1, 8) + struct.pack(">I", 8)
    )


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes a hundred times."""
    out = io.BytesIO()
    Image.effect_noise((600, 600), 90).save(out, "JPEG", progressive=True)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 100 + b"\xff\xd9"


def raw_pdf(*objects: bytes, root: int = 1, more: bytes = b"") -> bytes:
    """A PDF written by hand, with a right table of its objects."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d /Root %d 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, more, table)
    return bytes(out)


CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Resources <<>> >>"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(content), entries, content)


def packed(content: bytes, times: int = 1) -> bytes:
    for _time in range(times):
        content = zlib.compress(content, 1)
    return stream(content, b"/Filter [%s]" % (b"/FlateDecode " * times))


def page_with(content: bytes, *more: bytes, page: bytes = PAGE) -> bytes:
    return raw_pdf(CATALOGUE, PAGES, page, content, *more)


def acting(action: dict[str, Any]) -> Callable[[Pdf], None]:
    """A link whose press does this."""

    def change(document: Pdf) -> None:
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 99, 99], A=Dictionary(**action))
        document.pages[0].Annots = Array([document.make_indirect(link)])

    return change


def noted(subtype: str, **entries: Any) -> Callable[[Pdf], None]:
    """A comment of this kind on the page."""

    def change(document: Pdf) -> None:
        note = Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=[0, 0, 9, 9], **entries)
        document.pages[0].Annots = Array([document.make_indirect(note)])

    return change


def on_page_opening(document: Pdf) -> None:
    document.pages[0].AA = Dictionary(O=documents.script())


def among_names(document: Pdf) -> None:
    tree = Dictionary(Names=Array([String("start"), documents.script()]))
    document.Root.Names = Dictionary(JavaScript=tree)


def draws_itself(document: Pdf) -> None:
    page = document.pages[0]
    form = document.make_stream(b"/X Do", Subtype=Name.Form, Type=Name.XObject)
    form.Resources = Dictionary(XObject=Dictionary(X=form))
    page.Resources.XObject = Dictionary(X=form)
    page.Contents = document.make_stream(b"/X Do")


def draws_ever_more(document: Pdf) -> None:
    """Eight forms, each of which draws the next one twenty times: 25 thousand million drawings."""
    page = document.pages[0]
    inner = document.make_stream(documents.content("x"), Subtype=Name.Form, Resources=page.Resources)
    for _depth in range(8):
        inner = document.make_stream(
            b"/X Do " * 20, Subtype=Name.Form, Resources=Dictionary(XObject=Dictionary(X=inner))
        )
    page.Resources.XObject = Dictionary(X=inner)
    page.Contents = document.make_stream(b"/X Do")


def picture(content: bytes, coded: str, width: int = 100, height: int = 100) -> Callable[[Pdf], None]:
    """A picture in the file that a decoder chokes on, or that says it is larger than it is."""

    def change(document: Pdf) -> None:
        shown = document.make_stream(content, Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height)
        shown.ColorSpace, shown.BitsPerComponent, shown.Filter = Name.DeviceGray, 8, Name(f"/{coded}")
        page = document.pages[0]
        page.Resources.XObject = Dictionary(P=shown)
        page.Contents = document.make_stream(b"q 99 0 0 99 0 0 cm /P Do Q")

    return change


def map_without_end(document: Pdf) -> None:
    ranges = b"<00000000> <ffffffff> <0041>\n" * 100
    cmap = document.make_stream(b"100 beginbfrange\n" + ranges + b"endbfrange")
    document.pages[0].Resources.Font.F1 = Dictionary(
        Type=Name.Font, Subtype=Name.Type0, Encoding=Name("/Identity-H"), ToUnicode=cmap
    )


def eicar_in_text(document: Pdf) -> None:
    document.pages[0].Contents = document.make_stream(b"% " + EICAR + b"\nBT ET")


def encrypted(**how: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(user="secret", owner="owner", **how))
    return out.getvalue()


def updated_with_script() -> bytes:
    """A good PDF whose later version opens a script: the first %%EOF is not the end."""
    first = page_with(stream(b""))
    table = first.rindex(b"xref\n0")
    place = len(first)
    changed = b"1 0 obj\n<</Type /Catalog /Pages 2 0 R /OpenAction <</S /JavaScript /JS (app.alert(1))>> >>\nendobj\n"
    at = place + len(changed)
    trailer = b"trailer\n<</Size 5 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (table, at)
    return first + changed + b"xref\n1 1\n%010d 00000 n \n" % place + trailer


def of_form(form: str) -> bytes:
    return documents.image(form)


CORRUPT, TYPE, MISMATCH, ARCHIVE = says("CORRUPT"), says("TYPE"), says("TYPE_MISMATCH"), says("ARCHIVE")
ACTIVE, EMBEDDED, ENCRYPTED = says("ACTIVE_CONTENT"), says("EMBEDDED_FILE"), says("ENCRYPTED")
COMPLEX, PIXELS, TAIL = says("TOO_COMPLEX", "CORRUPT"), says("TOO_MANY_PIXELS"), says("TRAILING_DATA")
HARMLESS = says(TAKEN)
ANY = says(TAKEN, "CORRUPT", "TOO_COMPLEX")


def change(how: Callable[[Pdf], None]) -> bytes:
    return documents.pdf(change=how)


def everything() -> dict[str, Nasty]:
    """Every nasty file by its name."""
    return {name: (data, ending, said) for kind in (_pictures, _pdfs, _others) for name, data, ending, said in kind()}


def _pictures() -> list[tuple[str, bytes, str, frozenset[str]]]:
    text_bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(40_000_000), 1))
    colour_bomb = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(40_000_000), 1))
    return [
        ("png of no size", png(0, 0), "png", CORRUPT),
        ("png as wide as a street", png(100_000, 100_000, rows=b"\0"), "png", PIXELS),
        ("png with a text bomb", png(20, 20, text_bomb), "png", ANY),
        ("png with a colour bomb", png(20, 20, colour_bomb), "png", ANY),
        ("png that ends early", png(900, 900, rows=bytes(100)), "png", CORRUPT),
        ("png with more rows than it says", png(20, 20, rows=bytes(9_000_000)), "png", ANY),
        ("png with a wrong checksum", png(20, 20)[:-20] + b"\0\0\0\0" + png(20, 20)[-16:], "png", CORRUPT),
        ("png without picture", b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "png", CORRUPT),
        ("png of an unknown depth", png(20, 20, bits=7), "png", CORRUPT),
        ("png with colours and no palette", png(20, 20, colour=3), "png", ANY),
        ("png of a million frames", png(20, 20, chunk(b"acTL", struct.pack(">II", 1_000_000, 0))), "png", ANY),
        ("png with eicar in a comment", png(20, 20, chunk(b"tEXt", b"Comment\0" + EICAR)), "png", HARMLESS),
        ("png with a page behind it", png(20, 20) + b"<html><script>alert(1)</script>", "png", TAIL),
        ("jpeg of two markers", b"\xff\xd8\xff\xd9" + bytes(20), "jpg", CORRUPT),
        ("jpeg without tables", documents.image().replace(b"\xff\xc4", b"\xff\xec"), "jpg", ANY),
        ("jpeg cut in its scan", documents.image()[:1500] + b"\xff\xd9", "jpg", ANY),
        ("jpeg as large as a field", jpeg_of(65_000, 65_000), "jpg", PIXELS),
        ("jpeg of no height", jpeg_of(600, 0), "jpg", CORRUPT),
        ("jpeg of a hundred scans", many_scans(), "jpg", ANY),
        ("jpeg with looping tags", looping_exif(), "jpg", ANY),
        (
            "jpeg turned an unknown way",
            documents.image(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0\0\0\0\0"),
            "jpg",
            ANY,
        ),
        ("jpeg with broken colours", with_segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"\xff" * 300), "jpg", ANY),
        ("jpeg with a script in a comment", with_segment(0xFE, b"*/alert(1);/*"), "jpg", HARMLESS),
        ("jpeg with eicar behind it", documents.image() + EICAR, "jpg", TAIL),
        ("jpeg that is a program too", with_segment(0xFE, b"#!/bin/sh\nrm -rf /\n"), "jpg", HARMLESS),
    ]


def _pdfs() -> list[tuple[str, bytes, str, frozenset[str]]]:
    deep = b"[" * 60_000 + b"]" * 60_000
    wide = [b"<<>>"] * 200_500
    forms = page_with(packed(b"q Q " * 5_000_000))
    good = page_with(stream(b""))
    table = good.rindex(b"xref\n0")
    return [
        ("pdf of a header", b"%PDF-1.7\n", "pdf", CORRUPT),
        (
            "pdf whose table begins beyond all numbers",
            good[: good.rindex(b"startxref")] + b"startxref\n" + b"9" * 32 + b"\n%%EOF\n",
            "pdf",
            CORRUPT,
        ),
        ("pdf without pages", raw_pdf(CATALOGUE, b"<</Type /Pages /Kids [] /Count 0>>"), "pdf", CORRUPT),
        (
            "pdf whose pages hold each other",
            raw_pdf(CATALOGUE, b"<</Type /Pages /Kids [2 0 R] /Count 1>>"),
            "pdf",
            CORRUPT,
        ),
        (
            "pdf whose tables follow each other",
            good.replace(b"/Root 1 0 R ", b"/Root 1 0 R /Prev %d" % table),
            "pdf",
            ANY,
        ),
        ("pdf whose length is itself", page_with(b"<</Length 4 0 R>>\nstream\nq Q\nendstream"), "pdf", ANY),
        ("pdf with a flate bomb", forms, "pdf", COMPLEX),
        ("pdf packed ten times", page_with(packed(b"q Q " * 200_000, 10)), "pdf", ANY),
        ("pdf with a bomb of zeros", page_with(packed(bytes(60_000_000))), "pdf", COMPLEX),
        ("pdf nested deep", page_with(stream(b""), deep), "pdf", ANY),
        ("pdf of too many objects", raw_pdf(CATALOGUE, PAGES, PAGE, stream(b""), *wide), "pdf", COMPLEX),
        ("pdf that draws itself", change(draws_itself), "pdf", says("TOO_COMPLEX")),
        ("pdf that draws ever more", change(draws_ever_more), "pdf", says("TOO_COMPLEX")),
        (
            "pdf with a picture as large as a field",
            change(picture(b"\0", "FlateDecode", 65_000, 65_000)),
            "pdf",
            PIXELS,
        ),
        ("pdf with broken jbig2", change(picture(b"\xff" * 99, "JBIG2Decode")), "pdf", ANY),
        ("pdf with broken jpx", change(picture(b"\xffO\xffQ" + b"\xff" * 99, "JPXDecode")), "pdf", ANY),
        ("pdf with broken fax", change(picture(b"\x11" * 99, "CCITTFaxDecode")), "pdf", ANY),
        ("pdf with an endless map", change(map_without_end), "pdf", ANY),
        ("pdf with a script on a page", change(on_page_opening), "pdf", ACTIVE),
        ("pdf with a script among names", change(among_names), "pdf", ACTIVE),
        (
            "pdf that sends a form",
            change(acting({"S": Name.SubmitForm, "F": String("https://x.example")})),
            "pdf",
            ACTIVE,
        ),
        ("pdf that opens another", change(acting({"S": Name.GoToR, "F": String("other.pdf")})), "pdf", ACTIVE),
        ("pdf that opens one inside", change(acting({"S": Name.GoToE, "D": String("x")})), "pdf", ACTIVE),
        ("pdf that takes data in", change(acting({"S": Name.ImportData, "F": String("x.fdf")})), "pdf", ACTIVE),
        ("pdf that plays a film", change(acting({"S": Name.Rendition, "OP": 0})), "pdf", ACTIVE),
        ("pdf with rich media", change(noted("RichMedia")), "pdf", ACTIVE),
        ("pdf with a model", change(noted("3D")), "pdf", ACTIVE),
        ("pdf with a screen", change(noted("Screen")), "pdf", ACTIVE),
        ("pdf with a sound", change(noted("Sound")), "pdf", ACTIVE),
        ("pdf with a file on a pin", change(noted("FileAttachment", FS=Dictionary(F=String("x")))), "pdf", EMBEDDED),
        ("pdf with a script in a later version", updated_with_script(), "pdf", ACTIVE),
        ("pdf with an old cipher", encrypted(R=2, aes=False, metadata=False), "pdf", ENCRYPTED),
        ("pdf with a middle cipher", encrypted(R=4), "pdf", ENCRYPTED),
        ("pdf with a new cipher", encrypted(R=6), "pdf", ENCRYPTED),
        (
            "pdf with a cipher nobody knows",
            page_with(stream(b"")).replace(b"/Root", b"/Encrypt <</Filter /Own /V 9>> /Root"),
            "pdf",
            says("ENCRYPTED", "CORRUPT"),
        ),
        ("pdf with eicar in a comment", change(eicar_in_text), "pdf", ANY),
        (
            "pdf with eicar attached",
            change(lambda document: document.attachments.__setitem__("e.com", EICAR)),
            "pdf",
            EMBEDDED,
        ),
        (
            "pdf with a page of no size",
            page_with(stream(b""), page=PAGE.replace(b"0 0 300 300", b"0 0 0 0")),
            "pdf",
            ANY,
        ),
    ]


def _others() -> list[tuple[str, bytes, str, frozenset[str]]]:
    office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    return [
        ("eicar", EICAR, "com", TYPE),
        ("eicar named pdf", EICAR, "pdf", MISMATCH),
        ("page named pdf", b"<html><script>alert(1)</script></html>", "pdf", MISMATCH),
        ("drawing named png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "png", MISMATCH),
        ("office document", office, "doc", TYPE),
        ("office document named pdf", office, "pdf", MISMATCH),
        ("rtf", b"{\\rtf1 {\\object\\objdata 0105}}", "rtf", TYPE),
        ("tiff named jpg", of_form("TIFF"), "jpg", MISMATCH),
        ("bmp", of_form("BMP"), "bmp", TYPE),
        ("bomb in gzip", gzip.compress(bytes(10_000_000)), "pdf", ARCHIVE),
        ("seven zip", b"7z\xbc\xaf\x27\x1c" + bytes(200), "pdf", ARCHIVE),
        ("rar", b"Rar!\x1a\x07\x01\x00" + bytes(200), "jpg", ARCHIVE),
        ("film", b"\x00\x00\x00\x18ftypmp42" + bytes(400), "mp4", TYPE),
    ]
