"""The commands of the integrators' page do what the page says: each is read from it and sent."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from consent.base.selectors import contact_rulebook
from portal.kernel.people.choices import ApiScope
from tests.api.asking import check
from tests.consent.conftest import law  # noqa: F401 - a fixture
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
PAGE = Path(settings.BASE_DIR) / "portal/docs/integrators.md"
ORIGIN = "https://privacy.onesetu.example"


def commands():
    text = PAGE.read_text(encoding="utf-8")
    return [
        line
        for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
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
    contact_rulebook.forget()
    cache.clear()
    key = issued_api_key(FiduciaryFactory(code="acme-bank"), scopes=ApiScope.values)
    found = [sent(command, key) for command in commands()]
    assert [answer.status_code for _url, answer in found] == [200] * len(found)
    answers = dict(found)
    assert set(answers) == {
        "/api/v1/key",
        "/api/v1/sender",
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


def test_a_signed_answer_is_checked_as_the_page_shows(law):  # noqa: F811
    """The page's own function, run on an answer and on one with a changed byte."""
    contact_rulebook.forget()
    cache.clear()
    key = issued_api_key(FiduciaryFactory(code="acme-bank"), scopes=ApiScope.values)
    answers = {url: answer.json() for url, answer in (sent(command, key) for command in commands()[:2])}
    shown = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    example: dict[str, Any] = {}
    exec(shown[1], example)
    answer, decision_key = answers["/api/v1/decisions"], answers["/api/v1/key"]["decision_key"]
    asked = {
        "fiduciary": "acme-bank",
        "address": "+919876543210",
        "purpose": "marketing",
        "channel": "sms",
        "header": "AD-567890-P",
        "template": "1109",
    }
    said = example["check_decision"](answer, decision_key, **asked)
    assert {name: said[name] for name in ("allowed", "reason", "entry", "rules", "valid_until", "at")} == {
        name: answer[name] for name in ("allowed", "reason", "entry", "rules", "valid_until", "at")
    }
    assert said["about"][0] == "acme-bank"
    assert said["about"][2:4] == ["marketing", "sms"]
    assert "9876543210" not in answer["signed"]
    changed = {**answer, "signed": answer["signed"].replace("marketing", "billing")}
    with pytest.raises(InvalidSignature):
        example["check_decision"](changed, decision_key, **asked)
    for name, other in (("header", "AD-567891-P"), ("template", None), ("address", "+919876543211")):
        with pytest.raises(ValueError, match="another message"):
            example["check_decision"](answer, decision_key, **{**asked, name: other})
    for length in (1, 3, 12):
        moved = {**answer, "salt": answer["salt"] + asked["address"][:length]}
        with pytest.raises(ValueError, match="salt"):
            example["check_decision"](moved, decision_key, **{**asked, "address": asked["address"][length:]})
