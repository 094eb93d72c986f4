"""Locked packages: their known vulnerabilities, and the list of them that an operator hands to others."""

import json
import re
import subprocess
import sys
from datetime import date

import pytest

from tests import advisories

SPAN = {"id": "X-1", "aliases": [], "ranges": [{"introduced": "2.0", "fixed": "2.3"}], "versions": []}


def problems(version, *known):
    return list(advisories.problems({"django": {version}}, {"packages": {"django": list(known)}}))


def test_a_version_from_where_a_fault_came_in_until_before_its_mending_is_named():
    assert problems("1.9", SPAN) == problems("2.3", SPAN) == []
    for version in ("2.0", "2.2.9", "2.3rc1"):
        assert problems(version, SPAN) == [f"django {version}: X-1 (no alias)"]
    last = SPAN | {"ranges": [{"introduced": "0", "last_affected": "2.4"}]}
    assert [len(problems(version, last)) for version in ("0.1", "2.4", "2.4.1")] == [1, 1, 0]
    assert problems("7.1", SPAN | {"ranges": [], "versions": ["7.1"]}) == ["django 7.1: X-1 (no alias)"]


def test_an_accepted_advisory_is_not_named_and_a_package_that_was_never_asked_for_is(monkeypatch):
    monkeypatch.setitem(advisories.ACCEPTED, "X-1", "does not concern us")
    assert problems("2.2", SPAN) == []
    (line,) = advisories.problems({"later": {"1"}}, {"packages": {}})
    assert "write it anew" in line


def test_an_advisory_is_kept_without_its_sentences_and_a_withdrawn_one_not_at_all():
    text = """
id: P-1
details: Words of others.
aliases: [CVE-1]
affected:
- package: {name: django, ecosystem: PyPI}
  ranges:
  - {type: GIT, events: [{introduced: abc}]}
  - type: ECOSYSTEM
    events: [{introduced: "1.0"}, {fixed: "1.2"}, {introduced: "2.0"}, {fixed: "2.1"}]
  versions: ["1.0", "1.1"]
"""
    kept = advisories.advisory_of(text)
    ranges = [{"introduced": "1.0", "fixed": "1.2"}, {"introduced": "2.0", "fixed": "2.1"}]
    assert kept == {"id": "P-1", "aliases": ["CVE-1"], "ranges": ranges, "versions": []}
    assert advisories.advisory_of(text + "withdrawn: '2024-01-01T00:00:00Z'\n") is None


def test_the_summary_says_of_which_day_the_file_is_and_from_when_it_says_too_little():
    known = {"as_of": "2026-03-01", "packages": {"django": []}}
    said = advisories.summary(known, 0, today=date(2026, 3, 31))
    assert said == "1 packages against the advisories known on 2026-03-01, 30 days ago: 0 to act on"
    said = advisories.summary(known, 2, today=date(2026, 4, 1))
    assert "31 days ago: 2 to act on. TOO OLD: what became known since is not in it" in said


def test_the_file_of_the_project_finds_an_old_django_and_covers_every_locked_package():
    known = json.loads(advisories.FILE.read_text())
    found = list(advisories.problems({"django": {"4.2.0"}}, known))
    assert any("CVE-2024-42005" in line for line in found)
    assert list(advisories.problems(advisories.pins(), known)) == []


@pytest.mark.full
def test_the_list_of_packages_names_each_locked_one_with_its_hashes():
    lock = advisories.LOCKS[0]
    made = subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "requirements", str(lock), "--output-reproducible"],
        capture_output=True,
        text=True,
        check=True,
    )
    listed = json.loads(made.stdout)
    components = {each["name"].lower(): each for each in listed["components"]}
    assert listed["bomFormat"] == "CycloneDX"
    assert {name: {each["version"]} for name, each in components.items()} == advisories.pins([lock])
    hashes = [each["content"] for part in components.values() for each in part["externalReferences"][0]["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:(\w+)", lock.read_text()))
