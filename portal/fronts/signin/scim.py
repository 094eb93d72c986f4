"""SCIM 2.0 (RFC 7643, 7644): the company's directory deactivates a staff login here, and can do nothing else.

No login is created, no name, address or role changed, and none that ended begins again: invitations and roles stay with two
people. Off while SCIM_TOKENS is empty.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from portal.kernel.core import clock
from portal.kernel.core.actor import system
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.core.requests import actor_of
from portal.kernel.core.strict_json import loads
from portal.kernel.people.models import User
from portal.kernel.people.services import staff

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
_API: Final = "urn:ietf:params:scim:api:messages:2.0"
#: A token that is shorter can be guessed, and counts for nothing.
SHORTEST_TOKEN: Final = 32
MOST: Final = 100
_FILTER: Final = re.compile(r'\s*userName\s+eq\s+"([^"\\]{1,254})"\s*', re.IGNORECASE)
_OFF: Final = {False, "false", "False"}
_ON: Final = {True, "true", "True"}
_NO_CHANGE: Final = "Only active can be changed here, and only to false."
View = Callable[..., HttpResponse]


class Wrong(Exception):
    """What the directory sent cannot be done: an error of RFC 7644, 3.12."""

    def __init__(self, status: HTTPStatus, detail: str, kind: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind


def _answer(said: dict[str, Any], status: int = HTTPStatus.OK) -> HttpResponse:
    return JsonResponse(said, status=status, content_type="application/scim+json")


def _error(wrong: Wrong) -> HttpResponse:
    said = {"schemas": [f"{_API}:Error"], "status": str(int(wrong.status)), "detail": wrong.detail}
    answer = _answer({**said, **({"scimType": wrong.kind} if wrong.kind else {})}, wrong.status)
    if wrong.status == HTTPStatus.UNAUTHORIZED:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _name_of(given: str) -> str:
    """The name of the token that was given: the first eight characters of its SHA-256; empty for one that is not known.

    Compared by digest, every token each time: how long it takes says nothing.
    """
    asked, name = hashlib.sha256(given.encode()).digest(), ""
    for token in settings.SCIM_TOKENS:
        digest = hashlib.sha256(token.encode()).digest()
        if hmac.compare_digest(asked, digest) and len(token) >= SHORTEST_TOKEN:
            name = digest.hex()[:8]
    return name


def _for_the_directory(**views: View) -> View:
    """One address: its view by method, for whoever has a token. Raises Http404 while there is none."""

    @csrf_exempt
    @wraps(next(iter(views.values())))
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SCIM_TOKENS:
            raise Http404
        scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
        try:
            name = _name_of(token.strip())
            if scheme.lower() != "bearer" or not name:
                raise Wrong(HTTPStatus.UNAUTHORIZED, "A bearer token is needed.")
            request.actor = system(f"signin.scim:{name}")  # type: ignore[attr-defined]
            if request.method not in views:
                raise Wrong(HTTPStatus.METHOD_NOT_ALLOWED, "This portal only takes deactivations from a directory.")
            return views[request.method](request, *args, **kwargs)
        except Wrong as wrong:
            return _error(wrong)

    return view


def _shown(user: User) -> dict[str, Any]:
    where = f"{str(settings.SITE_URL).rstrip('/')}/scim/v2/Users/{user.pk}"
    meta = {"resourceType": "User", "location": where}
    return {"schemas": [USER], "id": str(user.pk), "userName": user.email, "active": user.is_active, "meta": meta}


def _listed(resources: list[dict[str, Any]], *, total: int | None = None, start: int = 1) -> HttpResponse:
    return _answer(
        {
            "schemas": [f"{_API}:ListResponse"],
            "totalResults": len(resources) if total is None else total,
            "startIndex": start,
            "itemsPerPage": len(resources),
            "Resources": resources,
        }
    )


def _number(request: HttpRequest, name: str, default: int) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else default


def _find(request: HttpRequest) -> HttpResponse:
    """Staff logins, all or the one with an address (``userName eq "..."``); no other filter is answered."""
    rows = User.objects.filter(is_staff=True).order_by("pk")
    if asked := request.GET.get("filter", ""):
        found = _FILTER.fullmatch(asked)
        if found is None:
            raise Wrong(HTTPStatus.BAD_REQUEST, 'The only filter is: userName eq "address".', "invalidFilter")
        rows = rows.filter(email__iexact=found[1])
    start, count = max(1, _number(request, "startIndex", 1)), min(MOST, _number(request, "count", MOST))
    page = rows[start - 1 : start - 1 + count]
    return _listed([_shown(user) for user in page], total=rows.count(), start=start)


def _of(number: int) -> User:
    user = User.objects.filter(pk=number, is_staff=True).first()
    if user is None:
        raise Wrong(HTTPStatus.NOT_FOUND, "User not found.")
    return user


def _one(request: HttpRequest, number: int) -> HttpResponse:
    return _answer(_shown(_of(number)))


def _change(request: HttpRequest, number: int) -> HttpResponse:
    """PATCH: ``active`` false deactivates; anything else is refused and nothing is changed."""
    user = _of(number)
    try:
        sent = loads(request.body)
    except ValueError:
        raise Wrong(HTTPStatus.BAD_REQUEST, "The body is no JSON.", "invalidSyntax") from None
    acts = sent.get("Operations") if isinstance(sent, dict) else None
    if not isinstance(acts, list) or not acts:
        raise Wrong(HTTPStatus.BAD_REQUEST, "The body has no Operations.", "invalidSyntax")
    wishes = [_active_of(act) for act in acts]
    if wishes[-1] is False:
        _deactivate(request, user)
    elif not user.is_active:
        raise Wrong(HTTPStatus.BAD_REQUEST, "A login that ended does not begin again: invite the person.", "mutability")
    return _answer(_shown(_of(number)))


def _active_of(act: Any) -> bool:
    """What an operation says of ``active``, in the three spellings that directories use."""
    if not isinstance(act, dict) or str(act.get("op", "")).lower() not in {"replace", "add"}:
        raise Wrong(HTTPStatus.BAD_REQUEST, _NO_CHANGE, "mutability")
    value = act.get("value")
    if "path" not in act and isinstance(value, dict) and set(value) == {"active"}:
        value = value["active"]
    elif act.get("path") != "active":
        raise Wrong(HTTPStatus.BAD_REQUEST, _NO_CHANGE, "mutability")
    if not isinstance(value, bool | str) or value not in _OFF | _ON:
        raise Wrong(HTTPStatus.BAD_REQUEST, "active is true or false.", "invalidValue")
    return value in _ON


def _deactivate(request: HttpRequest, user: User) -> None:
    """End the login (``people.services.staff.deactivate``); one that ended already stays as it is.

    Raises Wrong for the last administrator, of which an alert tells: whoever has the token must not shut everybody out.
    """
    by: dict[str, Any] = {"actor": actor_of(request), "now": clock.now()}
    if user.is_active:
        try:
            staff.deactivate(user=user, **by)
        except LostRace:
            return
        except Refused as refused:
            staff.note_refused_deactivation(user=user, **by)
            raise Wrong(HTTPStatus.FORBIDDEN, str(refused)) from None


def _remove(request: HttpRequest, number: int) -> HttpResponse:
    """DELETE deactivates: what the person did stays provable."""
    _deactivate(request, _of(number))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _config(request: HttpRequest) -> HttpResponse:
    no = {"supported": False}
    scheme = {"type": "oauthbearertoken", "name": "Bearer token", "description": "SCIM_TOKENS of the portal"}
    return _answer(
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": True},
            "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": True, "maxResults": MOST},
            "changePassword": no,
            "sort": no,
            "etag": no,
            "authenticationSchemes": [scheme],
        }
    )


_TYPE: Final = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    "id": "User",
    "name": "User",
    "endpoint": "/Users",
    "schema": USER,
}


def _attribute(name: str, kind: str, mutability: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": name == "userName",
        "caseExact": False,
        "mutability": mutability,
        "returned": "default",
        "uniqueness": "server" if name == "userName" else "none",
    }


_SCHEMA: Final = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    "id": USER,
    "name": "User",
    "attributes": [_attribute("userName", "string", "readOnly"), _attribute("active", "boolean", "readWrite")],
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("ServiceProviderConfig", _for_the_directory(GET=_config), name="scim-config"),
    path("ResourceTypes", _for_the_directory(GET=lambda request: _listed([_TYPE])), name="scim-types"),
    path("Schemas", _for_the_directory(GET=lambda request: _listed([_SCHEMA])), name="scim-schemas"),
    path("Users", _for_the_directory(GET=_find), name="scim-users"),
    path("Users/<int:number>", _for_the_directory(GET=_one, PATCH=_change, DELETE=_remove), name="scim-user"),
]
