"""``./run demo``: build the demonstration through the portal's own services and serve it."""

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, CommandParser, call_command

from portal.demo import server, witness_process
from portal.demo.story import builder, staff
from portal.kernel.core import clock
from portal.kernel.core.command_line import REFUSED, UNDECIDED, USAGE
from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger.services import seal_now, witnesses
from portal.kernel.vault.router import KEY_DATABASE

#: Seconds that ``--once`` gives the queue to run dry.
LIMIT = 300.0
USUAL_PORT = 8000
#: ``DEMO_STORY=0`` serves an empty portal: for tests of the process itself.
STORY = os.environ.get("DEMO_STORY", "1") != "0"


class Command(PortalCommand):
    help = "Build the demonstration and serve it; with --once, run every queued task, print a summary and end."

    #: The chapter and the tenth of it that was said last.
    _told: tuple[str, int] = ("", -1)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--port", type=int, default=USUAL_PORT, help=f"port to serve on (default {USUAL_PORT})")
        parser.add_argument("--once", action="store_true", help="build, run every task, print a summary, exit")
        parser.add_argument("--seed", type=int, default=builder.SEED, help="the same seed tells the same story")

    def handle(self, *args: Any, port: int, once: bool, seed: int, **options: Any) -> None:
        """Migrate both databases, tell the story if the database is empty, then serve or drain. Not in production."""
        if settings.PRODUCTION:
            raise CommandError("The demonstration does not run with PRODUCTION=1.", returncode=USAGE)
        if "SITE_URL" not in os.environ:
            settings.SITE_URL = (
                f"http://localhost:{port}"  # links in letters lead to where this demonstration is served
            )
        with self._alone():
            self._say("Preparing the databases.")
            self._migrate()
            builder.name_ledger()
            with witness_process.witnessed():
                self._tell_story(seed)
                self._finish(port, options, once=once)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two demonstrations on one folder would write into one database with two timetables."""
        settings.VAR.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (settings.VAR / "demo.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                said = (
                    f"A demonstration runs on {settings.VAR} already: end it, or choose another folder with PORTAL_VAR."
                )
                raise CommandError(said, returncode=REFUSED) from None
            yield

    def _finish(self, port: int, options: dict[str, Any], *, once: bool) -> None:
        if once:
            self._say("Doing what is still in the queue.")
            with server.working(timetable=False) as worker:
                server.nudge()
                if not worker.wait_until_quiet(limit=LIMIT):
                    raise CommandError("The queue did not run dry: look at the log lines above.", returncode=UNDECIDED)
                if STORY:
                    seal_now(wait=LIMIT)
                    witnesses.ask_all()
            self._summarise(port, options)
            return
        self._print_logins(port)
        self._serve(port)

    def _migrate(self) -> None:
        """The main database, and in the key database only the rooms that keep keys: the others have no table there."""
        call_command("migrate", verbosity=0, interactive=False)
        for room in sorted(
            {model._meta.app_label for model in apps.get_models() if getattr(model, "key_store", False)}
        ):
            call_command("migrate", room, database=KEY_DATABASE, verbosity=0, interactive=False)

    def _tell_story(self, seed: int) -> None:
        if STORY and not builder.is_told():
            self._say("Building the demonstration: one to two minutes, several on a busy machine. It is done once.")
            builder.build(seed=seed, now=clock.now(), tell=self._tell)

    def _say(self, line: str) -> None:
        """A line of progress, on standard error: what the command answers stays alone on standard output."""
        self.stderr.write(line, self.style.HTTP_INFO)

    def _tell(self, what: str, done: int, total: int) -> None:
        """A line at the beginning of each chapter of the story, at each tenth of it, and at its end."""
        tenth = (what, done * 10 // total if total else 10)
        if what != self._told[0] or tenth > self._told:
            self._told = tenth
            self._say(f"  {what}: {done:,} of {total:,}")

    def _summarise(self, port: int, options: dict[str, Any]) -> None:
        body = {**asdict(builder.summary()), "url": f"http://localhost:{port}/demo/"}
        rows = [f"{name.replace('_', ' '):<16} {count:>8,}" for name, count in body.items() if name != "url"]
        serve = "./run demo" if port == USUAL_PORT else f"./run demo --port {port}"
        said = f"Nothing is served by this. {serve} serves it: {body['url']}"
        self.answer(body, "\n".join([*rows, said]), options=options)

    def _print_logins(self, port: int) -> None:
        self.stdout.write(f"Staff sign in at http://localhost:{port}/admin/ with the password {staff.PASSWORD}:")
        for _name, mailbox, role in staff.MEMBERS if STORY else ():
            self.stdout.write(f"  {staff.address(mailbox):<36} {role.replace('_', ' ')}")
        self.stdout.write(f"Ten things to try, current codes and the mailbox: http://localhost:{port}/demo/")

    def _serve(self, port: int) -> None:
        def end(signum: int, frame: Any) -> None:
            raise KeyboardInterrupt

        # A script that starts this in the background leaves SIGINT ignored.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        self.stdout.write(f"The portal is at http://localhost:{port}/  (Ctrl-C ends it)")
        try:
            server.serve(port)
        except OSError as error:
            said = f"Port {port} cannot be used ({error.strerror}): try --port {port + 1}."
            raise CommandError(said, returncode=REFUSED) from error
        except KeyboardInterrupt:
            self.stdout.write("Ended. Everything is kept: ./run demo continues.")
            sys.exit(0)
