"""The commands of the integrators' page do what the page says: each is read from it and sent."""

import json
import re
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from consent.selectors import rulebook
from portal.people.states import ApiScope
from tests.api.asking import check
from tests.consent.conftest import law  # noqa: F401 - a fixture
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
PAGE = Path(settings.BASE_DIR) / "portal" / "docs" / "integrators.md"
ORIGIN = "https://privacy.onesetu.example"


def commands():
    text = PAGE.read_text(encoding="utf-8")
    return [
        line
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("curl ")
    ]


def sent(command, key):
    """What curl would send, sent by the test client; the answer is held against the document."""
    words = shlex.split(command.replace("$KEY", key).replace("$PORTAL", ORIGIN))[1:]
    headers, body, url = {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _colon, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0)
        else:
            url = word.removeprefix(ORIGIN)
    media = headers.pop("Content-Type", "application/json")
    client = Client(raise_request_exception=False)
    if body is None:
        answer, method = client.get(url, headers=headers), "get"
    else:
        answer, method = client.post(url, json.loads(body), content_type=media, headers=headers), "post"
    check(answer, method, url)
    return url, answer


def test_every_command_of_the_page_is_answered_as_described(law):  # noqa: F811
    rulebook.forget()
    cache.clear()
    key = issued_api_key(FiduciaryFactory(code="acme-bank"), scopes=ApiScope.values)
    found = [sent(command, key) for command in commands()]
    assert [answer.status_code for _url, answer in found] == [200] * len(found)
    answers = dict(found)
    assert set(answers) == {
        "/api/v1/key",
        "/api/v1/decisions",
        "/api/v1/decisions/batch",
        "/api/v1/process",
        "/api/v1/consents",
        "/api/v1/consents/by-key",
        "/api/v1/consents/find",
        "/api/v1/consents/withdraw",
    }
    assert answers["/api/v1/decisions"].json()["signature"]
    assert answers["/api/v1/decisions/batch"].json()["invalid"] == 1
    assert answers["/api/v1/consents/find"].json()["consents"][0]["answer"] == "given"
    assert answers["/api/v1/consents/withdraw"].json()["events"][0]["answer"] == "withdrawn"
