"""What a campaign attempted, what was refused and acknowledged, and what of the acknowledged is missing afterwards."""

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import connection

#: The file into which each campaign of a run writes its line.
FILE = "CAMPAIGN_COUNTS"
#: Of so many attempts some go through, or the campaign tries nothing.
MANY = 20
STACKS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


@dataclass(frozen=True)
class Count:
    """One line of the table. ``lost``: acknowledged and not there, or there although it may not be. ``why``: what refused."""

    campaign: str
    attempts: int
    refused: int
    acknowledged: int
    lost: int
    stack: str
    why: str = ""


def conclude(
    campaign: str,
    *,
    attempts: int,
    refused: int,
    acknowledged: int,
    lost: Collection[object],
    all_refused: bool = False,
    why: str = "",
) -> None:
    """Write the line down where a file for it is named, and fail where anything was lost. ``why`` says what refused.

    Also where nothing at all was done in many attempts, unless ``all_refused`` says that nothing may be.
    """
    of = Count(campaign, attempts, refused, acknowledged, len(lost), STACKS[connection.vendor], why)
    if os.environ.get(FILE):
        with Path(os.environ[FILE]).open("a") as file:
            file.write(json.dumps(asdict(of)) + "\n")
    assert not lost, f"{campaign}: {len(lost)} of {attempts} are lost: {sorted(map(str, lost))[:5]}"
    assert acknowledged + refused == attempts, of
    assert acknowledged or all_refused or attempts < MANY, f"{campaign}: nothing was done in any of {attempts} attempts"
