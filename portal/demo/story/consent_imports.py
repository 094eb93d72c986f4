"""Lists of consents from elsewhere: one that is in, one that waits for a second person, one with faults."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import timedelta

from consent.consent_imports.models import ConsentList
from consent.consent_imports.services import lifecycle
from consent.consent_imports.services.line_parser import COLUMNS
from portal.demo.story.cast import Cast
from portal.demo.story.office import by
from portal.kernel.core.actor import Actor
from portal.kernel.jobs.services import runner
from portal.kernel.people.models import Fiduciary, User
from portal.kernel.people.models.fiduciaries import OWN_CODE

#: Invented numbers that nobody else of the story has begin here.
FIRST_NUMBER = 9_300_000_000
LINES = 20
#: How old the answers of the lists are, at least.
DAYS = 40


def build(cast: Cast, team: Mapping[str, User]) -> None:
    """Brought by the administrator; the data protection officer agrees to the first and has not looked at the second."""
    maker, checker = by(team["administrator"]), by(team["data.protection"])
    taken = _brought(cast, "Shop in Pune, paper forms of 2025", _lines(cast, 0), maker)
    lifecycle.answer(row=taken, approve=True, actor=checker, now=cast.start)
    runner.run(taken.job_id, now=cast.start)
    _brought(cast, "Shop in Nagpur, paper forms of 2025", _lines(cast, LINES), maker)
    unfit = _lines(cast, 2 * LINES)
    unfit[3] = [unfit[3][0], "fax", *unfit[3][2:]]
    unfit[7] = [*unfit[7][:-1], ""]
    _brought(cast, "Spreadsheet of a trade fair", unfit, maker)


def _lines(cast: Cast, first: int) -> list[list[str]]:
    """Each with the hash of its form."""
    found = []
    for number in range(first, first + LINES):
        day = (cast.start - timedelta(days=DAYS + number)).date().isoformat()
        proof = hashlib.sha256(f"form {number}".encode()).hexdigest()
        found.append([f"+91{FIRST_NUMBER + number}", "sms", "marketing", "given", day, "paper_form", proof])
    return found


def _brought(cast: Cast, collected_by: str, rows: Sequence[Sequence[str]], maker: Actor) -> ConsentList:
    """Brought and checked."""
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    row = lifecycle.bring(
        fiduciary=Fiduciary.objects.get(code=OWN_CODE),
        collected_by=collected_by,
        name="list.csv",
        content=io.BytesIO(text.getvalue().encode()),
        actor=maker,
        now=cast.start,
    )
    runner.run(row.job_id, now=cast.start)
    return ConsentList.objects.get(pk=row.pk)
