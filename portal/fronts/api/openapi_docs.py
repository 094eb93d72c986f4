"""The interface described for people, from the same document that programs read (OpenAPI)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import WithJsonSchema

Document = Mapping[str, Any]
JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
_NEEDED: Final = "needed"


@dataclass(frozen=True)
class Member:
    """One field of a request or an answer. ``place`` is its path: ``decisions[].reason``."""

    place: str
    kind: str
    is_required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    needs_key: bool
    headers: tuple[Member, ...]
    #: In what the request is sent: JSON, or a form where a file comes with it. Empty: it has no body.
    media: str
    request: tuple[Member, ...]
    example: str
    answer: tuple[Member, ...]


def operations(document: Document) -> list[Operation]:
    """Every operation of the document, in its order."""
    return [
        _operation(document, path, method, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def hoisted(part: Any, schemas: dict[str, Any]) -> Any:
    """A part of the document whose schemas' own definitions (``$defs``) have moved to where all of them stand."""
    if isinstance(part, list):
        return [hoisted(each, schemas) for each in part]
    if not isinstance(part, dict):
        return part
    for name, schema in part.get("$defs", {}).items():
        schemas.setdefault(name, hoisted(schema, schemas))
    found = {key: hoisted(value, schemas) for key, value in part.items() if key != "$defs"}
    if isinstance(found.get("$ref"), str):
        found["$ref"] = found["$ref"].replace("#/$defs/", "#/components/schemas/")
    return found


def needed(**schema: Any) -> WithJsonSchema:
    """The schema of a header that has a default and is refused without it by ourselves, with a code of our own."""
    return WithJsonSchema({"type": "string", **schema, _NEEDED: True})


def mark_needed(operation: dict[str, Any]) -> None:
    """Say of the operation's headers which are ``needed``: the library takes each that has a default for optional."""
    for parameter in operation.get("parameters", ()):
        if parameter["schema"].pop(_NEEDED, False):
            parameter["schema"].pop("default", None)
            parameter["required"] = True


def resolved(document: Document, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its reference followed."""
    found: Any = schema
    while "$ref" in found:
        target: Any = document
        for part in found["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        found = target
    return dict(found)


def _operation(document: Document, path: str, method: str, described: Mapping[str, Any]) -> Operation:
    media, body = _content(described.get("requestBody", {}))
    _json, answer = _content(next((r for code, r in described.get("responses", {}).items() if str(code) == "200"), {}))
    headers = tuple(
        Member(
            one["name"],
            _kind(document, one.get("schema", {})),
            one.get("required", False),
            one.get("description") or one.get("schema", {}).get("description", ""),
        )
        for one in described.get("parameters", [])
    )
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        description=described.get("description", ""),
        needs_key=bool(described.get("security")),
        headers=headers,
        media=media,
        request=tuple(_members(document, body, "")) if body else (),
        example=_written(document, media, body) if body else "",
        answer=tuple(_members(document, answer, "")) if answer else (),
    )


def _content(described: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The media type of a body and its schema; both empty where there is none that people can be shown."""
    content = described.get("content", {})
    media = next((one for one in (JSON, FORM) if one in content), "")
    found: Mapping[str, Any] = content.get(media, {}).get("schema", {})
    return (media, found) if found else ("", {})


def _written(document: Document, media: str, body: Mapping[str, Any]) -> str:
    """A request as it could be sent: JSON, or the fields of a form one a line, as ``curl --form`` takes them."""
    example = _example(document, body)
    if media != FORM:
        return json.dumps(example, ensure_ascii=False, indent=2)
    fields = resolved(document, body)["properties"]
    return "\n".join(
        f"{name}=@document.pdf" if _kind(document, fields[name]) == "binary" else f"{name}={value}"
        for name, value in example.items()
    )


def _members(document: Document, schema: Mapping[str, Any], before: str) -> Iterator[Member]:
    whole = resolved(document, schema)
    required = set(whole.get("required", ()))
    for name, member in whole.get("properties", {}).items():
        inner = _alone(document, member)
        place = f"{before}{name}"
        yield Member(place, _kind(document, member), name in required, member.get("description", ""))
        if inner.get("type") == "array":
            yield from _members(document, inner.get("items", {}), f"{place}[].")


def _alone(document: Document, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or the one beside null."""
    whole = resolved(document, schema)
    for choice in whole.get("anyOf", ()):
        if choice.get("type") != "null":
            return resolved(document, choice)
    return whole


def _kind(document: Document, schema: Mapping[str, Any]) -> str:
    inner = _alone(document, schema)
    kind = str(inner.get("format") or inner.get("type") or "object")
    if kind == "array":
        return f"list of {_kind(document, inner.get('items', {}))}"
    return kind


def _example(document: Document, schema: Mapping[str, Any]) -> Any:
    """A request that could be sent: the examples of the fields, of those that are required or have one."""
    whole = _alone(document, schema)
    if whole.get("examples"):
        return whole["examples"][0]
    if whole.get("type") == "array":
        return [_example(document, whole.get("items", {}))]
    if "properties" not in whole:
        return {"date-time": "2026-11-25T14:30:00+05:30"}.get(whole.get("format", ""), "")
    required = set(whole.get("required", ()))
    return {
        name: _example(document, {**member})
        for name, member in whole["properties"].items()
        if name in required or member.get("examples")
    }
