"""Nasty files, judged one after the other in one child under the limits of every child: none of them ends it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from kyc.review.inspection import FIND, HIDE
from portal.kernel.vault.inspection import worker_pool
from portal.kernel.vault.inspection.pdf_sanitiser import walk
from portal.kernel.vault.inspection.result import Limits
from tests.servers.scanner import EICAR
from tests.vault import nasty

FILES = nasty.everything()
#: Reads files from standard input, one after the other, under the limits; says what became of each and of its memory.
SCRIPT = (
    worker_pool.ALONE
    + f"""
import json, resource
from dataclasses import replace
from portal.kernel.vault.inspection import redaction, worker
from portal.kernel.vault.inspection.result import Limits
worker.warm(is_pdf=True)
find, wish = worker.named({FIND!r}), redaction.Wish(worker.named({HIDE!r}))
limits = replace(Limits(), cpu_seconds=300)
worker.confine(limits)
while head := sys.stdin.buffer.readline():
    asked = json.loads(head)
    verdict, kept = worker.inspect(sys.stdin.buffer.read(asked["size"]), asked["extension"], limits, find, wish)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({{"name": asked["name"], "fault": verdict.fault or "", "memory": memory, "kept": kept.hex()}}), flush=True)
"""
)


def judged(files: dict[str, nasty.Nasty]) -> dict[str, tuple[str, int, bytes]]:
    """What one confined child says about each: its fault, the most memory up to then, the kept copy."""
    given = b"".join(
        json.dumps({"name": name, "extension": extension, "size": len(data)}).encode() + b"\n" + data
        for name, (data, extension, _said) in files.items()
    )
    done = subprocess.run([sys.executable, "-I", "-c", SCRIPT], input=given, capture_output=True, check=False, env={})
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (f"ended after {said[-1]['name'] if said else 'nothing'}", done.stderr[-400:])
    return {one["name"]: (one["fault"], one["memory"], bytes.fromhex(one["kept"])) for one in said}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, tuple[str, int, bytes]]:
    return judged(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_nasty_file_is_refused_or_made_harmless(verdicts, name):
    fault, memory, kept = verdicts[name]
    assert fault in FILES[name][2]
    assert memory < Limits().memory
    assert bool(kept) is not bool(fault)
    assert EICAR not in kept
    if kept.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(kept)) as document:
            assert list(walk(document, Limits())) is not None
    elif kept:
        assert not {"comment", "exif", "icc_profile"} & set(Image.open(io.BytesIO(kept)).info)


def test_there_are_more_than_forty_kinds():
    assert len(FILES) >= 40


CORPUS = Path("/usr/share/clamav-testfiles")


@pytest.mark.full
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the package clamav-testfiles is not installed (apt)")
def test_no_file_of_the_scanner_s_corpus_is_kept_with_what_it_carries():
    found = {
        path.name: (path.read_bytes(), path.suffix.lstrip("."), nasty.ANY)
        for path in sorted(CORPUS.rglob("*"))
        if path.is_file()
    }
    assert found
    for name, (fault, memory, kept) in judged(found).items():
        assert fault or b"MZ" not in kept, name
        assert memory < Limits().memory
