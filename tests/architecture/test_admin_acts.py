"""Every act in the admin passes the one seam that tells field, old and new value (``portal.kernel.core.field_changes``)."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from portal.fronts.workplace import auditor_access
from portal.kernel.core import answers, field_changes
from portal.kernel.core.actor import staff
from portal.kernel.core.admin import StaffModelAdmin
from portal.kernel.core.admin.actions import actions_of
from tests.people.factories import StaffFactory

ADMINS = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
ACTS = [pytest.param(a, act, id=f"{m._meta.label}.{act.name}") for m, a in ADMINS for act in actions_of(a)]


@pytest.mark.parametrize(("page", "act"), ACTS)
@pytest.mark.django_db
def test_every_act_on_a_row_watches_the_row_and_tells_what_was_entered(page, act, monkeypatch):
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(answers.act_done, "_answer", lambda **said: told.append(said))
    monkeypatch.setattr(page.admin_site, "each_context", lambda request: {})
    row = page.model()
    seen: list[Any] = []

    def run(*args: Any) -> None:
        field_changes.watch_row(row)
        seen.extend(known for known, _values in field_changes._watch.get().rows)

    request = RequestFactory().post("/admin/")
    request.user = StaffFactory()
    request.actor = staff(request.user.pk)
    page._act(request, replace(act, run=run), [row], Mock(cleaned_data={"why": "A slip."}))
    assert len(seen) == 1
    assert seen[0] is row
    assert [(said["act"], said["changed"]) for said in told] == [(act.name, {"why": {"old": None, "new": "A slip."}})]


def test_every_page_of_the_admin_stands_on_the_base_that_watches():
    assert [model._meta.label for model, page in ADMINS if not isinstance(page, StaffModelAdmin)] == []


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    """Every address below, with 1 for what varies."""
    found: list[str] = []
    for pattern in patterns:
        simple = getattr(pattern.pattern, "_route", None)
        if simple is None:
            continue
        here = before + "".join("1" if part.startswith("<") else part for part in split(simple))
        found += addresses(pattern.url_patterns, here) if isinstance(pattern, URLResolver) else [here]
    return found


def split(route: str) -> list[str]:
    return route.replace("<", "\0<").replace(">", ">\0").split("\0")


class Watched(Exception):
    """A page has come to where its post is watched: what it does then is no matter of this test."""


def test_every_post_to_a_page_of_staff_is_watched(monkeypatch):
    def watching(*_args: Any, **_more: Any) -> None:
        raise Watched

    monkeypatch.setattr(field_changes, "watching", watching)
    monkeypatch.setattr(admin.site, "has_permission", lambda _request: True)
    # Of auditors' logins alone.
    monkeypatch.setattr(auditor_access, "require", lambda _request: None)
    every = addresses(list(get_resolver().url_patterns))
    pages = sorted({f"/{path}" for path in every if path.startswith("admin/")} - NO_ACTS)
    assert len(pages) > 1000
    unwatched = []
    for page in pages:
        request: Any = RequestFactory().post(page)
        request.actor, request._dont_enforce_csrf_checks = staff(1), True
        view, args, kwargs = request.resolver_match = resolve(page)
        with suppress(Watched):
            view(request, *args, **kwargs)
            unwatched.append(page)
    assert unwatched == []


#: Sign-in and out are the sign-in room's; the script of the library's own date widget reads no form.
NO_ACTS = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
