"""The demonstration's witness beside the portal: begun before anything is sealed, ended with the portal."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from portal.kernel.ledger.services import keys


@contextlib.contextmanager
def witnessed() -> Iterator[None]:
    """A witness process for the length of the block, named in WITNESSES. Nothing where the settings name others.

    It is ours, and says so (``own``): pages go on saying that there is no independent witness.
    """
    if settings.WITNESSES:
        yield
        return
    folder = settings.VAR / "witness"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "portal.demo.witness", str(folder), keys.verifier().vkey]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process with pipes has them")
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the demonstration's witness did not start")
        found = json.loads(line)
        before = settings.OUTGOING_PRIVATE_HOSTS
        settings.WITNESSES, settings.OUTGOING_PRIVATE_HOSTS = [found], [*before, urlsplit(found["url"]).netloc]
        try:
            yield
        finally:
            settings.WITNESSES, settings.OUTGOING_PRIVATE_HOSTS = [], before
            process.stdin.close()
            process.wait(10)
