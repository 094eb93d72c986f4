from pathlib import Path
from typing import Any

from django.core.management import CommandParser

from consent.base.choices import NoticeKind
from consent.base.rules import policy_parser
from consent.base.selectors.notices import open_defects
from consent.notices.services import policy_files, policy_import
from portal.kernel.core import actor
from portal.kernel.core.commands import PortalCommand, day
from portal.kernel.core.errors import Refused
from portal.kernel.law import selectors as law


class Command(PortalCommand):
    help = "Read a policy text into a draft version with numbered clauses, and list its defects."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="a file with numbered clauses: .txt or .md (UTF-8), .docx, .html")
        parser.add_argument("--effective", required=True, metavar="DATE", help="in force from, such as 2026-12-15")
        parser.add_argument("--notice", default="privacy-policy", help="the notice's code, by default privacy-policy")
        parser.add_argument("--title", default="Privacy policy", help="its title, when the notice is new")
        parser.add_argument(
            "--asks",
            default="",
            metavar="PURPOSES",
            help="a consent notice: the purposes it asks for, parted by commas",
        )
        parser.add_argument("--publish", action="store_true", help="ask to publish: refused while a defect is open")

    def handle(self, *args: Any, file: Path, effective: str, **options: Any) -> None:
        """Exit 1 when publishing was asked for: a defect is open, or two people still have to publish in the admin."""
        effective_on = day(effective)
        text = policy_files.read(file.name, file.read_bytes())
        asks = [code.strip() for code in options["asks"].split(",") if code.strip()]
        for code in asks:
            law.purpose(code, on=effective_on)
        kind = NoticeKind.CONSENT_NOTICE if asks else NoticeKind.PRIVACY_POLICY
        drafted = policy_import.import_file(
            code=options["notice"],
            kind=kind,
            title=options["title"],
            text=text,
            effective_on=effective_on,
            purposes=asks,
            actor=actor.system("import_policy"),
        )
        notice = drafted.version.notice
        if not options["json"]:
            for defect in drafted.defects:
                self.stdout.write(f"{defect.code:16} {defect.clause:13} {defect.message}")
        if drafted.version.is_taken_over:
            self.stderr.write(
                f"The day {effective} has passed. Two people may publish the first version of a text for it, and "
                "only if it "
                "was in force elsewhere since then."
            )
        numbered = policy_parser.numbered(drafted.clauses)
        body = {
            "draft": f"{notice.code}@{drafted.version.number}",
            "clauses": [{"number": clause.number, "title": clause.title} for clause in numbered],
            "defects": [{"code": d.code, "clause": d.clause, "message": d.message} for d in drafted.defects],
        }
        line = (
            f"Draft {drafted.version.number} of {notice.code}: {len(numbered)} clauses, {len(drafted.defects)} defects."
        )
        self.answer(body, line, options=options)
        if options["publish"]:
            self._refuse(len(open_defects(drafted.version)))

    def _refuse(self, defects: int) -> None:
        """A command is one person; publishing takes two."""
        if defects:
            raise Refused(
                f"Not published: {defects} policy issues are open. Fix the text, or let two people approve an "
                "exception for each in the admin."
            )
        raise Refused("Not published yet: propose the draft in the admin and have another person approve it.")
