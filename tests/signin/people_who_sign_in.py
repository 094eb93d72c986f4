"""Ways to be signed in, for every test that opens a page."""

import base64
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import hashers, tokens
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.fronts.signin.adapters import MfaAdapter
from portal.fronts.signin.mfa_status import LAST_COUNTER
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import ciphers, clock
from portal.kernel.people import step_up_codes
from portal.kernel.people.models import OneTimeCode, User
from portal.kernel.people.services import codes
from tests.people.factories import PASSWORD

SECRET = base64.b32encode(b"a secret of twenty b").decode()


def with_factor(user: User) -> Authenticator:
    """Give a staff login an authenticator app with a known secret."""
    return Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": MfaAdapter().encrypt(SECRET)}
    )


def totp(secret: str = SECRET) -> str:
    """The six digits that the app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def next_code(user: User) -> None:
    """As if half a minute had gone by: the code that the app shows now was not used yet."""
    cache.clear()
    for factor in Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP):
        factor.data.pop(LAST_COUNTER, None)
        factor.save(update_fields=["data"])


#: What a request writes besides the records that staff change: sessions, traces, and what follows by itself.
NO_RECORDS = re.compile(r"django_session|usersessions_|audit_|ledger_|outbox_|law_clock")
WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')


class StaffBrowser(Client):
    """A browser that fails the test when an act in the admin changes a record and no audit event says which field."""

    def post(self, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        with CaptureQueriesContext(connection) as seen:
            answer = super().post(path, *args, **kwargs)
        written = {found[1] for query in seen.captured_queries if (found := WRITES.match(query["sql"]))}
        records = {table for table in written if not NO_RECORDS.match(table)}
        if path.startswith("/admin/") and records:
            told = AuditEvent.objects.filter(pk__gt=last, facts__has_key="changed")
            events = AuditEvent.objects.filter(pk__gt=last)
            undone = not events and any(query["sql"].startswith("ROLLBACK") for query in seen.captured_queries)
            assert told or undone, f"{path} changed {records} and told no field: {[e.kind for e in events]}"
        return answer


def staff_client(user: User, *, browser: type[Client] = StaffBrowser) -> Client:
    """A browser in which a staff member is signed in and has shown the second factor: the session as the pages leave it."""
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first() or with_factor(user)
    client = browser()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session: Any = client.session
    shown = {"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"}
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [shown]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


def staff_through_pages(user: User) -> Client:
    """A browser in which a staff member signed in with password and second factor, through the pages."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        with_factor(user)
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    next_code(user)
    answer = client.post(reverse("mfa_authenticate"), {"code": totp()})
    assert answer.status_code == 302, answer.content
    return client


@dataclass(frozen=True)
class Work:
    """What a request cost, as far as a clock outside could tell: statements, keyed hashes, password hashes, tasks."""

    statements: list[str]
    hashes: list[str]
    tasks: list[str]


def work_of(act: Callable[[], object]) -> Work:
    """Do it and count. Values differ between any two calls and are left out of the statements."""
    hashes: list[str] = []
    sent: list[str] = []

    def counting(module: Any, name: str) -> Any:
        plain = getattr(module, name)
        return patch.object(module, name, lambda *args, **kw: hashes.append(name) or plain(*args, **kw))

    with ExitStack() as watched:
        seen = watched.enter_context(CaptureQueriesContext(connection))
        watched.enter_context(counting(ciphers, "_indexer"))
        watched.enter_context(counting(type(hashers.get_hasher()), "encode"))
        watched.enter_context(counting(tokens, "salted_hmac"))
        for room in (
            "portal.fronts.signin.views.customers",
            "portal.fronts.signin.forms",
            "portal.kernel.people.services.signin_attempts",
        ):
            watched.enter_context(patch(f"{room}.enqueue", lambda name, *args: sent.append(name)))
        act()
    plain = [
        re.sub(r"s\d+_x\d+|_django_curs_\w+|X'[^']*'|'[^']*'|\s?-?\b\d+\b", "?", query["sql"])
        for query in seen.captured_queries
    ]
    return Work(plain, hashes, sent)


def customer_client(user: User, *, proven: bool = True) -> Client:
    """A browser in which a customer is signed in, by a code a moment ago; without ``proven`` longer ago than that counts."""
    client: Any = Client()
    client.force_login(user, backend="portal.fronts.signin.backends.CustomerBackend")
    if proven:
        session: Any = client.session
        session[step_up_codes.PROVEN] = clock.now().timestamp()
        session.save()
    return client


def confirmed(client: Client, path: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
    """Post, and where the page asks for a code, post the same again with the one that was sent."""
    answer = client.post(path, data or {}, **extra)
    if b"proof_code" not in answer.content:
        return answer
    code = OneTimeCode.objects.filter(purpose="act", used_at=None).latest("pk")
    return client.post(path, {**(data or {}), "proof_code": codes.plain(code)}, **extra)
