"""Log lines say what broke and where, never what a person entered."""

import io
import json
import logging

import pytest
import structlog
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from portal.kernel.core import logs

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


#: What an address calls a part that opens something by itself.
SECRETS = {"token", "key"}


def secret_addresses(resolver=None, spaces=()):
    """Every address of the portal with a secret part, filled in."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from secret_addresses(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces)
            continue
        wanted = set(pattern.pattern.regex.groupindex)
        if wanted & SECRETS:
            yield reverse(":".join([*spaces, pattern.name]), kwargs={name: f"Se-{name}.c_r3t" for name in wanted})


def test_no_secret_part_of_any_address_is_logged(lines):
    found = list(secret_addresses())
    assert len(found) >= 4
    for address in found:
        logging.getLogger("django.request").warning("Unprocessable Entity: %s", address)
        structlog.get_logger("portal.tests").warning("tests.refused", path=f"https://privacy.example{address}?next=/")
    assert "c_r3t" not in lines.getvalue()
    assert all(address.split("Se-")[0] in lines.getvalue() for address in found)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "shape"),
    [
        ("/privacy/kyc/234567890124/", "an address that leads nowhere"),
        ("/privacy/kyc/२३४५६७८९०१२४/", "an address that leads nowhere"),
        ("/asha.rao@acme.example/?next=asha.rao@acme.example", "an address that leads nowhere"),
        ("/privacy/receipts/asha.rao@acme.example/", ""),
    ],
)
def test_what_somebody_typed_into_an_address_is_not_logged(lines, address, shape):
    assert Client().get(address).status_code in {302, 404}
    written = lines.getvalue()
    assert shape in written
    for typed in ("234567890124", "0967", "६७", "asha.rao"):
        assert typed not in written


@pytest.mark.django_db
def test_a_refusal_names_the_shape_of_its_address(lines):
    Client().delete("/privacy/grievances/new/who/")
    assert "/privacy/grievances/new/<slug:page>/" in lines.getvalue()


@pytest.mark.django_db
def test_a_link_that_is_refused_leaves_no_working_link_in_the_log(lines):
    Client().post("/privacy/out/OS-MS-7K4M-9QX2-C3TY.AUFVworks/", {})
    assert "/privacy/out/" in lines.getvalue()
    assert "AUFVworks" not in lines.getvalue()
    assert all(json.loads(line) for line in lines.getvalue().splitlines())
