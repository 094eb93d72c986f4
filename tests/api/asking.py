"""Asking the interface as another system does; every answer is held against the document that describes them."""

from functools import cache
from typing import Any

import jsonschema
from django.test import Client

from portal.fronts.api.v1 import api

FORMATS = jsonschema.FormatChecker()


@cache
def document() -> dict[str, Any]:
    return dict(api.get_openapi_schema())


def post(path: str, body: Any = None, *, key: str = "", **headers: str) -> Any:
    """The answer, after it was checked against the schema of its status."""
    given = {"Authorization": f"Bearer {key}"} if key else {}
    client = Client(raise_request_exception=False)
    url = f"/api/v1/{path}"
    answer = client.post(url, body, content_type="application/json", headers={**given, **headers})
    check(answer, "post", url)
    return answer


def get(path: str, *, key: str = "") -> Any:
    given = {"Authorization": f"Bearer {key}"} if key else {}
    url = f"/api/v1/{path}"
    answer = Client(raise_request_exception=False).get(url, headers=given)
    check(answer, "get", url)
    return answer


def check(answer: Any, method: str, url: str) -> None:
    """Raises jsonschema.ValidationError where an answer is not what the document says."""
    responses = document()["paths"][url][method]["responses"]
    described = responses.get(answer.status_code) or responses.get(str(answer.status_code)) or responses["default"]
    content = described["content"]
    media = answer["Content-Type"].partition(";")[0]
    assert media in content, f"{media} is not described for {answer.status_code}"
    schema = {**content[media]["schema"], "components": document()["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())
