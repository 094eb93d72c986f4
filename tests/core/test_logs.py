"""Log lines say what broke and where, never what a person entered."""

import io
import logging

import pytest
import structlog

from portal.core import logs

ENTERED = "Key (email)=(asha@example.test) already exists."


@pytest.fixture
def lines():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


@pytest.mark.parametrize("quoted", [repr, str])
def test_a_library_that_quotes_an_exception_in_its_line_gives_nobody_away(lines, quoted):
    try:
        raise ValueError(ENTERED)
    except ValueError as error:
        logging.getLogger("celery.app.trace").exception(
            "Task %s raised unexpected: %s",
            "kyc.tasks.check",
            quoted(error),  # noqa: TRY401 - as Celery does
        )
    line = lines.getvalue()
    assert "asha" not in line
    assert "Task kyc.tasks.check raised unexpected: ValueError" in line
    assert "test_logs.py" in line


def test_our_own_log_of_an_exception_names_type_and_place_only(lines):
    try:
        raise ValueError(ENTERED)
    except ValueError:
        structlog.get_logger("portal.tests").exception("tests.broke")
    line = lines.getvalue()
    assert "asha" not in line
    assert '"error": "ValueError"' in line
