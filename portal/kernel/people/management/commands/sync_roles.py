from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.core.errors import Refused
from portal.kernel.people.services import fiduciaries, roles


class Command(BaseCommand):
    help = "Make Onesetu itself, and the roles, their permissions and the two-person rules equal to portal/kernel/people/data/roles.toml."

    def handle(self, *args: Any, **options: Any) -> None:
        fiduciaries.ensure_own(actor=system("sync_roles"), now=clock.now())
        try:
            synced = roles.sync(roles.shipped())
        except Refused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{synced.roles} roles with {synced.permissions} permissions, {synced.rules} two-person rules."
        )
