"""What code in a child that reads a stranger's file could do, tried in each kind of child."""

import os
import platform
from pathlib import Path

import pytest

from portal.kernel.vault.inspection import client, sandbox, worker_pool
from tests.campaigns.counts import conclude
from tests.kyc import documents

ESCAPES = "tests.vault.escapes"
#: What each kind of child may ask of the kernel. A call that is added here has to be argued for.
READING = {
    *("read", "write", "close", "fstat", "lseek"),
    *("brk", "mmap", "mprotect", "mremap", "munmap", "madvise"),
    *("clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep"),
    *("futex", "membarrier", "rseq", "sched_getaffinity", "sched_yield", "set_robust_list"),
    *("restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
    *("getpid", "gettid", "getuid", "getrandom", "getrusage", "prlimit64", "exit", "exit_group"),
}
DRAWING = {"getcwd", "newfstatat", "openat", "pread64", "readlink", "readlinkat", "statx"}

confined = pytest.mark.usefixtures("all_walls")
draws = pytest.mark.parametrize("draws", [False, True], ids=["reading", "drawing"])


@pytest.fixture
def all_walls():
    if client.given() != sandbox.Given(calls=True, files=True, apart=True):
        pytest.skip("this kernel does not give every wall: vault.W001")


@confined
@draws
def test_no_attempt_to_get_out_of_a_child_succeeds(tmp_path, draws):
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(0o777)
    tmp_path.chmod(0o755)
    (place / "kept").write_text("kept")
    (place / "kept").chmod(0o666)
    key_file = tmp_path / "key"
    key_file.write_text("key")
    key_file.chmod(0o644)
    asked = {"do": "escape", "draws": draws, "place": str(place), "key_file": str(key_file), "parent": os.getpid()}
    said = client.ask(ESCAPES, documents.pdf(), asked=asked)
    assert said["tried"] >= 40
    kind = "draws" if draws else "reads"
    conclude(
        f"Ways out of the child that {kind} a file",
        attempts=said["tried"],
        refused=said["tried"] - len(said["done"]),
        acknowledged=0,
        lost=said["done"],
        all_refused=True,
    )
    assert [one.name for one in place.iterdir()] == ["kept"]
    assert (place / "kept").read_text() == "kept"


def test_the_attempts_succeed_where_nothing_is_confined(tmp_path):
    """Or a test of refused attempts would pass for attempts that go nowhere."""
    from tests.vault.escapes import attempts, succeeds

    place = tmp_path / "open"
    place.mkdir()
    (place / "kept").write_text("kept")
    tried = attempts(str(place), str(place / "kept"), os.getpid())
    harmless = ["read a key file", "read the accounts", "list a folder", "write its own memory", "make a folder"]
    harmless += ["write a file", "link to a file", "date a file", "make a socket", "make a pipe", "start a thread"]
    harmless += ["make a file in memory", "start a program", "pass a descriptor on", "run what it wrote"]
    for name in harmless:
        for made in place.glob("there*"):
            made.unlink() if not made.is_dir() else made.rmdir()
        assert succeeds(tried[name]), name


@confined
@draws
def test_every_call_that_is_not_on_the_list_is_refused(draws):
    assert client.ask(ESCAPES, documents.pdf(), asked={"do": "calls", "draws": draws})["answered"] == []


def test_the_lists_of_calls_grow_only_here():
    assert set(sandbox.READING) == READING
    assert set(sandbox.DRAWING) - set(sandbox.READING) == DRAWING


@pytest.mark.skipif(platform.system() != "Linux", reason="memory is hidden on Linux")
def test_a_process_that_asks_a_child_hides_its_own_memory_from_it():
    client.given()
    status = Path(f"/proc/{worker_pool._stock._original._process.pid}/status")
    assert status.exists()
    assert sandbox._kernel().prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE


@confined
def test_a_child_of_root_is_nobody_while_it_reads():
    if os.geteuid() != 0:
        pytest.skip("this account is not root")
    assert client.ask(ESCAPES, b"", asked={"do": "who", "draws": False}) == {"user": 65534, "effective": 65534}
