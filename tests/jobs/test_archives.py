import io
import zipfile
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.core.errors import Refused
from portal.kernel.jobs.archives import Member, deterministic_zip

names = st.text("abcdefghij0123456789-_./", min_size=1, max_size=20).filter(
    lambda name: str(PurePosixPath(name)) == name and name[0] != "/" and ".." not in name
)
files = st.dictionaries(names, st.binary(max_size=200), max_size=8)


def packed(contents: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    deterministic_zip(target, [Member(name, io.BytesIO(data)) for name, data in contents.items()])
    return target.getvalue()


@given(files)
def test_the_same_files_give_the_same_bytes_in_whatever_order_they_come(contents: dict[str, bytes]) -> None:
    backwards = dict(reversed(contents.items()))
    assert packed(contents) == packed(backwards)


@given(files)
def test_what_went_in_comes_out(contents: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(packed(contents))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_members_stand_in_order_with_one_fixed_time_and_no_extra_fields() -> None:
    with zipfile.ZipFile(io.BytesIO(packed({"b.txt": b"2", "a/z.txt": b"1", "B2.txt": b"3"}))) as archive:
        assert archive.namelist() == ["B2.txt", "a/z.txt", "b.txt"]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.extra for info in archive.infolist()} == {b""}
        assert {info.flag_bits for info in archive.infolist()} == {0}


def test_the_manifest_names_size_and_sha256_of_each_member() -> None:
    (only,) = deterministic_zip(io.BytesIO(), [Member("a.txt", io.BytesIO(b"abc"))])
    # SHA-256 of "abc": FIPS 180-4, appendix B.1.
    assert (only.size, only.sha256) == (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.txt", "a/../b", "a\\b", "", "a//b", "a/"])
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        packed({name: b""})


def test_two_names_that_differ_only_in_case_are_refused() -> None:
    with pytest.raises(Refused, match="twice"):
        packed({"A.txt": b"1", "a.txt": b"2"})


def test_a_target_that_cannot_seek_is_refused_before_anything_is_written() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    pipe = Pipe()
    with pytest.raises(Refused):
        deterministic_zip(pipe, [])
    assert pipe.getvalue() == b""
