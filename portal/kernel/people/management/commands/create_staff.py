import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.people.models import Invitation, Role
from portal.kernel.people.services import invitations, roles, staff


class Command(BaseCommand):
    help = (
        "Create the first staff logins with their roles. Works while no two people could give roles by the two-person "
        "rule; afterwards staff are invited in the admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="full name")
        parser.add_argument("--role", action="append", required=True, help="code of a role; may be given again")
        parser.add_argument("--password-stdin", action="store_true", help="read the first password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        password = ""
        if options["password_stdin"]:
            password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        now = clock.now()
        actor = system("create_staff")
        if not Role.objects.exists():
            roles.sync(roles.shipped(), actor=actor, now=now)
        user = staff.bootstrap(
            email=options["email"],
            full_name=options["name"],
            role_codes=options["role"],
            password=password,
            actor=actor,
            now=now,
        )
        if not password:
            link = reverse("signin:staff-invitation", args=[invitations.token_of(Invitation.objects.get(user=user))])
            self.stdout.write(f"Open this link to set the password: {str(settings.SITE_URL).rstrip('/')}{link}")
        self.stdout.write(f"Created login {user.pk} with the roles {', '.join(sorted(options['role']))}.")
