from typing import Any

from django.core.management.base import CommandError, CommandParser

from kyc.base.models.documents import Document
from kyc.cases import check_plans
from kyc.review.services.check_replay import Found, replay_all
from portal.kernel.core import clock
from portal.kernel.core.command_line import REFUSED, USAGE
from portal.kernel.core.commands import PortalCommand

#: Read ahead of the replay, so many at a time.
CHUNK = 200


class Command(PortalCommand):
    help = (
        "Run the checks of stored documents again and compare each result with the present one. Exit 1 where the "
        "same edition of a check has another result from the same facts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--document", metavar="REFERENCE", help="only this document")
        parser.add_argument("--case", metavar="REFERENCE", help="only the documents of this case")

    def handle(self, *args: Any, document: str | None, case: str | None, **options: Any) -> None:
        """Writes one audit event with the counts and nothing else; no value of a document is printed."""
        rows = Document.objects.filter(checks__isnull=False).distinct().order_by("pk")
        if document:
            rows = rows.filter(reference=document)
        if case:
            rows = rows.filter(case__reference=case)
        if (document or case) and not rows.exists():
            raise CommandError("No checked document has this reference.", returncode=USAGE)
        ahead = rows.select_related("case__customer", "party", "kept").prefetch_related("checks__evidence")
        counts = dict.fromkeys(Found, 0)
        faults: list[dict[str, str]] = []
        for one in replay_all(ahead.iterator(chunk_size=CHUNK), now=clock.now()):
            counts[one.found] += 1
            if one.found is Found.DIFFERS and not one.is_other_version:
                stood = {"outcome": one.check.outcome, "reason": one.check.reason}
                now = {"now_outcome": one.outcome, "now_reason": one.reason}
                faults.append({"document": one.check.document.reference, "check": one.check.name, **stood, **now})
        lines = [
            f"{fault['document']} {fault['check']}: was {fault['outcome']} {fault['reason']}".rstrip()
            + f", is {fault['now_outcome']} {fault['now_reason']}".rstrip()
            for fault in faults
        ]
        said = (
            f"{counts[Found.SAME]:,} the same, {counts[Found.CHANGED]:,} would check other facts now, "
            f"{counts[Found.DIFFERS]:,} answer otherwise ({len(faults):,} of them in the same edition), "
            f"{counts[Found.LEFT]:,} cannot be replayed."
        )
        body = {
            "plan": check_plans.version(),
            **{str(found): count for found, count in counts.items()},
            "faults": faults,
        }
        self.answer(body, "\n".join([*lines, said]), options=options, code=REFUSED if faults else 0)
