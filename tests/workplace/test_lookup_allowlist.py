"""What the address of a list may ask: every list of the admin, every path of fields two deep, every role."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from portal.fronts.workplace.models import SavedView
from portal.kernel.core.admin import lookup_allowlist
from portal.kernel.core.admin.lists import rows_of
from portal.kernel.core.admin.lookup_allowlist import credentials_in_reach, is_credential, reaches_credential
from portal.kernel.people.models import Role, RoleGrant, User
from tests.people.factories import StaffFactory
from tests.shipped import every_role
from tests.signin.people_who_sign_in import staff_client

PAGES = sorted(admin.site._registry.values(), key=lambda page: page.opts.label)
#: Ways to ask about a column letter by letter, by size, by pattern, by form.
WAYS = ("", "__exact", "__startswith", "__contains", "__regex", "__gt", "__lt", "__in", "__isnull", "__iexact")


def fields_within(model, depth):
    """Every path from the model of at most ``depth`` relations, forwards and back, with the field it ends at."""
    for field in model._meta.get_fields(include_hidden=False):
        name = field.name
        yield name, field
        if field.is_relation and depth and field.related_model is not None:
            for path, last in fields_within(field.related_model, depth - 1):
                yield f"{name}__{path}", last


def named_by(page):
    """The paths that the page itself offers."""
    offered = {one if isinstance(one, str) else one[0] for one in page.list_filter if isinstance(one, str | tuple)}
    return {*offered, *page.linked_lookups, page.date_hierarchy, page.opts.pk.name}


def read_by_itself(page):
    """The names that a filter of its own reads: they are no look-up of a column."""
    return {one.parameter_name for one in page.list_filter if isinstance(one, type)}


def asked(query, user=None):
    request = RequestFactory().get("/", query)
    request.user = user or AnonymousUser()
    return request


@pytest.fixture
def roles(db):
    """One login of every role that there is."""
    every_role()
    return {code: StaffFactory(roles=[code]) for code in Role.objects.values_list("code", flat=True)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.label)
def test_a_list_answers_only_what_it_offers(page, roles):
    """Every field two relations away, asked in every way, by every role: the filters of the page or nothing."""
    offered, own = named_by(page), read_by_itself(page)
    for user in roles.values():
        filters = page.get_list_filter(asked({}, user))
        allowed = lookup_allowlist.allowed_lookups(page, filters)
        request = asked({}, user)
        for path, field in fields_within(page.model, 2):
            for way in WAYS if user is roles["auditor"] else ("__startswith",):
                lookup = path + way
                if lookup not in allowed or lookup in own:
                    continue
                assert {path, lookup, path.rpartition("__")[0]} & offered, lookup
                assert way not in {"__startswith", "__contains", "__regex", "__iexact"}, lookup
                assert not is_credential(field), lookup
        assert not page.lookup_allowed("pk__startswith", "1", request)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.label)
def test_no_list_answers_about_a_credential(page, db):
    """Asked of the list itself, as a queue, a kept view, an export and its page do."""
    reached = [path for path, field in fields_within(page.model, 2) if not field.is_relation and is_credential(field)]
    for path in reached:
        for way in ("", "__startswith", "__gt", "__isnull"):
            with pytest.raises(IncorrectLookupParameters):
                rows_of(asked({}, AnonymousUser()), page.opts.label, f"{path}{way}=1")
        assert not page.to_field_allowed(asked({}), path)


def test_the_walk_reaches_credentials():
    """Or the test above would pass for want of anything to refuse."""
    reached = {
        f"{field.model._meta.label}.{field.name}"
        for page in PAGES
        for _path, field in fields_within(page.model, 2)
        if not field.is_relation and is_credential(field)
    }
    assert {"people.User.password", "mfa.Authenticator.data", "people.ApiKey.key_sha256"} <= reached


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.opts.label)
def test_no_page_searches_orders_shows_or_exports_by_a_credential(page):
    assert credentials_in_reach(page) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("list_filter", ("password",)),
        ("search_fields", ("full_name", "^password")),
        ("ordering", ("-password",)),
        ("list_display", ("full_name", "password")),
        ("fields", ("full_name", ("email", "password"))),
        ("date_hierarchy", "password"),
        ("linked_lookups", ("password__startswith",)),
        ("search_fields", ("authenticator__data",)),
        ("search_fields", ("pk__password", "usersession__session_key")),
    ],
)
def test_a_page_that_reaches_a_credential_is_no_fit_page(option, value, monkeypatch):
    page = admin.site.get_model_admin(User)
    monkeypatch.setattr(type(page), option, value)
    assert [error.id for error in lookup_allowlist.check_pages(None)] == ["core.E022"]


def test_a_page_without_the_allow_list_is_no_fit_page():
    admin.site.register(Authenticator)
    try:
        assert [error.id for error in lookup_allowlist.check_pages(None)] == ["core.E023"]
    finally:
        admin.site.unregister(Authenticator)


@pytest.mark.parametrize(
    "query",
    [
        {"password__startswith": "argon2"},
        {"password__regex": "^a"},
        {"password__gt": "a"},
        {"email__startswith": "a"},
        {"authenticator__data__contains": "a"},
        {"usersession__session_key__startswith": "a"},
        {"role_grants__granted_at__gt": "2020-01-01"},
        {"pk__startswith": "1"},
        {"_to_field": "password"},
    ],
)
def test_the_list_of_logins_answers_no_guess(query, db):
    every_role()
    client = staff_client(StaffFactory(roles=["auditor"]))
    assert client.get("/admin/people/user/", query).status_code == 400
    # An export leads back to its list, but for the field that no look-up may name.
    assert client.get("/admin/people/user/export/", query).status_code == (400 if "_to_field" in query else 302)
    assert client.get("/admin/people/user/", {"is_active__exact": "1"}).status_code == 200


@pytest.mark.parametrize("path", ["/admin/people/signin/", "/admin/people/rolegrant/", "/admin/people/apikey/"])
def test_no_list_leads_to_a_colleagues_hash(path, db):
    every_role()
    client = staff_client(StaffFactory(roles=["auditor"]))
    assert client.get(path).status_code == 200
    for name in ("user__password", "made_by__password", "owner__password"):
        assert client.get(path, {f"{name}__startswith": "argon2"}).status_code == 400


def test_no_kept_view_and_no_export_takes_the_guess(db):
    every_role()
    client = staff_client(StaffFactory(roles=["auditor", "grievance_officer"]))
    given = {"name": "One", "query": "password__startswith=argon2"}
    client.post("/admin/views/save/people.user/", given)
    assert not SavedView.objects.filter(query__contains="password").exists()
    # A right guess and a wrong one get the same way back to the whole list: neither is read, nothing is taken away.
    for guess in ("argon2", "zzz"):
        answer = client.get(f"/admin/people/user/export/?password__startswith={guess}")
        assert (answer.status_code, answer["Location"]) == (302, "/admin/people/user/?e=1")


def test_a_table_of_a_library_is_reached_through_a_relation():
    assert reaches_credential(User, "authenticator__data__secret")
    assert reaches_credential(RoleGrant, "user__password__startswith")
    assert not reaches_credential(RoleGrant, "user__full_name")
