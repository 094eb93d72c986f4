"""The page inside an evidence pack checks the pack in a browser with the network off, and agrees with ``verify.py``."""

import json
import lzma
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Browser, Page

from grievances.models import Ticket
from portal.fronts.evidence.person import sign_off
from portal.kernel.core import actor, clock
from portal.kernel.jobs.services import runner
from portal.kernel.ledger import notes
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import Entry
from tests import evidence
from tests.evidence.conftest import (
    changed_since,
    erased_unnamed,
    filed_later,
    kept_and_drawn,
    lived_in,
    lived_in_sample,
    october,
    with_attachments,
)
from tests.evidence.forgeries import ATTACHED, ELEVEN, MORE, doubles
from tests.evidence.forging import Forged
from tests.evidence.later_acts import FREED, KEPT, LATER, NAMED, OUTSIDE
from tests.evidence.lives import Life
from tests.evidence.packed import NOVEMBER, make, opened
from tests.evidence.test_packs import flipped, repacked, with_file
from tests.journeys.browsing import NARROW, Person

__all__ = [
    "changed_since",
    "erased_unnamed",
    "filed_later",
    "kept_and_drawn",
    "lived_in",
    "lived_in_sample",
    "october",
    "with_attachments",
]

pytestmark = [pytest.mark.browser, pytest.mark.one_stack, pytest.mark.django_db(transaction=True)]


class PackPage:
    """The page, opened from the disk; ``says`` gives a pack to it and reads the answer."""

    def __init__(self, chromium: Browser, html: bytes, place: Path) -> None:
        self.place = place
        self.html = place / "verify.html"
        self.html.write_bytes(html)
        self.person = Person(chromium, "null", scripts=True, viewport=dict(NARROW))
        self.person.context.set_offline(True)
        self.sent: list[str] = []
        self.page.on("request", lambda request: self.sent.append(request.url))
        self.page.goto(self.html.as_uri())

    @property
    def page(self) -> Page:
        return self.person.page

    def says(self, data: bytes, *, receipt: bytes | None = None, vkey: str | None = None) -> str:
        files = [{"name": "pack.zip", "mimeType": "application/zip", "buffer": data}]
        self.page.set_input_files("#pack-file", files)
        given = [] if receipt is None else [{"name": "pack.tlog-proof", "mimeType": "text/plain", "buffer": receipt}]
        self.page.set_input_files("#pack-receipt", given)
        self.page.fill("#pack-vkeys", ledger.verifier().vkey if vkey is None else vkey)
        self.page.evaluate("document.activeElement.blur()")
        self.page.click("#pack-verifier button")
        self.page.locator("#pack-result:focus").wait_for()
        return self.page.locator("#pack-result").inner_text()


@pytest.fixture
def page_of(chromium: Browser, tmp_path: Path) -> Iterator[Any]:
    pages: list[PackPage] = []

    def opens(html: bytes) -> PackPage:
        pages.append(PackPage(chromium, html, tmp_path))
        return pages[-1]

    yield opens
    for one in pages:
        one.person.looks()
        problems = [problem for problem in one.person.problems if "left the origin" not in problem]
        one.person.leaves()
        assert problems == []
        assert one.sent == [one.html.as_uri()]


@pytest.fixture
def program() -> Any:
    """What ``verify.py`` says of a pack, in words: ``program(data)``; and how it draws: ``program.draw``."""
    space: dict[str, Any] = {"__name__": "verify"}
    source = Path(sys.modules["portal.kernel.ledger"].__path__[0], "data", "verify.py").read_text()
    exec(compile(source, "verify.py", "exec"), space)

    def says(data: bytes, vkey: str | None = None) -> str:
        trust = space["Trust"]((space["read_key"](vkey or ledger.verifier().vkey),))
        try:
            return str(space["check_pack"](data, trust, None))
        except space["Bad"] as error:
            return str(error)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return "The file is damaged."

    says.draw = space["draw"]  # type: ignore[attr-defined]
    return says


def test_a_pack_holds_and_its_receipt_belongs_to_it(october, page_of):
    made, data = make()
    page = page_of(opened(data)["verify.html"])
    said = page.says(data, receipt=made.receipt())
    assert "The pack is valid: Pack of 2026-10-01 to 2026-10-31" in said
    assert "7 log entries of the period and 1 erased" in said
    assert "3 receipts of the sample" in said
    assert "Registers not compared, because no log entry states their rows: " in said
    assert "no signature was checked" in page.says(data, vkey="")
    other = make(seed=99)[0].receipt()
    assert "does not hold. The receipt is of another pack." in page.says(data, receipt=other)
    stranger = notes.Signer(ledger.verifier().name, b"\x03" * 32).verifier.vkey
    assert "not signed by the key given" in page.says(data, vkey=stranger)
    assert "A key cannot be used" in page.says(data, vkey="nonsense")


def test_no_changed_byte_passes_and_the_page_says_what_the_program_says(october, page_of, program):
    data = make()[1]
    page = page_of(opened(data)["verify.html"])
    for at in range(0, len(data), len(data) // 12):
        said = page.says(flipped(data, at))
        assert "does not hold" in said, at
    files = opened(data)
    # Some 8 s: the browser hashes the pack anew for each. Every file of it is tried against the program (tests/evidence).
    tried = [name for name, content in files.items() if content and not name.startswith(("registers/", "letters/"))]
    changed = [repacked({**files, name: flipped(files[name], len(files[name]) // 2)}) for name in tried]
    changed += [
        repacked({**files, "registers/more.csv": b"x"}),
        repacked({name: content for name, content in files.items() if name != "registers/audit.csv"}),
        with_file(files, "registers/audit.csv", files["registers/audit.csv"].replace(b"vault", b"xault")),
        b"PK, but no pack",
    ]
    for one in changed:
        said = page.says(one)
        assert "does not hold" in said
        if ": manifest.json names another content." in program(
            one
        ) or "it is not the receipt of manifest.json" in program(one):
            assert program(one) in said


def test_a_sample_is_drawn_again_as_the_program_draws_it(october, page_of, program):
    data = make()[1]
    page = page_of(opened(data)["verify.html"])
    population = [str(number) for number in range(0, 900, 3)]
    for method, size, seed in (
        ("random", 20, 7),
        ("random", 500, 8),
        ("every", 7, 40),
        ("first", 5, 1),
        ("every", 0, 3),
    ):
        plan = {"method": method, "size": size, "seed": seed}
        drawn = page.page.evaluate("([rows, plan]) => packVerifier.draw(rows, plan)", [population, plan])
        assert drawn == program.draw(population, **plan), plan
    files = opened(data)
    told = json.loads(files["samples/sample.json"])
    forged = with_file(files, "samples/sample.json", json.dumps({**told, "seed": 8}).encode())
    assert "does not hold" in page.says(forged)


def refused_alike(forgeries: Iterable[Any], data: bytes, page: PackPage, program: Any) -> None:
    for forgery in forgeries:
        forged = Forged(data)
        forgery(forged)
        one = forged.sealed()
        assert f"The pack is not valid. {program(one)}" in page.says(one), forgery.__name__


def test_packs_forged_by_an_operator_are_refused_in_the_words_of_the_program(lived_in_sample, page_of, program):
    """The eleven. The page finds what the program finds in the honest pack, too."""
    data = make(size=5, drawn=(lived_in_sample,))[1]
    page = page_of(opened(data)["verify.html"])
    assert page.says(data).splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    refused_alike(ELEVEN, data, page, program)
    older = Forged(data)
    older.manifest["format"] = "onesetu-evidence-pack/2"
    assert "The pack was not checked. This pack is of an older form (onesetu-evidence-pack/2)." in page.says(
        older.sealed()
    )


def test_rows_that_later_acts_changed_are_judged_as_the_program_judges_them(changed_since, page_of, program):
    data = make()[1]
    page = page_of(opened(data)["verify.html"])
    assert page.says(data).splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    refused_alike(LATER, data, page, program)


def test_files_of_attachments_are_judged_as_the_program_judges_them(with_attachments, page_of, program):
    data = make(reader=with_attachments)[1]
    page = page_of(opened(data)["verify.html"])
    assert page.says(data).splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    refused_alike(ATTACHED, data, page, program)


def test_rows_whose_leaf_is_not_shown_are_judged_as_the_program_judges_them(filed_later, page_of, program):
    data = make()[1]
    page = page_of(opened(data)["verify.html"])
    assert page.says(data).splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    refused_alike({**OUTSIDE, **NAMED}, data, page, program)


def test_rows_of_which_an_act_was_erased_are_judged_as_the_program_judges_them(erased_unnamed, page_of, program):
    data = make()[1]
    page = page_of(opened(data)["verify.html"])
    assert page.says(data).splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    refused_alike(FREED, data, page, program)


def test_a_pack_holds_on_the_page_after_every_entry_about_a_person_was_erased(lived_in, page_of, program):
    one = Ticket.objects.earliest("pk")
    with time_machine.travel(NOVEMBER + timedelta(hours=2), tick=False):
        mine = Entry.objects.filter(subject_ref=one.subject_ref).exclude(kind="redaction")
        ledger.redact(mine, basis="test", requested_at=clock.now())
        ledger.seal_now()
    data = make()[1]
    said = page_of(opened(data)["verify.html"]).says(data)
    assert said.splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    assert f"- tickets, row {one.reference}: not compared: " in said


def test_holds_files_runs_and_samples_of_the_period_are_missed_as_the_program_misses_them(
    kept_and_drawn, page_of, program
):
    data = make()[1]
    page = page_of(opened(data)["verify.html"])
    assert page.says(data).splitlines() == f"✓ The pack holds: {program(data)}".splitlines()
    refused_alike(KEPT, data, page, program)


def test_a_pack_of_the_release_before_is_checked_as_the_program_checks_it(october, page_of, program):
    folder = Path(evidence.__file__).parent / "data"
    data, vkey = lzma.decompress((folder / "pack-4.zip.xz").read_bytes()), (folder / "pack-4.vkey").read_text().strip()
    html = opened(make()[1])["verify.html"]
    page = page_of(html)
    assert page.says(data, vkey=vkey).splitlines() == f"✓ The pack holds: {program(data, vkey)}".splitlines()
    since = b'FORM_SINCE = "2026-12-01"'
    assert since in html
    page = page_of(html.replace(since, b'FORM_SINCE = "2026-11-04"'))
    said = "▲ The pack is of an older form, which is not enough. Sealed on 2026-11-04, and packs of the form onesetu-"
    assert page.says(data, vkey=vkey).startswith(said)


@pytest.mark.full
def test_more_forged_packs_are_refused_in_the_words_of_the_program(lived_in_sample, page_of, program):
    data = make(size=5, drawn=(lived_in_sample,))[1]
    refused_alike({**MORE, **doubles(Forged(data))}, data, page_of(opened(data)["verify.html"]), program)


def test_the_file_of_one_person_holds_and_one_changed_byte_is_found(page_of, program):
    life = Life().go("yes", "look", "ticket", "hold", "no", "protect")
    with time_machine.travel(life.now + timedelta(hours=1), tick=False):
        row = sign_off.propose(
            subject_ref=life.ref, as_of=life.now, ticket="audit", actor=life.officer, now=clock.now()
        )
        runner.run(row.job_id, now=clock.now())
        row.refresh_from_db()
        sign_off.answer(row=row, approve=True, reason="", actor=actor.staff(life.officers[1].pk), now=clock.now())
        row.refresh_from_db()
        with sign_off.fetch(row=row, by=life.officers[0], actor=life.officer) as stream:
            data = stream.read()
        page = page_of(opened(make()[1])["verify.html"])
        said = page.says(data, receipt=sign_off.receipt_of(row))
        assert f"{row.events} events proved and 0 erased" in said
        assert f"The pack is valid: {program(data)}" in said
        files = opened(data)
        for name, content in files.items():
            assert "does not hold" in page.says(repacked({**files, name: flipped(content, len(content) // 2)})), name
