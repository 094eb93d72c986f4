"""The table of the campaigns, and the harness that they stand on."""

import json
import threading

import pytest

from portal.kernel.core.errors import Refused
from tests.campaigns import __main__ as campaigns
from tests.campaigns import counts, racing

COUNT = {
    "campaign": "A thing",
    "attempts": 1_200,
    "refused": 200,
    "acknowledged": 1_000,
    "lost": 0,
    "stack": "PostgreSQL",
    "path": "tests/ledger/test_races.py",
}


def test_rows_take_the_place_of_those_of_the_same_campaign_and_stack() -> None:
    page = f"# Page\n{campaigns.BEGIN}\n{campaigns.END}\nrest\n"
    first = campaigns.table(page, [COUNT, {**COUNT, "stack": "SQLite", "attempts": 7}])
    again = campaigns.table(first, [{**COUNT, "attempts": 9}])
    assert campaigns.row(COUNT) == ("| A thing | PostgreSQL | 1,200 | 200 | 1,000 | 0 | `tests/ledger/test_races.py` |")
    rows = [line for line in again.splitlines() if line.startswith("| A thing")]
    assert [row.split(" | ")[1:3] for row in rows] == [["PostgreSQL", "9"], ["SQLite", "7"]]
    assert again.endswith(f"{campaigns.END}\nrest\n")
    with pytest.raises(ValueError, match="no place"):
        campaigns.table("# Page\n", [])


def test_every_file_of_campaigns_is_there_and_the_page_has_a_place() -> None:
    assert [path for path in campaigns.TESTS if not (campaigns.ROOT / path).is_file()] == []
    own = {f"tests/campaigns/{path.name}" for path in (campaigns.ROOT / "tests/campaigns").glob("test_*.py")}
    assert own <= set(campaigns.TESTS)
    assert campaigns.FILE == counts.FILE
    assert campaigns.HEAD in campaigns.table(campaigns.PAGE.read_text(), [])


def test_a_campaign_writes_its_line_and_fails_where_something_is_lost_or_nothing_was_done(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv(counts.FILE, str(tmp_path / "counts"))
    counts.conclude("Good", attempts=3, refused=1, acknowledged=2, lost=[])
    with pytest.raises(AssertionError, match="1 of 3 are lost"):
        counts.conclude("Bad", attempts=3, refused=1, acknowledged=2, lost=["x"])
    with pytest.raises(AssertionError, match="nothing was done"):
        counts.conclude("Idle", attempts=counts.MANY, refused=counts.MANY, acknowledged=0, lost=[])
    with pytest.raises(AssertionError):
        counts.conclude("Uncounted", attempts=3, refused=1, acknowledged=1, lost=[])
    lines = [json.loads(line) for line in (tmp_path / "counts").read_text().splitlines()]
    assert [(line["campaign"], line["lost"]) for line in lines][:2] == [("Good", 0), ("Bad", 1)]


def test_acts_begin_at_one_instant_and_a_refusal_is_told_by_its_code() -> None:
    both = threading.Barrier(2, timeout=10)

    def meets() -> str:
        both.wait()
        return "met"

    def refused() -> None:
        raise Refused("No.", code="NO")

    ended = racing.together(meets, meets, refused)
    assert [(one.value, one.refusal, one.is_done) for one in ended] == [
        ("met", "", True),
        ("met", "", True),
        (None, "NO", False),
    ]
    with pytest.raises(ZeroDivisionError):
        racing.together(lambda: 1 / 0)
