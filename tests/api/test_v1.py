"""The frame of the interface: a key or 401, a scope or 403, a limit or 429, and problems without stack traces."""

import pytest
from django.core.cache import cache
from django.test import Client

from portal.fronts.api import keys
from portal.fronts.api.v1 import api
from portal.kernel.core import clock
from portal.kernel.people.services import api_keys
from tests.people.factories import FiduciaryFactory, issued_api_key

pytestmark = pytest.mark.django_db


def ask(path: str, key: str = "", **headers: str):
    given = {"Authorization": f"Bearer {key}"} if key else {}
    return Client(raise_request_exception=False).get(f"/api/v1/{path}", headers={**given, **headers})


def test_a_key_reads_what_it_is_worth():
    text = issued_api_key(FiduciaryFactory(code="acme"), scopes=["decisions:ask", "consents:read"])
    answer = ask("key", text)
    assert answer.status_code == 200
    assert answer.json()["fiduciary"] == "acme"
    assert answer.json()["scopes"] == ["consents:read", "decisions:ask"]


@pytest.mark.parametrize("key", ["", "osk_abcdefgh_" + "a" * 43, "nonsense"])
def test_without_a_key_that_holds_the_answer_is_401_as_a_problem(key):
    answer = ask("key", key)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"
    body = answer.json()
    assert (body["status"], body["code"], body["title"]) == (401, "NO_KEY", "Unauthorized")
    assert body["reference"].startswith("OS-ER-")


def test_a_key_that_asks_too_often_is_told_how_long_to_wait(settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    text = issued_api_key(FiduciaryFactory())
    answers = [ask("key", text) for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # The minute may turn once meanwhile.
    assert len(refused) >= 2
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert refused[0].json()["code"] == "TOO_MANY"


def test_a_key_without_the_scope_is_refused_by_name(rf):
    text = issued_api_key(FiduciaryFactory(), scopes=["consents:read"])
    with pytest.raises(keys.NotAllowed) as refused:
        keys.Key(keys.ApiScope.DECISIONS_ASK).authenticate(rf.get("/"), text)
    assert refused.value.code == "SCOPE_MISSING"


def test_a_crash_shows_neither_its_cause_nor_a_trace(monkeypatch):
    text = issued_api_key(FiduciaryFactory())

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(api_keys, "_read", broken)
    api_keys.forget()
    answer = ask("key", text)
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "nothing", 404, "NOT_FOUND"),
        ("post", "decisions/", 404, "NOT_FOUND"),
        ("get", "decisions", 405, "METHOD_NOT_ALLOWED"),
        ("delete", "key", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_an_address_or_a_method_that_does_not_exist_is_answered_with_a_problem(method, path, status, code):
    answer = getattr(Client(), method)(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["reference"].startswith("OS-ER-")
    assert ("Allow" in answer) is (status == 405)


def test_a_body_larger_than_we_take_is_answered_with_a_problem(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = Client().post("/api/v1/decisions", {"address": "9" * 200}, content_type="application/json")
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "TOO_LARGE"


def refused_fields(path: str, body: object, **headers: str) -> list[str]:
    text = issued_api_key(FiduciaryFactory(), scopes=["decisions:ask", "consents:write"])
    given = {"Authorization": f"Bearer {text}", **headers}
    answer = Client().post(f"/api/v1/{path}", body, content_type="application/json", headers=given)
    assert answer.status_code == 422, answer.text
    return [each["field"] for each in answer.json()["errors"]]


@pytest.mark.parametrize(("field", "value"), [("heder", "XX-FAKE"), ("fiduciary", "konkan")])
def test_a_field_that_we_do_not_know_is_refused_by_its_name(field, value):
    asked = {"address": "+919876543210", "purpose": "marketing", "channel": "sms", field: value}
    assert refused_fields("decisions", asked) == [field]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1900-01-01T00:00:00Z"])
def test_a_time_at_the_end_of_the_calendar_is_refused_by_its_field(at):
    place = {"purpose": "marketing", "channel": "sms"}
    told = {"address": "+919876543210", "evidence": [{"type": "web_form", "sha256": "ab" * 32}], **place}
    assert refused_fields("decisions", {"address": "+919876543210", "at": at, **place}) == ["at"]
    assert refused_fields("decisions/batch", {"addresses": ["+919876543210"], "at": at, **place}) == ["at"]
    assert refused_fields("process", {"purpose": "analytics", "at": at}) == ["at"]
    assert refused_fields("consents", {"occurred_at": at, **told}) == ["occurred_at"]
    assert refused_fields("stops", {"kind": "phone", "address": "+919876543210", "at": at}) == ["at"]


def test_an_error_names_the_field_as_the_client_wrote_it():
    assert refused_fields("decisions", {"purpose": "marketing", "channel": "sms"}) == ["address"]
    proof = {"type": "web_form", "sha256": "ab"}
    told = {"address": "+919876543210", "purpose": "marketing", "channel": "sms", "evidence": [proof]}
    assert refused_fields("consents", told, **{"Idempotency-Key": "k" * 200}) == [
        "evidence.0.sha256",
        "Idempotency-Key",
    ]
    assert refused_fields("decisions", []) == ["body"]


def test_every_operation_asks_for_a_key_unless_it_says_why_not():
    """An operation that a stranger may use is a decision: it stands in this list."""
    # Signed by a secret of its own instead.
    for_strangers = {
        "post /api/v1/delivery-reports",
        "post /api/v1/inbound-mail",
        "post /api/v1/inbound-messages",
        "post /api/v1/kyc/providers/{name}/answers",
        "post /api/v1/recipients/{code}/acknowledgements",
        "post /api/v1/recipients/{code}/sends",
        *(
            f"post /api/v1/consent-manager/{act}"
            for act in ("links", *(f"consents/{a}" for a in ("list", "give", "withdraw")))
        ),
    }
    described = api.get_openapi_schema()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation.get("security") or f"{method} {path}" in for_strangers, f"{method} {path}"


def test_most_requests_of_a_key_cost_no_question_to_the_shared_counter(settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 1_000
    asked = []
    really = keys.counted

    def counted(name: str, requests: int, *, seconds: int) -> int:
        asked.append(requests)
        return really(name, requests, seconds=seconds)

    monkeypatch.setattr(keys, "counted", counted)
    text = issued_api_key(FiduciaryFactory())
    assert {ask("key", text).status_code for _ in range(20)} == {200}
    # Ten are taken ahead at a time; the minute may turn once meanwhile.
    assert 2 <= len(asked) <= 4


def test_what_other_processes_have_taken_ahead_is_not_given_out_again(settings):
    settings.API_REQUESTS_PER_MINUTE = 1_000
    text = issued_api_key(FiduciaryFactory())
    holder = keys.holder_of(text, now=clock.now())
    minutes = {int(clock.now().timestamp()) // keys.MINUTE + ahead for ahead in range(2)}
    for minute in minutes:
        cache.set(f"api:{holder.key_id}:{minute}", 997, 120)
    answers = [ask("key", text).status_code for _ in range(8)]
    # Three were left, and three more when the minute turns meanwhile.
    assert 3 <= answers.count(200) <= 6


@pytest.mark.usefixtures("cache_is_away")
def test_with_the_shared_counter_away_keys_are_answered_and_each_process_holds_the_limit(settings):
    settings.API_REQUESTS_PER_MINUTE = 3
    text = issued_api_key(FiduciaryFactory())
    answers = [ask("key", text).status_code for _ in range(8)]
    # The minute may turn once meanwhile.
    assert (set(answers), answers[:3]) == ({200, 429}, [200] * 3)
