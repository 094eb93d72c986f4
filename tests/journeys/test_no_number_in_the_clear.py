"""Numbers of identity papers are planted in every form people write them, and then searched for in everything written.

Full Aadhaar and PAN numbers and account numbers must not stand in a database, a file, a log line, a task's arguments, a
list, an export, a pack or a ledger payload. It takes longer than other tests (20 seconds beside others) because it works
through real workers, writes in every act of staff that asks for words, takes every list away and looks at every byte.
"""

import base64
import binascii
import contextlib
import gzip
import io
import logging
import re
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery.signals import before_task_publish
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.db import connections
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import reverse
from pikepdf import Pdf
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from redis import Redis

from grievances.base.choices import ForWhom, TicketKind
from grievances.tickets.services import intake
from kyc.models import Decision, Document
from kyc.review.services.document_uploads import send, upload
from portal.fronts.evidence import packs
from portal.fronts.evidence.period import Period
from portal.kernel.core import access, actor, clock, logs
from portal.kernel.core.admin.actions import ServiceAction, actions_of
from portal.kernel.core.errors import Refused
from portal.kernel.core.pii_guard import PlainWords, PublicWords
from portal.kernel.jobs.audited_export import AuditedExport
from portal.kernel.ledger.models import Payload
from portal.kernel.people.models import User
from portal.kernel.people.services import subjects
from portal.kernel.vault.inspection import qr_rescan, redaction
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files as vault
from tests.kyc import documents
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client, with_factor
from tests.vault import test_covering

EVERYONE = ["data_protection_officer", "grievance_officer", "kyc_maker", "kyc_checker", "support", "administrator"]
#: Tables that keep the words of staff in the clear.
CLEAR = {f"default.{name}" for name in ("kyc_decision", "people_mfareset", "people_roleproposal")}
#: Right in form, and nobody's.
AADHAAR = "234123412346"
PAN = "QZXPM4821K"
ACCOUNT = "918273645546372"
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def spellings(number: str) -> dict[str, str]:
    """One number as people and machines write it."""
    groups = [number[place : place + 4] for place in range(0, len(number), 4)]
    return {
        "plain": number,
        "spaced": " ".join(groups),
        "hyphenated": "-".join(groups),
        "devanagari": number.translate(DEVANAGARI),
        "base64": base64.b64encode(number.encode()).decode().rstrip("="),
    }


def unwrapped(content: bytes) -> Iterator[bytes]:
    """The bytes, what is packed, encoded or drawn in them, and once more what is inside that."""
    yield content
    for opened in (*packed_in(content), *encoded_in(content), *shown_in(content)):
        yield opened
        yield from (*packed_in(opened), *encoded_in(opened))


def packed_in(content: bytes) -> Iterator[bytes]:
    """What gzip and zlib (also in a PDF's streams and a PNG) packed, wherever it begins, and the files of a ZIP."""
    if content.startswith(ZIP):
        archive = zipfile.ZipFile(io.BytesIO(content))
        yield from (archive.read(name) for name in archive.namelist())
    for match in PACKED.finditer(content):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(47).decompress(content[match.start() :], LONGEST)


def encoded_in(content: bytes) -> Iterator[bytes]:
    """What long words in base64 say."""
    for match in WORD.finditer(content):
        with contextlib.suppress(binascii.Error):
            yield base64.b64decode(match.group() + b"=" * (-len(match.group()) % 4))


def shown_in(content: bytes) -> Iterator[bytes]:
    """What the codes of a picture say; its text lies in them and nowhere else."""
    if content.startswith(PICTURES):
        with contextlib.suppress(OSError, Image.DecompressionBombError):
            yield from (seen.text.encode() for seen in redaction.codes(Image.open(io.BytesIO(content))))


PLANTED = {
    f"{name}, {how}": text
    for name, number in (("Aadhaar", AADHAAR), ("PAN", PAN), ("account", ACCOUNT))
    for how, text in spellings(number).items()
}


MARKS = {
    name: [text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")] for name, text in PLANTED.items()
}
PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
WORD = re.compile(rb"[A-Za-z0-9+/]{16,4096}")
ZIP = b"PK\x03\x04"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
#: Enough of what was packed: a page, not a bomb.
LONGEST = 2_000_000


def everything_that_was_sent() -> str:
    return "\n".join(f"My number is {text}." for text in PLANTED.values())


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Log lines as the portal writes them, and the arguments of every task that was sent."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    def sent(body: object = None, **kwargs: object) -> None:
        lines.write(f"{body!r}\n")

    before_task_publish.connect(sent)
    yield lines
    before_task_publish.disconnect(sent)
    root.removeHandler(handler)
    root.setLevel(level)


def found_in(haystack: bytes) -> list[str]:
    layers = list(unwrapped(haystack))
    return [name for name, marks in MARKS.items() if any(mark in layer for layer in layers for mark in marks)]


def rows() -> Iterator[tuple[str, bytes]]:
    """Every row of every table of both databases, as the database holds it."""
    for alias in settings.DATABASES:
        connection = connections[alias]
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    yield (
                        f"{alias}.{table}",
                        b"\n".join(
                            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                            for value in row
                        ),
                    )


def files() -> Iterator[tuple[str, bytes]]:
    """Every file of the portal's run-time folder, database files and their journals included."""
    for path in Path(settings.VAR).rglob("*"):
        if path.is_file():
            yield str(path.name), path.name.encode() + b"\n" + path.read_bytes()


def papers() -> Iterator[tuple[bytes, str]]:
    """Files that hold the number where nobody sees it: packed, in UTF-16, in glyphs of a font, behind a picture."""
    for how in ("glyph numbers", "metadata", "comment", "said aloud", "form fields", "nested form"):
        yield documents.pdf(change=test_covering.IN_TEXT[how]), "pdf"
    yield documents.pdf(change=titled), "pdf"
    notes = PngInfo()
    notes.add_text("card", AADHAAR)
    notes.add_itxt("card", AADHAAR.translate(DEVANAGARI), zip=True)
    yield documents.image("PNG", pnginfo=notes), "png"
    exif = Image.Exif()
    exif[0x9286] = b"UNICODE\0" + AADHAAR.encode("utf-16-le")
    yield documents.image(exif=exif, comment=gzip.compress(AADHAAR.encode()), icc_profile=AADHAAR.encode()), "jpg"


def titled(document: Pdf) -> None:
    """In UTF-16, as PDF writes what is not Latin."""
    document.docinfo["/Title"] = f"कार्ड {AADHAAR.translate(DEVANAGARI)} {AADHAAR}"


def kept_copies() -> Iterator[tuple[str, bytes]]:
    """Every file of the vault whose key is there still, in clear; of a PDF also each string, stream and page's text."""
    for file in StoredFile.objects.filter(shredded_at=None).order_by("stored_at"):
        with vault.open_stream(file, actor=actor.SYSTEM, reason="test") as stream:
            content = stream.read()
        yield file.kind, content
        if content.startswith(b"%PDF"):
            yield file.kind, test_covering.everything_in(content).encode()


def broker() -> Iterator[tuple[str, bytes]]:
    """Everything that lies in Redis, the queues of the tasks among it; nothing lies anywhere without it."""
    if not settings.REDIS_URL:
        return
    redis = Redis.from_url(settings.REDIS_URL)
    read = {
        b"string": redis.get,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"hash": redis.hgetall,
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
    }
    for key in redis.scan_iter():
        found = read.get(redis.type(key), redis.dump)(key)
        yield key.decode(), found if isinstance(found, bytes) else repr((key, found)).encode()


def plant() -> tuple[Document, str]:
    """A PAN card in order, papers that carry an Aadhaar number, wrong numbers, and a grievance that quotes all of them."""
    customer = CustomerFactory(kind="individual")
    CustomerUserFactory(member_of=customer)
    by_customer = actor.customer(1, via="page")
    given = {"customer": customer, "kind": "pan_card", "extension": "pdf", "actor": by_customer, "now": clock.now()}
    card = upload(stream=io.BytesIO(documents.pdf(f"Permanent Account Number {PAN}")), number=PAN, **given)
    upload(
        stream=io.BytesIO(documents.card_with_old_code()),
        number=PAN,
        **{**given, "extension": "jpg", "customer": CustomerFactory(kind="individual")},
    )
    for text in spellings(AADHAAR).values():
        other = {**given, "customer": CustomerFactory(kind="individual")}
        if text.isascii():
            upload(stream=io.BytesIO(documents.pdf(f"Aadhaar {text}")), number=PAN, **other)
        with contextlib.suppress(Refused):
            upload(stream=io.BytesIO(documents.pdf("A card")), number=text, **other)
    for data, extension in papers():
        other = {**given, "customer": CustomerFactory(kind="individual"), "extension": extension}
        upload(stream=io.BytesIO(data), number=PAN, **other)
    filed = intake.file_ticket(
        filing_key=uuid4(),
        subject_ref=subjects.new("stranger").ref,
        story=intake.Story(kind=TicketKind.OTHER, for_whom=ForWhom.SELF, what_happened=everything_that_was_sent()),
        reach=intake.Reach(language="en", email="asha@people.example", phone=""),
        actor=actor.stranger(via="page"),
        at=clock.now(),
    )
    return card, filed.ticket.reference


#: One spelling of each number: every other one is in tests/core/test_plain_words.py.
SAID = [f"No: Aadhaar {spellings(AADHAAR)['spaced']}, PAN {PAN} differ", f"A/c {ACCOUNT}"]
HARMLESS = "It names what the last four digits show."


def filled(form: forms.Form, words: str) -> dict[str, str]:
    """An answer to every question of a form: ``words`` wherever people write freely, else the last choice there is."""
    return {"answer": "1", **{name: value for name, field in form.fields.items() if (value := filling(field, words))}}


def filling(field: forms.Field, words: str) -> str:
    if isinstance(field, PlainWords | PublicWords) or isinstance(field.widget, forms.Textarea):
        return words
    if isinstance(field, forms.ModelChoiceField):
        last = field.queryset.last()
        return str(last.pk) if last is not None else ""
    if isinstance(field, forms.ChoiceField):
        known = list(choices_of(field))
        return str(known[-1]) if known else ""
    if isinstance(field, forms.DateField | forms.DateTimeField):
        day = clock.day(clock.now()) + timedelta(days=20)
        return day.isoformat() if isinstance(field, forms.DateField) else f"{day}T10:00"
    return "on" if isinstance(field, forms.BooleanField) else ""


def choices_of(field: forms.ChoiceField) -> Iterator[object]:
    for value, label in field.choices:
        yield from (value for value, _label in label) if isinstance(label, list | tuple) else [value]


def acts_with_words() -> Iterator[tuple[Any, ServiceAction]]:
    """The acts of the admin that ask for words, with the page that has them."""
    for page in admin.site._registry.values():
        for act in actions_of(page):
            if act.ask is not None and any(filling(field, "words") == "words" for field in act.ask().fields.values()):
                yield page, act


def asking(user: User) -> HttpRequest:
    """A request of this login, for what an admin page asks of one."""
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def write_in_every_act(user: User, words: Sequence[str]) -> set[str]:
    """Do every act that asks for words and that this login may do on some row now, with each of ``words``; which."""
    client, done = staff_client(user), set()
    for page, act in acts_with_words():
        info = page.model._meta.app_label, page.model._meta.model_name
        for said in words:
            rows = page.get_queryset(asking(user)).order_by("-pk")[:20]
            row = next((row for row in rows if row != user and not act.skip(row, user)), None)
            if row is None or not access.allowed(user, act.permission):
                continue
            url = reverse("admin:{}_{}_do_one".format(*info), args=[row.pk, act.name])
            answer = client.post(url, filled(act.ask(), said))
            assert answer.status_code in {200, 422}, url
            done.add(f"{page.model._meta.label}.{act.name}")
    return done


def write_at_the_desk(user: User, card: Document, step: str, words: Sequence[str]) -> None:
    """Propose or answer at the review desk, with each of ``words`` in every field."""
    client, url = staff_client(user), f"/admin/kyc/document/{card.pk}/"
    client.post(f"{url}change/", {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    for said in words:
        waiting = Decision.objects.filter(document=card, answer="pending").first()
        given = {"message": said, "note": said, "reason": said, "decision": "refuse", "outcome": "reject"}
        given |= {"reason_code": "altered", "proposal": waiting.reference if waiting else ""}
        given |= {"page_seen": re.findall(r'name="page_seen" value="(\w+)"', client.get(f"{url}change/").text)[0]}
        answer = client.post(f"{url}{step}/", given)
        assert answer.status_code == (303 if said == HARMLESS else 422)


def staff_write(card: Document) -> set[str]:
    """Two people with every role that decides write numbers wherever they may write, and harmless words in between.

    Harmless ones make the proposals that the other person answers. Gives the acts in which numbers were written.
    """
    first, second = (StaffFactory(roles=EVERYONE) for _ in range(2))
    with_factor(StaffFactory(roles=["support"]))
    # A message to a customer may name a telephone number, so it may have as many digits as an account; it is sealed.
    write_at_the_desk(first, card, "propose", [*SAID[:-1], HARMLESS])
    write_at_the_desk(second, card, "answer", [*SAID, HARMLESS])
    written = write_in_every_act(first, SAID)
    write_in_every_act(first, [HARMLESS])
    written |= write_in_every_act(second, SAID)
    write_in_every_act(second, [HARMLESS])
    return written


def taken_away() -> Iterator[tuple[str, bytes]]:
    """Every list that an auditor may take away, as CSV and as a spreadsheet, and the pack of today."""
    auditor = StaffFactory(roles=["auditor"])
    client = staff_client(auditor)
    for page in admin.site._registry.values():
        url = reverse(f"admin:{page.model._meta.app_label}_{page.model._meta.model_name}_changelist")
        if not isinstance(page, AuditedExport) or not access.allowed(auditor, page.export_permission):
            continue
        for file_format in ("csv", "xlsx", "jsonl"):
            answer = client.post(
                f"{url}export/", {"file_format": file_format, "reason": "A test of all lists", "export": "yes"}
            )
            assert answer.status_code == 200, url
            yield f"{url}{file_format}", b"".join(answer.streaming_content)
    pack, now = io.BytesIO(), clock.now()
    whole = Period.of(clock.day(now), clock.day(now), now=now)
    packs.make_pack(period=whole, sample=packs.Sample(3, 1), target=pack, actor=actor.staff(auditor.pk), now=now)
    yield "pack", pack.getvalue()


def pages(roles: list[str]) -> Iterator[tuple[str, bytes]]:
    """Every list of the admin as staff see it."""
    client = staff_client(StaffFactory(roles=roles))
    for model in admin.site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        answer = client.get(url)
        if answer.status_code == 200:
            yield url, answer.content


def test_no_planted_number_stands_anywhere_in_the_clear(written, workers):
    call_command("sync_rules", stdout=io.StringIO())
    call_command("sync_roles", stdout=io.StringIO())
    card, reference = plant()
    call_command("sweep_clocks", stdout=io.StringIO())
    end = clock.now().timestamp() + 120
    while Document.objects.filter(state="received").exists() and clock.now().timestamp() < end:
        time.sleep(0.1)
    card.refresh_from_db()
    assert card.state == "checked"
    send(card, actor=actor.customer(1, via="page"), now=clock.now())
    written_in = staff_write(card)
    call_command("deliver_outbox", stdout=io.StringIO())
    call_command("seal_ledger", stdout=io.StringIO())
    leaks = [(place, name) for place, content in rows() for name in found_in(content)]
    leaks += [(place, name) for place, content in files() for name in found_in(content)]
    leaks += [(place, name) for place, content in pages(EVERYONE) for name in found_in(content)]
    leaks += [(place, name) for place, content in broker() for name in found_in(content)]
    copies = list(kept_copies())
    leaks += [(place, name) for place, content in copies for name in found_in(content) if "Aadhaar" in name]
    taken = list(taken_away())
    leaks += [(place, name) for place, content in taken for name in found_in(content)]
    leaks += [("log or task", name) for name in found_in(written.getvalue().encode())]
    assert leaks == [], leaks
    # What may be seen is seen: the search looks at the right places.
    for place in (rows(), files() if connections["default"].vendor == "sqlite" else rows(), pages(EVERYONE)):
        assert any(reference.encode() in content for _name, content in place)
    assert sum(place == "kyc.document" for place, _content in copies) >= len(list(papers()))
    for kind in ("csv", "xlsx", "pack"):
        contents = [layer for place, content in taken if place.endswith(kind) for layer in unwrapped(content)]
        assert any(reference.encode() in layer for layer in contents), kind
    # What staff may write is written, so the numbers were asked for in the same places.
    assert {place for place, content in rows() if HARMLESS.encode() in content} >= CLEAR
    assert written_in >= {"kyc.Case.reclassify", "kyc.SignerProposal.refuse", "people.MfaReset.refuse"}
    assert Payload.objects.exists()


def zipped(text: str) -> bytes:
    """As a spreadsheet and a pack are packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", f"<v>{text}</v>" * 20)
    return out.getvalue()


WRAPPED = {
    "zip": zipped,
    "plain": lambda text: text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: b"head" + gzip.compress(text.encode()),
    "base64": lambda text: b"x " + base64.b64encode(f"number {text} of a card".encode()),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "pdf": lambda text: documents.pdf(text) if text.isascii() else documents.pdf(AADHAAR),
    "code in a picture": lambda text: png_of(qr_rescan.code(text)),
}


def png_of(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("how", sorted(WRAPPED))
def test_the_search_would_find_each_spelling_in_each_wrapping(how):
    for name, text in PLANTED.items():
        expected = name if how != "pdf" or text.isascii() else "Aadhaar, plain"
        assert expected in found_in(WRAPPED[how](f"before {text} after" if how != "code in a picture" else text))
