"""``/api/v1/``: what other systems may ask and tell. Each part brings its router; keys decide who, problems say no."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.views.decorators.http import require_safe
from ninja import Field, NinjaAPI, Schema

from consent.decisions.services import decision_keys
from portal.fronts.api import (
    consent_managers,
    consents,
    decisions,
    delivery_reports,
    do_not_disturb,
    grievances,
    inbound_mail,
    inbound_messages,
    keys,
    kyc,
    nominees,
    openapi_docs,
    opt_outs,
    problem_responses,
    provider_responses,
    recipients,
    request_schemas,
    senders,
)
from portal.fronts.api.keys import Key, holder
from portal.kernel.core import problem_details


class PortalAPI(NinjaAPI):
    """Says of every operation what its errors look like: the same problem for all of them."""

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> Any:
        document = super().get_openapi_schema(*args, **kwargs)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = problem_responses.described(problem_details.SCHEMA)
        document["paths"] = openapi_docs.hoisted(document["paths"], schemas)
        content = {problem_details.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in document["paths"].values():
            for operation in operations.values():
                openapi_docs.mark_needed(operation)
                operation["responses"]["default"] = {"description": "A problem (RFC 9457)", "content": content}
                if "application/json" in operation.get("requestBody", {}).get("content", {}):
                    operation["responses"]["400"] = {"description": problem_responses.UNREADABLE, "content": content}
        return document


api = PortalAPI(
    title="Onesetu compliance portal",
    version="1",
    description="Consent decisions, consents and their proofs. Every error is a problem (RFC 9457).",
    urls_namespace="api-v1",
    auth=Key(),
    parser=request_schemas.StrictParser(),
    docs_url=None,
    docs_decorator=require_safe,
)
problem_responses.install(api)
api.add_exception_handler(keys.TooMany, keys.too_many)
api.add_router("", decisions.router)
api.add_router("", consents.router)
api.add_router("", delivery_reports.router)
api.add_router("", recipients.router)
api.add_router("", inbound_messages.router)
api.add_router("", inbound_mail.router)
api.add_router("", opt_outs.router)
api.add_router("", consent_managers.router)
api.add_router("", do_not_disturb.router)
api.add_router("", provider_responses.router)
api.add_router("", senders.router)
api.add_router("", kyc.router)
api.add_router("", grievances.router)
api.add_router("", nominees.router)


class DecisionKeyOut(Schema):
    """A key that signed decisions are, or were, checked with."""

    key: str
    since: datetime | None


class KeyOut(Schema):
    """What a key is worth."""

    fiduciary: str
    scopes: list[str]
    expires_at: datetime
    decision_key: str = Field(description="The Ed25519 key, in hex, that signed decisions are checked with")
    decision_keys: list[DecisionKeyOut] = Field(description="That key and every earlier one, the newest first")


@api.get("/key", response=KeyOut, summary="What this key may do", operation_id="read_key")
def read_key(request: HttpRequest) -> KeyOut:
    """For whom the key stands, what it may do and until when."""
    key, known = holder(request), decision_keys.known()
    return KeyOut(
        fiduciary=key.fiduciary,
        scopes=sorted(key.scopes),
        expires_at=key.expires_at,
        decision_key=known[0].key,
        decision_keys=[DecisionKeyOut(key=one.key, since=one.since) for one in known],
    )
