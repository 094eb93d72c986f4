import io

import pytest
from django.db import connections

from portal.demo.management.commands.demo import Command
from portal.demo.story import pieces

FULL, NORMAL = 2, 1


def levels():
    found = []
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            found.append(cursor.execute("PRAGMA synchronous").fetchone()[0])
    return found


def broken_off():
    with pieces.whole():
        assert levels() == [NORMAL, NORMAL]
        raise KeyboardInterrupt


@pytest.mark.skipif(connections["default"].vendor != "sqlite", reason="other databases keep to their ways")
@pytest.mark.django_db(transaction=True)
def test_commits_wait_for_the_disk_again_as_soon_as_the_story_is_told_or_breaks_off():
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert levels() == [FULL, FULL]


@pytest.mark.django_db
@pytest.mark.parametrize(("port", "serve"), [(8000, "./run demo serves"), (8042, "./run demo --port 8042 serves")])
def test_a_build_alone_says_that_nothing_is_served_and_what_serves_it(port, serve):
    """It named the address of pages that nobody served."""
    told = io.StringIO()
    Command(stdout=told)._summarise(port, {"json": False})
    last = told.getvalue().splitlines()[-1]
    assert last == f"Nothing is served by this. {serve} it: http://localhost:{port}/demo/"
