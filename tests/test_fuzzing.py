"""A few broken inputs for each reader in every run; and what the campaign calls a failure, it finds."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzzing import __main__ as campaign
from tests.fuzzing.breaking import broken
from tests.fuzzing.readers import READERS, Reader

#: Of each reader in the quick run: a campaign of hours is ``python -m tests.fuzzing``.
INPUTS = 40


@pytest.mark.parametrize("name", READERS)
def test_no_broken_input_brings_a_reader_down(name: str) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    found = campaign.work(name, READERS[name], seconds=60, seed=seed, most=INPUTS)
    assert not found.fault, f"seed {seed}: {found}"
    assert found.inputs == INPUTS


@pytest.mark.parametrize("name", READERS)
def test_each_reader_reads_its_examples(name: str) -> None:
    reader = READERS[name]
    for example in reader.examples():
        reader.ask(example)


def test_inputs_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    def made(seed: int) -> list[bytes]:
        rng = random.Random(seed)
        return [broken([b"number,name\n1,Asha\n", b""], rng) for _ in range(50)]

    assert made(1) == made(1) != made(2)


def test_an_error_that_is_no_refusal_is_a_failure() -> None:
    def ask(data: bytes) -> str:
        if b"9" in data:
            raise KeyError("9")
        return ""

    found = campaign.work("numbers", Reader(lambda: [b"1, 2, 3"], ask), seconds=20, seed=1)
    assert found.fault.startswith("KeyError at input")
    refusing = campaign.work("numbers", Reader(lambda: [b"1, 2, 3"], ask, (KeyError,)), seconds=20, seed=1, most=300)
    assert not refusing.fault
    assert refusing.read < refusing.inputs == 300


def test_an_input_that_takes_much_memory_is_a_failure() -> None:
    held = []

    def ask(data: bytes) -> str:
        if data != b"1, 2, 3":
            held.append(bytearray(os.urandom(1)) * (8 << 20))
        return ""

    # What the process has needed before does not count, however much that was: hence as often as it takes.
    found = campaign.work("numbers", Reader(lambda: [b"1, 2, 3"], ask), seconds=60, seed=1, most=1_500)
    held.clear()
    assert found.fault.startswith("more than 200 MB")


def test_a_process_that_dies_is_a_failure_that_keeps_its_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(command: list[str], **_more: object) -> subprocess.CompletedProcess[bytes]:
        Path(command[command.index("--last") + 1]).write_bytes(b"the last input")
        return subprocess.CompletedProcess(command, -11, b"", b"")

    monkeypatch.setattr(campaign.subprocess, "run", die)
    assert "ended with -11" in campaign._alone("mail", seconds=1, seed=1, kept=tmp_path).fault
    assert (tmp_path / "mail").read_bytes() == b"the last input"


@pytest.mark.full
def test_the_campaign_reports_a_reader_from_a_process_of_its_own(tmp_path: Path) -> None:
    found = campaign._alone("header of a message", seconds=0.2, seed=1, kept=tmp_path)
    assert (found.reader, found.fault) == ("header of a message", "")
    assert found.inputs > 10


def test_the_table_takes_the_place_of_the_one_before() -> None:
    page = f"# Page\n{campaign.BEGIN}\nold\n{campaign.END}\nrest\n"
    assert campaign.written(page, "new") == f"# Page\n{campaign.BEGIN}\nnew\n{campaign.END}\nrest\n"
    with pytest.raises(ValueError, match="no place"):
        campaign.written("# Page\n", "new")


def test_the_page_has_a_place_for_the_table() -> None:
    assert campaign.written(campaign.PAGE.read_text(), "new").count("new\n") == 1


def test_the_command_needs_nothing_but_python() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", "--help"], cwd=campaign.ROOT, check=True, capture_output=True
    )
    assert b"--seconds" in said.stdout
