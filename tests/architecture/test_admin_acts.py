"""Every act in the admin passes the one seam that tells field, old and new value (``portal.core.changes``)."""

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from portal.core import changes, hooks
from portal.core.actor import staff
from portal.core.admin import StaffModelAdmin
from portal.core.admin.actions import actions_of
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

ADMINS = sorted(admin.site._registry.items(), key=lambda item: item[0]._meta.label)
ACTS = [pytest.param(a, act, id=f"{m._meta.label}.{act.name}") for m, a in ADMINS for act in actions_of(a)]


@pytest.mark.parametrize(("page", "act"), ACTS)
@pytest.mark.django_db
def test_every_act_on_a_row_watches_the_row_and_tells_what_was_entered(page, act, monkeypatch):
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(hooks.act_done, "_answer", lambda **said: told.append(said))
    monkeypatch.setattr(page.admin_site, "each_context", lambda request: {})
    row = page.model()
    seen: list[Any] = []

    def run(*args: Any) -> None:
        changes.watch_row(row)
        seen.extend(known for known, _values in changes._watch.get().rows)

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


@pytest.mark.django_db
def test_every_post_to_a_page_of_staff_is_watched(monkeypatch):
    watched: list[str] = []
    plain = changes.watching
    # Whether a post is watched is decided before its page is written out.
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda *_args, **_context: "")
    monkeypatch.setattr(admin.site, "each_context", lambda _request: {})
    monkeypatch.setattr(changes, "watching", lambda *args, **kw: watched.append(page) or plain(*args, **kw))
    every = addresses(list(get_resolver().url_patterns))
    pages = sorted({f"/{path}" for path in every if path.startswith("admin/")} - NO_ACTS)
    assert len(pages) > 100
    client = staff_client(StaffFactory(roles=["administrator", "data_protection_officer"]))
    client.raise_request_exception = False
    for page in pages:
        client.post(page)
    assert sorted(set(pages) - set(watched)) == []


#: Sign-in and out are the sign-in room's; the script of the library's own date widget reads no form.
NO_ACTS = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}
