"""Files that strangers made, through the same two children as an upload: kept and clean, or refused for a known reason.

FOREIGN_FILES names a folder of them (portal/docs/operators.md says where to get some); without it the pictures and PDFs
that lie on this machine anyway are taken.
"""

import io
import os
import resource
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pikepdf
import pytest
from PIL import Image

from kyc.numbers.aadhaar_positions import to_hide
from kyc.review.inspection import FIND, HIDE
from portal.kernel.vault.inspection import client
from portal.kernel.vault.inspection.pdf_sanitiser import walk
from portal.kernel.vault.inspection.pdf_text import read_text
from portal.kernel.vault.inspection.result import Limits
from tests.servers.scanner import EICAR

FOLDER = os.environ.get("FOREIGN_FILES", "")
FIRST_BYTES = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
#: What may call itself one of the kinds that are taken, whatever is in it.
ENDINGS = {".pdf", ".jpg", ".jpeg", ".png"}
#: Fewer say nothing; of a machine's own files no more than this are taken.
FEWEST, MOST = 20, 60
#: On a busy machine the file comes to the end of its processor time, and not the test to the end of its patience.
PATIENT = replace(Limits(), wall_seconds=600.0)
ELSEWHERE = [Path(sysconfig.get_path("purelib")), Path(sys.base_prefix, "lib"), Path("/usr/share")]


class Judged(NamedTuple):
    """What became of one file, as far as a test may say it."""

    name: str
    #: The fault, or "kept".
    end: str
    #: What is wrong with that; empty when nothing is.
    wrong: str
    #: The most memory of any child so far, in bytes.
    memory: int


def files_in(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
            continue
        with path.open("rb") as file:
            begins = file.read(8).startswith(FIRST_BYTES)
        if begins or path.suffix.lower() in ENDINGS or (FOLDER and path.suffix.lower() in {".zip", ".exe", ".gif"}):
            yield path


def foreign_files() -> list[Path]:
    """All of the folder that was named; else some of each place of this machine, so that no place crowds out another."""
    if FOLDER:
        return list(files_in(Path(FOLDER)))
    return [path for root in ELSEWHERE if root.is_dir() for path in list(files_in(root))[: MOST // len(ELSEWHERE)]]


def wrong_with(kept: bytes) -> str:
    """Why this should not have been kept; empty where it is clean."""
    if EICAR in kept:
        return "carries what a scanner knows"
    if kept.startswith(FIRST_BYTES[0]):
        with pikepdf.open(io.BytesIO(kept)) as document:
            texts = [*read_text(document).texts, *(one.text for one in walk(document, Limits()))]
        if any(map(to_hide, texts)):
            return "shows a number"
    else:
        with Image.open(io.BytesIO(kept)) as picture:
            picture.load()
            if {"comment", "exif", "icc_profile"} & set(picture.info):
                return "carries what hung at the picture"
    again, _kept = client.inspect(kept, extension=None, limits=PATIENT, find=FIND, hide=HIDE)
    return "" if (again.fault, again.hidden) == (None, 0) else f"a second look says {again.fault} {again.hidden}"


def judged(path: Path) -> Judged:
    """The verdict on one file, in a process that inspects nothing else. No name of a file and no text of it is told."""
    data = path.read_bytes()
    verdict, kept = client.inspect(data, extension=None, limits=PATIENT, find=FIND, hide=HIDE)
    if verdict.is_accepted:
        end, wrong = "kept", wrong_with(kept)
    else:
        end, wrong = str(verdict.fault), "refused and kept" if kept else ""
        if verdict.detail.startswith("exit"):  # a child that a file brings down is caught, and a fault of ours
            wrong = f"its child ended: {verdict.detail}"
    return Judged(str(path), end, wrong, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)


@pytest.mark.full
def test_files_of_strangers_are_kept_clean_or_refused_for_a_known_reason(capsys):
    paths = foreign_files()
    if not FOLDER and len(paths) < FEWEST:
        pytest.skip(
            f"met {len(paths)} foreign pictures and PDFs, {FEWEST} are needed: set FOREIGN_FILES to a folder of some, "
            "or install what brings them (apt: fonts-noto-color-emoji adwaita-icon-theme clamav-testfiles)"
        )
    assert len(paths) >= FEWEST, f"{FOLDER} holds {len(paths)} pictures and PDFs"
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = list(pool.map(judged, paths))
    with capsys.disabled():
        print(f"\nmet {len(found)} foreign files: {dict(Counter(one.end for one in found))}")
    assert [(one.name, one.wrong) for one in found if one.wrong] == []
    assert max(one.memory for one in found) < Limits().memory
