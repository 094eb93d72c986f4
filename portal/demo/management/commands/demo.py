"""``./run demo``: build the demonstration through the portal's own services and serve it."""

import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command

from portal.demo import server

#: Seconds that ``--once`` gives the queue to run dry.
LIMIT = 90.0


class Command(BaseCommand):
    help = "Build the demonstration and serve it; with --once, run every queued task, print a summary and end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="port to serve on (default 8000)")
        parser.add_argument("--once", action="store_true", help="build, run every task, print a summary, exit")

    def handle(self, *args: Any, port: int, once: bool, **options: Any) -> None:
        """Migrate both databases, then serve or drain. Refuses in production."""
        if settings.PRODUCTION:
            raise CommandError("The demonstration does not run with PRODUCTION=1.", returncode=2)
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, verbosity=0, interactive=False)
        if once:
            with server.working(timetable=False) as worker:
                if not worker.wait_until_quiet(limit=LIMIT):
                    raise CommandError("The queue did not run dry: look at the log lines above.", returncode=3)
            return
        self._serve(port)

    def _serve(self, port: int) -> None:
        def end(signum: int, frame: Any) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, end)
        self.stdout.write(f"The portal is at http://localhost:{port}/  (Ctrl-C ends it)")
        try:
            server.serve(port)
        except OSError as error:
            raise CommandError(f"Port {port} cannot be used ({error.strerror}): try --port {port + 1}.") from error
        except KeyboardInterrupt:
            self.stdout.write("Ended. Everything is kept: ./run demo continues.")
            sys.exit(0)
