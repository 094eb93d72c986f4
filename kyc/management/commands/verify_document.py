import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from kyc.base.choices import PROVED_BY_SIGNATURE, DocumentKind
from kyc.review.services import cli_document_check, cli_signature_check
from kyc.signatures.child_reader import KINDS
from kyc.signatures.keys import ANY, Key
from kyc.signatures.timestamps import birth
from kyc.signers import shipped_signers
from kyc.signers.services import signer_proposals
from portal.kernel.core import clock
from portal.kernel.core.command_line import REFUSED, UNDECIDED, USAGE
from portal.kernel.core.commands import PortalCommand, moment
from portal.kernel.core.errors import NotFound
from portal.kernel.law.selectors import house_rule
from portal.kernel.law.services import rule_loader
from portal.kernel.vault.inspection.client import LIMITS

#: The kinds whose plan runs on the file; those that a signature proves are read by ``outside_signed``.
PLANNED = tuple(kind for kind in DocumentKind.values if kind not in PROVED_BY_SIGNATURE)
TYPES = (*PLANNED, *KINDS, cli_document_check.SAFETY_ONLY)
KEYS = frozenset({"pan", "gstin", "valid_until", "customer_kind"})
PERSON = {"name": "name", "dob": "birth", "gender": "gender", "pincode": "pincode", "aadhaar_last4": "aadhaar_last4"}
EXITS = {"PASS": 0, "WARN": 0, "NOT_APPLICABLE": 0, "FAIL": REFUSED, "REFUSED": REFUSED, "UNAVAILABLE": UNDECIDED}


class Command(PortalCommand):
    help = "Run the check plan of a document type on a file outside the database. Nothing is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="the file")
        parser.add_argument("--type", required=True, choices=TYPES, help="the declared kind of the file")
        parser.add_argument("--at", help="the time of the checks, ISO 8601 (default: now)")
        parser.add_argument("--declared", default="{}", help='JSON, for example {"pan": "ABCPR1234K"}')
        parser.add_argument(
            "--trust",
            nargs="+",
            action="extend",
            default=[],
            type=Path,
            metavar="CERT",
            help="trust it for this call too",
        )
        parser.add_argument("--mobile", default="", help="compare with the hash in an Aadhaar document")
        parser.add_argument("--email", default="", help="compare with the hash in an Aadhaar document")
        parser.add_argument(
            "--share-code-stdin",
            action="store_true",
            help="read the share code of a ZIP, or the password of an e-Aadhaar PDF, from standard input",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads the file; writes nothing. Exit 0 passed or to be looked at, 1 failed or refused, 3 could not decide."""
        now = self._time(options["at"])
        file: Path = options["file"]
        with file.open("rb") as stream:
            data = stream.read(LIMITS.size + 1)
        if options["type"] in KINDS:
            body = self._signed(data, file.suffix, now, options)
        else:
            body = cli_document_check.verify(
                data,
                document_type=options["type"],
                extension=file.suffix,
                declared=self._declared(options["declared"], KEYS),
                today=clock.day(now),
            )
        line = f"{options['type']}: {body['outcome']}" + (f" ({body['reason']})" if body["reason"] else "")
        self.answer(body, line, options=options, code=EXITS[body["outcome"]])

    def _signed(self, data: bytes, extension: str, now: datetime, options: dict[str, Any]) -> dict[str, Any]:
        trusted = [self._key(path) for path in options["trust"]]
        declared = self._declared(options["declared"], frozenset(PERSON))
        today = clock.day(now)
        given = cli_signature_check.Given(
            at=now,
            adult_age=self._amount("people.adult_age", today),
            lately_days=self._amount("kyc.issued_lately", today),
            mobile=options["mobile"],
            email=options["email"],
            share_code=sys.stdin.readline().strip() if options["share_code_stdin"] else "",
            declared={PERSON[name]: birth(value) if name == "dob" else value for name, value in declared.items()},
        )
        keys = [*trusted, *self._pinned()]
        return cli_signature_check.verify(data, kind=options["type"], extension=extension, keys=keys, given=given)

    def _key(self, path: Path) -> Key:
        try:
            return Key.from_file(path.read_bytes(), [ANY])
        except ValueError as error:
            raise CommandError(f"{path} is no certificate with an RSA key, in PEM or DER.", returncode=USAGE) from error

    def _pinned(self) -> list[Key]:
        """What two people trust; what ships where there is no database yet."""
        try:
            return signer_proposals.trusted()
        except DatabaseError:
            return [one.key for one in shipped_signers.shipped()]

    def _amount(self, rule: str, today: date) -> int:
        """The rule in force; the one that ships where there is no database yet, for this command needs none."""
        try:
            return int(house_rule(rule, on=today).amount or 0)
        except (DatabaseError, NotFound):
            rows = rule_loader.read("house_rules.toml")["rule"]
            return int(next(row["amount"] for row in rows if row["key"] == rule))

    def _declared(self, text: str, keys: frozenset[str]) -> dict[str, str]:
        try:
            given = json.loads(text)
        except ValueError as error:
            raise CommandError(
                '--declared is not JSON. Write for example {"pan": "ABCPR1234K"}.', returncode=USAGE
            ) from error
        if not isinstance(given, dict) or not keys.issuperset(given):
            raise CommandError(f"--declared may have these keys: {', '.join(sorted(keys))}.", returncode=USAGE)
        return {str(key): str(value) for key, value in given.items()}

    def _time(self, text: str | None) -> datetime:
        return clock.now() if text is None else moment(text)
