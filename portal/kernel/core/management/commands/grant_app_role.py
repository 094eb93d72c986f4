from typing import Any

from django.core.management import CommandParser
from django.db import connections

from portal.kernel.core import database_role
from portal.kernel.core.commands import PortalCommand


class Command(PortalCommand):
    help = "Give the application's PostgreSQL role its rights: read and insert only, where rows must stay."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("role", help="the role in DATABASE_URL; the tables belong to that in MIGRATE_DATABASE_URL")
        parser.add_argument("--database", choices=list(connections), default="default", help="which database")

    def handle(self, *args: Any, role: str, database: str, **options: Any) -> None:
        """Exit 1 when the role cannot serve."""
        frozen, other = database_role.grant(connections[database], role)
        body = {"role": role, "insert_only": frozen, "other": other}
        line = f"{role} may read and insert in {frozen} tables, and change rows in {other} others."
        self.answer(body, line, options=options)
