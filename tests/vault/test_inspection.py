import io
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image, ImageCms

from kyc.numbers.aadhaar_positions import to_hide
from kyc.numbers.text_search import numbers_in
from kyc.review.inspection import FIND, inspect
from portal.kernel.core.errors import Unavailable
from portal.kernel.vault.inspection import client, fork_server, pdf_drawings, worker, worker_pool
from portal.kernel.vault.inspection.client import page_as_png
from portal.kernel.vault.inspection.pdf_text import read_text
from portal.kernel.vault.inspection.redaction import Wish
from portal.kernel.vault.inspection.result import Fault, Limits, Search
from tests.kyc import documents


@pytest.mark.parametrize("name", sorted(documents.FAULTS))
def test_each_fault_is_told_apart_and_nothing_is_kept(name):
    data, extension, fault = documents.FAULTS[name]
    verdict, kept = inspect(data, extension=extension)
    assert (verdict.fault, kept) == (fault, b"")


def test_a_pdf_is_kept_and_its_numbers_are_read():
    verdict, kept = inspect(documents.pdf(pages=2), extension="PDF")
    assert verdict.is_accepted
    assert (verdict.mime, verdict.pages, verdict.search) == ("application/pdf", 2, Search.SEARCHED)
    assert verdict.numbers == {"pan": [documents.PAN]}
    assert documents.PAN not in repr(verdict)
    assert len(pikepdf.open(io.BytesIO(kept)).pages) == 2


def test_a_pdf_that_only_opens_at_a_page_is_taken():
    verdict, kept = inspect(documents.pdf(change=documents.opens_at_a_page), extension="pdf")
    assert verdict.is_accepted
    assert "/OpenAction" not in pikepdf.open(io.BytesIO(kept)).Root


def test_text_that_cannot_be_read_is_not_called_searched():
    def unmapped(document):
        page = document.pages[0]
        page.Resources.Font.F1 = Dictionary(Type=Name.Font, Subtype=Name.Type0, Encoding=Name("/Identity-H"))

    assert inspect(documents.pdf(change=unmapped), extension="pdf")[0].search is Search.NOT_SEARCHED


def test_a_font_that_numbers_its_glyphs_as_it_likes_is_never_called_searched():
    def of_symbols(document):
        descriptor = Dictionary(Type=Name.FontDescriptor, Flags=4, FontFile2=document.make_stream(b"font"))
        document.pages[0].Resources.Font.F1 = Dictionary(
            Type=Name.Font, Subtype=Name.TrueType, FontDescriptor=document.make_indirect(descriptor)
        )

    with pikepdf.open(io.BytesIO(documents.pdf(change=of_symbols))) as document:
        assert read_text(document).search() is Search.PARTLY


@pytest.mark.parametrize(("form", "extension"), [("JPEG", "jpg"), ("JPEG", "JPEG"), ("PNG", "png")])
def test_a_picture_is_written_anew_and_called_not_searched(form, extension):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    data = documents.image(form, exif=exif)
    verdict, kept = inspect(data, extension=extension)
    assert (verdict.width, verdict.height, verdict.search) == (900, 600, Search.NOT_SEARCHED)
    assert b"taken at home" in data
    assert b"taken at home" not in kept
    assert Image.open(io.BytesIO(kept)).size == (900, 600)


@pytest.mark.parametrize("tail", [b"\0" * 64, documents.image(), b"\x00\x00\x00\x18ftypmp42film", b"SEFH\x01"])
def test_what_phones_hang_behind_a_picture_is_let_through_and_dropped(tail):
    verdict, kept = inspect(documents.image() + tail, extension="jpg")
    assert verdict.is_accepted
    assert not kept.endswith(tail)


def test_a_sideways_photo_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    verdict, _kept = inspect(documents.image("JPEG", (600, 400), exif=exif), extension="jpg")
    assert (verdict.width, verdict.height) == (400, 600)


def test_a_photo_of_two_frames_as_phones_take_it_is_kept_as_its_first():
    picture, out = Image.open(io.BytesIO(documents.image())), io.BytesIO()
    picture.save(out, "MPO", save_all=True, append_images=[picture.rotate(180)])
    verdict, kept = inspect(out.getvalue(), extension="jpg")
    assert (verdict.fault, verdict.width, verdict.height) == (None, 900, 600)
    assert (Image.open(io.BytesIO(kept)).format, kept.count(b"\xff\xd8\xff")) == ("JPEG", 1)


def drawn_with(colours: Callable[[Pdf], Any], data: bytes, bits: int = 8) -> bytes:
    """A PDF that draws a picture of 100 by 100 with these colours and bytes."""

    def change(document: Pdf) -> None:
        picture = document.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=100, Height=100)
        picture.ColorSpace, picture.BitsPerComponent = colours(document), bits
        page = document.pages[0]
        page.Resources.XObject = Dictionary(P=picture)
        page.Contents = document.make_stream(b"q 300 0 0 300 100 300 cm /P Do Q")

    return documents.pdf(change=change)


def profiled(document: Pdf) -> Array:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return Array([Name.ICCBased, document.make_stream(profile, N=3)])


def inked(document: Pdf) -> Array:
    """One ink of a printer's, as its strength of black."""
    turned = Dictionary(FunctionType=2, Domain=[0, 1], C0=[1], C1=[0], N=1)
    return Array([Name.Separation, Name.Gold, Name.DeviceGray, turned])


def test_a_scan_with_a_profile_of_its_colours_is_taken():
    verdict, kept = inspect(drawn_with(profiled, bytes(range(250)) * 120), extension="pdf")
    assert verdict.fault is None
    assert page_as_png(kept, mime="application/pdf", page=1).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("colours", "data", "bits"), [(lambda document: Name.DeviceGray, bytes(1250), 1), (inked, bytes(10_000), 8)]
)
def test_a_picture_that_the_library_cannot_read_is_left_to_the_drawn_page(colours, data, bits):
    verdict, kept = worker.inspect(drawn_with(colours, data, bits), "pdf", Limits(), numbers_in, Wish(to_hide))
    assert (verdict.fault, verdict.shows_pictures, bool(kept)) == (None, True, True)


def test_a_kept_document_is_shown_page_by_page_as_pictures():
    for data, extension, page in ((documents.pdf(pages=2), "pdf", 2), (documents.image(), "jpg", 1)):
        verdict, kept = inspect(data, extension=extension)
        shown = page_as_png(kept, mime=verdict.mime, page=page)
        picture = Image.open(io.BytesIO(shown))
        assert picture.format == "PNG"
        assert len(picture.convert("L").getcolors() or []) > 1


def test_a_page_that_is_not_there_is_an_error_of_its_own():
    _verdict, kept = inspect(documents.pdf(), extension="pdf")
    with pytest.raises(client.ChildFailedError):
        page_as_png(kept, mime="application/pdf", page=9)


def test_a_file_that_takes_too_much_memory_is_refused():
    large = documents.image("PNG", (6000, 6000))
    assert inspect(large, extension="png")[0].is_accepted
    limits = replace(Limits(), memory=300 * 1024 * 1024)
    verdict, kept = client.inspect(large, extension="png", limits=limits)
    assert (verdict.fault, kept) == (Fault.TOO_COMPLEX, b"")


DYING = "tests.vault.dying"
CHILD = worker_pool.ALONE + "from portal.kernel.vault.inspection.worker import main; main()"


def test_a_child_that_ended_by_its_limit_of_processor_time_is_a_fault_of_the_file():
    with pytest.raises(client.ChildFailedError):
        client.ask(DYING, b"", asked={"signal": signal.SIGXCPU})


@pytest.mark.parametrize(
    ("asked", "limits"),
    [({"seconds": 60}, replace(Limits(), wall_seconds=0.5)), ({"signal": signal.SIGKILL}, Limits())],
    ids=["a busy machine", "a machine without memory"],
)
def test_a_child_that_the_machine_did_not_let_finish_is_no_verdict_on_the_file(asked, limits):
    with pytest.raises(Unavailable):
        client.ask(DYING, b"", asked=asked, limits=limits)


@pytest.mark.parametrize(("worked", "is_fault"), [(29.0, True), (10.0, True), (9.9, False), (0.1, False)])
def test_a_child_that_was_at_work_when_its_time_was_over_has_too_much_to_do(worked, is_fault):
    """Or its file would be tried again and again, each time for as long; one that had no processor says nothing of it."""
    assert fork_server.was_at_work(worked, 30.0) is is_fault
    assert not fork_server.was_at_work(0.5, 0.0001), "the start of a child is no work on a file"


def test_what_the_watcher_tells_of_such_a_child_is_a_fault_of_the_file(monkeypatch):
    start = worker_pool._START.replace(
        "main()",
        "from portal.kernel.vault.inspection import fork_server; fork_server.BUSY = fork_server.LEAST = 0.0; main()",
    )
    monkeypatch.setattr(worker_pool, "_stock", worker_pool._Stock())
    monkeypatch.setattr(worker_pool, "_START", start)
    assert client.ask(DYING, b"", asked={})
    with pytest.raises(client.ChildFailedError):
        client.ask(DYING, b"", asked={"seconds": 60}, limits=replace(Limits(), wall_seconds=0.5))
    worker_pool._stock.end()


def nested_forms(document: Pdf, levels: int, times: int) -> None:
    drawn = document.make_stream(b"0 0 9 9 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
    for _level in range(levels):
        within = Dictionary(XObject=Dictionary(F=drawn))
        drawn = document.make_stream(
            b"/F Do " * times, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9], Resources=within
        )
    page = document.pages[0]
    page.Resources.XObject = Dictionary(F=drawn)
    page.Contents = document.make_stream(b"/F Do")


def test_a_small_file_that_draws_ten_million_forms_is_refused_before_it_is_drawn():
    bomb = documents.pdf(change=lambda document: nested_forms(document, levels=7, times=10))
    assert len(bomb) < 4_000
    seconds = time.process_time()
    assert worker.inspect(bomb, "pdf", Limits(), numbers_in)[0].fault is Fault.TOO_COMPLEX
    assert time.process_time() - seconds < 5  # it took ninety
    modest = documents.pdf(change=lambda document: nested_forms(document, levels=3, times=10))
    assert worker.inspect(modest, "pdf", Limits(), numbers_in)[0].is_accepted


def bomb(document: Pdf, levels: int = 7, times: int = 10) -> pikepdf.Object:
    """A form that has ten million others drawn."""
    nested_forms(document, levels, times)
    return document.pages[0].Resources.XObject.F


def form(document: Pdf, content: bytes, **entries: Any) -> pikepdf.Object:
    return document.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9], **entries)


def type_3(document: Pdf, content: bytes, **entries: Any) -> pikepdf.Object:
    """A font whose one glyph is drawn by this."""
    glyph = document.make_stream(b"900 0 d0 " + content)
    return document.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=[0, 0, 9, 9], FontMatrix=[0.001, 0, 0, 0.001, 0, 0],
            CharProcs=Dictionary(a=glyph), Encoding=Dictionary(Differences=[97, Name.a]), FirstChar=97, LastChar=97,
            Widths=[900], **entries,
        )
    )  # fmt: skip


def on_the_second_page(document: Pdf) -> None:
    """One form without resources: on the first page it draws a line, on the second one the bomb."""
    drawn, line = bomb(document), form(document, b"0 0 9 9 re f")
    shared = form(document, b"/F Do")
    document.pages.append(document.pages[0])
    for page, meant in zip(document.pages, (line, drawn), strict=True):
        page.obj.Resources = Dictionary(XObject=Dictionary(F=meant, S=shared))
        page.Contents = document.make_stream(b"/S Do")


def in_another_form(document: Pdf) -> None:
    drawn, line = bomb(document), form(document, b"0 0 9 9 re f")
    shared = form(document, b"/F Do")
    first, second = (
        form(document, b"/S Do", Resources=Dictionary(XObject=Dictionary(F=meant, S=shared))) for meant in (line, drawn)
    )
    document.pages[0].Resources.XObject = Dictionary(A=first, B=second)
    document.pages[0].Contents = document.make_stream(b"/A Do /B Do")


def behind_resources_of_another_kind(document: Pdf) -> None:
    """A form with fonts of its own and no forms: it draws those of the page."""
    bomb(document)
    document.pages[0].Resources.XObject.S = form(document, b"/F Do", Resources=Dictionary(Font=Dictionary()))
    document.pages[0].Contents = document.make_stream(b"/S Do")


def in_a_comment(document: Pdf) -> None:
    bomb(document)
    looks = form(document, b"/F Do")
    note = Dictionary(Type=Name.Annot, Subtype=Name.Square, Rect=[0, 0, 9, 9], AP=Dictionary(N=looks))
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(note)])
    document.pages[0].Contents = document.make_stream(b"")


def glyphs_of_glyphs(document: Pdf) -> None:
    """A letter that writes a hundred letters, each of which writes a hundred, four deep."""
    font = type_3(document, b"0 0 9 9 re f")
    for _level in range(4):
        font = type_3(
            document, b"BT /F 9 Tf (" + b"a" * 100 + b") Tj ET", Resources=Dictionary(Font=Dictionary(F=font))
        )
    document.pages[0].Resources.Font = Dictionary(F=font)
    document.pages[0].Contents = document.make_stream(b"BT /F 9 Tf [(a) 9 (a)] TJ ET")


def glyph_of_forms(document: Pdf) -> None:
    drawn = bomb(document, levels=4)
    font = type_3(document, b"/F Do", Resources=Dictionary(XObject=Dictionary(F=drawn)))
    state = Dictionary(Font=[font, 9])
    document.pages[0].Resources = Dictionary(ExtGState=Dictionary(G=state))
    document.pages[0].Contents = document.make_stream(b"q /G gs BT (" + b"a" * 1_000 + b") ' ET Q")


def glyph_with_the_forms_of_the_page(document: Pdf) -> None:
    """A font without resources, in a form that is drawn with it as it is set outside."""
    drawn = bomb(document, levels=4)
    font = type_3(document, b"/F Do")
    inside = form(document, b"BT (" + b"a" * 1_000 + b") Tj ET")
    document.pages[0].Resources = Dictionary(Font=Dictionary(T=font), XObject=Dictionary(F=drawn, S=inside))
    document.pages[0].Contents = document.make_stream(b"/T 9 Tf /S Do")


def glyph_without_a_name(document: Pdf) -> None:
    drawn = bomb(document, levels=4)
    font = type_3(document, b"/F Do", Resources=Dictionary(XObject=Dictionary(F=drawn)))
    font.Encoding = Name.WinAnsiEncoding
    document.pages[0].Resources = Dictionary(Font=Dictionary(T=font))
    document.pages[0].Contents = document.make_stream(b"BT /T 9 Tf (" + b"a" * 1_000 + b") Tj ET")


def letters_without_end(document: Pdf) -> None:
    document.pages[0].Resources.Font = Dictionary(F=type_3(document, b"0 0 9 9 re f"))
    document.pages[0].Contents = document.make_stream(zlib.compress(b"() Tj " * 2_000_000), Filter=Name.FlateDecode)


@pytest.mark.parametrize(
    "made",
    [
        *(on_the_second_page, in_another_form, behind_resources_of_another_kind, in_a_comment),
        *(glyphs_of_glyphs, glyph_of_forms, glyph_with_the_forms_of_the_page, glyph_without_a_name),
        letters_without_end,
    ],
)
def test_what_is_drawn_by_names_of_elsewhere_and_by_glyphs_is_counted(made):
    document = documents.pdf(change=made)
    assert len(document) < 20_000
    seconds = time.process_time()
    assert worker.inspect(document, "pdf", Limits(), numbers_in)[0].fault is Fault.TOO_COMPLEX
    assert time.process_time() - seconds < 5


def test_pages_in_a_font_of_drawn_glyphs_are_no_bomb():
    """Twenty pages of four thousand letters, each of some lines: what a typesetter of the nineties makes."""

    def typeset(document: Pdf) -> None:
        font = type_3(
            document, b"10 0 0 0 20 30 d1 q 10 0 0 30 0 0 cm BI /W 8 /H 8 /IM true /BPC 1 ID " + b"x" * 200 + b" EI Q"
        )
        page = document.pages[0]
        page.Resources.Font = Dictionary(F=font)
        page.Contents = document.make_stream(b"BT /F 9 Tf " + (b"[(" + b"a" * 80 + b")] TJ " * 50) + b" ET")
        for _page in range(19):
            document.pages.append(page)

    with pikepdf.open(io.BytesIO(documents.pdf(change=typeset))) as document:
        pdf_drawings.judge(document, Limits())


@pytest.mark.parametrize("way", ["form", "pattern", "mask", "glyph"])
def test_a_form_that_draws_itself_is_refused(way):
    def endless(document: Pdf) -> None:
        if way == "glyph":
            font = type_3(document, b"BT /F 9 Tf (a) Tj ET")
            font.Resources = Dictionary(Font=Dictionary(F=font))
            document.pages[0].Resources.Font = Dictionary(F=font)
            document.pages[0].Contents = document.make_stream(b"BT /F 9 Tf (a) Tj ET")
            return
        said = {"form": b"/A Do", "pattern": b"/Pattern cs /A scn 0 0 9 9 re f", "mask": b"/A gs 0 0 9 9 re f"}[way]
        form = document.make_stream(said, Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
        kinds = {"form": "XObject", "pattern": "Pattern", "mask": "ExtGState"}
        held = Dictionary(SMask=Dictionary(S=Name.Luminosity, G=form)) if way == "mask" else form
        form.Resources = Dictionary({f"/{kinds[way]}": Dictionary(A=held)})
        page = document.pages[0]
        page.Resources[f"/{kinds[way]}"] = Dictionary(A=held)
        page.Contents = document.make_stream(said)

    assert inspect(documents.pdf(change=endless), extension="pdf")[0].fault is Fault.TOO_COMPLEX


def test_a_machine_that_starts_no_process_gives_no_verdict(monkeypatch):
    monkeypatch.setattr(worker_pool, "_stock", worker_pool._Stock())
    monkeypatch.setattr(worker_pool, "_START", "raise SystemExit(1)")
    with pytest.raises(Unavailable):
        client.inspect(documents.image(), extension="jpg")


def original_now() -> int:
    return worker_pool._stock._original._process.pid


def test_each_file_has_a_child_of_its_own_and_a_failure_a_new_original():
    """Where the memory lies is the same in copies of one original: who tries meets another one after each failure."""

    one, original = client.ask(DYING, b"", asked={}), original_now()
    other = client.ask(DYING, b"", asked={})
    assert one["pid"] != other["pid"]
    assert original_now() == original
    with pytest.raises(client.ChildFailedError):
        client.ask(DYING, b"", asked={"signal": signal.SIGSEGV})
    client.ask(DYING, b"", asked={})
    assert original_now() != original


def test_a_child_inherits_nothing_but_its_conversation():
    assert client.ask(DYING, b"", asked={})["descriptors"] == [0, 1, 2]


def test_an_original_that_has_ended_for_want_of_work_is_replaced():
    assert client.ask(DYING, b"", asked={})
    worker_pool._stock._original._process.kill()
    worker_pool._stock._original._process.wait()
    assert client.ask(DYING, b"", asked={})


def test_a_process_that_was_forked_off_makes_an_original_of_its_own():
    client.ask(DYING, b"", asked={})
    first = original_now()
    reads, writes = os.pipe()
    forked = os.fork()
    if forked == 0:
        try:
            client.ask(DYING, b"", asked={})
            os.write(writes, str(original_now()).encode())
            worker_pool._stock.end()
        finally:
            os._exit(0)
    os.waitpid(forked, 0)
    os.close(writes)
    assert int(os.read(reads, 20)) != first
    os.close(reads)
    assert client.ask(DYING, b"", asked={})
    assert original_now() == first


def test_the_child_knows_nothing_of_the_project_s_settings_or_environment(monkeypatch):
    monkeypatch.setenv("VAULT_KEY", "hush-hush")
    script = (
        worker_pool.ALONE
        + "import portal.kernel.vault.inspection.fork_server, os; print(sorted(sys.modules), dict(os.environ))"
    )
    said = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True, env={}).stdout
    assert b"django" not in said
    assert b"hush-hush" not in said


def test_the_child_loads_the_libraries_for_pdfs_for_pdfs_only():
    script = CHILD + "; sys.stderr.write(' '.join(sys.modules))"
    for data, extension, loads in ((documents.image(), "jpg", False), (documents.pdf(), "pdf", True)):
        header = {"do": "inspect", "extension": extension, "find": FIND, "limits": asdict(Limits())}
        given = json.dumps(header).encode() + b"\n" + data
        done = subprocess.run(
            [sys.executable, "-I", "-c", script], input=given, capture_output=True, check=True, env={}
        )
        loaded = done.stderr.decode().split()
        assert ("pikepdf" in loaded, FIND.rpartition(".")[0] in loaded) == (loads, loads)


def test_limits_travel_to_the_child():
    header = {"do": "inspect", "extension": "pdf", "find": FIND, "limits": {**asdict(Limits()), "pages": 1}}
    given = json.dumps(header).encode() + b"\n" + documents.pdf(pages=2)
    done = subprocess.run([sys.executable, "-I", "-c", CHILD], input=given, capture_output=True, check=True, env={})
    assert json.loads(done.stdout.partition(b"\n")[0])["fault"] == "TOO_MANY_PAGES"


def test_a_name_that_does_not_matter_and_no_numbers_to_look_for():
    for data, mime in ((documents.pdf(), "application/pdf"), (documents.image("PNG"), "image/png")):
        verdict, _kept = client.inspect(data, extension=None)
        assert (verdict.fault, verdict.mime, verdict.numbers) == (None, mime, {})
    assert client.inspect(b"MZ" + bytes(200), extension=None)[0].fault is Fault.TYPE
