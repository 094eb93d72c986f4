"""How old the factor of a staff session may be at an act, and how it is shown again without losing what was typed."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import ResolverMatch, get_resolver, reverse

from portal.fronts.signin import passkeys, session_limits
from portal.fronts.signin.factor_prompt import CODE
from portal.fronts.signin.middleware import SEEN
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.people.models import RoleProposal
from portal.kernel.people.services import factor_ages
from tests.architecture.test_admin_acts import addresses
from tests.people.factories import PASSWORD, CustomerUserFactory, StaffFactory, shipped_role
from tests.signin.people_who_sign_in import next_code, staff_client, staff_through_pages, totp

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loaded():
    cache.clear()
    call_command("sync_rules", verbosity=0)


def aged(client, **age):
    """As if the session had shown its factor so long ago, and had been used all the time since."""
    session = client.session
    for record in session[login.AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= timedelta(**age).total_seconds()
    session.save()
    return client


def proposing(client, person, **more):
    said = {
        "role": shipped_role("kyc_maker").pk,
        "why": "Joins the desk.",
        "answer": "1",
        "_selected_action": person.pk,
    }
    return client.post(reverse("admin:people_user_do_one", args=[person.pk, "propose-role"]), {**said, **more})


def carried(answer):
    """The fields that the page sends again, as a browser reads them."""
    page = answer.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def test_a_role_is_proposed_with_a_factor_of_the_last_five_minutes_only():
    maker, person = StaffFactory(roles=["administrator"]), StaffFactory()
    client = aged(staff_client(maker), minutes=4)
    proposing(client, person)
    assert RoleProposal.objects.count() == 1
    other = StaffFactory()
    answer = proposing(aged(client, minutes=2), other)
    assert "Confirm that it is you" in answer.content.decode()
    assert RoleProposal.objects.count() == 1


def test_the_right_code_does_the_act_with_everything_that_was_typed():
    maker, person = StaffFactory(roles=["administrator"]), StaffFactory()
    client = aged(staff_client(maker, browser=Client), minutes=6)
    asked = proposing(client, person)
    kept = carried(asked)
    assert kept["why"] == "Joins the desk."
    assert "csrfmiddlewaretoken" not in {name for name in kept if kept[name] == ""}
    path = reverse("admin:people_user_do_one", args=[person.pk, "propose-role"])
    wrong = client.post(path, {**kept, CODE: "000000"})
    assert wrong.status_code == 422
    assert carried(wrong)["why"] == "Joins the desk."
    assert not RoleProposal.objects.exists()
    next_code(maker)
    client.post(path, {**kept, CODE: totp()})
    assert RoleProposal.objects.get().why == "Joins the desk."
    proposing(client, StaffFactory())
    assert RoleProposal.objects.count() == 2, "for five minutes nobody is asked again"


def test_wrong_codes_at_this_page_count_and_lock(postbox):
    maker, person = StaffFactory(roles=["administrator"]), StaffFactory()
    client = aged(staff_client(maker, browser=Client), minutes=6)
    kept = carried(proposing(client, person))
    path = reverse("admin:people_user_do_one", args=[person.pk, "propose-role"])
    for _ in range(5):
        cache.clear()
        client.post(path, {**kept, CODE: "000000"})
    next_code(maker)
    answer = client.post(path, {**kept, CODE: totp()})
    assert answer.status_code == 422
    assert not RoleProposal.objects.exists()
    assert AuditEvent.objects.filter(kind="signin.login.locked").exists()


def test_an_answer_to_anything_else_asks_for_a_factor_of_the_last_eight_hours():
    assert factor_ages.greatest("registers.book.enter", now=clock.now()) == timedelta(hours=8)
    for act in ("people.role.change", "people.api_key.issue", "jobs.list.unmask", "retention.run.carry_out"):
        assert factor_ages.greatest(act, now=clock.now()) == timedelta(minutes=5)


@pytest.mark.parametrize(("hours", "is_asked"), [(7.9, False), (8.1, True)])
def test_the_table_is_asked_in_a_session_and_nowhere_else(hours, is_asked):
    factor_ages.require("registers.book.enter", now=clock.now())
    at = clock.now().timestamp() - hours * 3600
    token = factor_ages.shown.set(lambda: at)
    try:
        if is_asked:
            with pytest.raises(factor_ages.FactorTooOld):
                factor_ages.require("registers.book.enter", now=clock.now())
        else:
            factor_ages.require("registers.book.enter", now=clock.now())
    finally:
        factor_ages.shown.reset(token)


def test_after_thirty_idle_minutes_the_session_ends_and_its_factor_with_it():
    """Were a session to rest longer, its factor would need an idle time of its own: see the decision on ages of factors."""
    assert session_limits.of(True, now=clock.now())[0] <= timedelta(minutes=30).total_seconds()
    maker, person = StaffFactory(roles=["administrator"]), StaffFactory()
    client = staff_client(maker, browser=Client)
    client.get("/admin/")
    session = client.session
    session[SEEN] -= 30 * 60
    session.save()
    assert proposing(client, person).url.startswith(reverse("admin:login"))
    client.post(reverse("account_login"), {"login": maker.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302, "the factor of the session that ended opens nothing"
    assert not RoleProposal.objects.exists()


def probed(monkeypatch, probe):
    """Every address leads to this view, behind all middleware."""
    match = ResolverMatch(probe, (), {})
    monkeypatch.setattr("django.core.handlers.base.BaseHandler.resolve_request", lambda handler, request: match)


def test_a_staff_session_is_asked_for_a_fresh_factor_wherever_an_address_lies(monkeypatch):
    """At each address of the configuration. Pages of customers take a staff login for a stranger, the short way for machines knows
    no session: there nobody of the staff acts.
    """
    found = {f"/{path}" for path in addresses(list(get_resolver().url_patterns))}
    first = {"/".join(path.split("/")[:4]): path for path in sorted(found)}
    passed = []

    def probe(request):
        factor_ages.require("people.role.change", now=clock.now())
        passed.append((request.path, getattr(request, "user", None)))
        return HttpResponse(status=204)

    client = aged(staff_client(StaffFactory(roles=["administrator"]), browser=Client), minutes=6)
    probed(monkeypatch, probe)
    asked = {path for path in first.values() if client.get(path).status_code == 302}
    assert {path for path, user in passed if user is not None and user.is_staff} == set()
    assert {"/metrics", "/readyz", "/scim/v2/Schemas", "/demo/"} < asked
    assert {path.split("/")[1] for path in found} == {path.split("/")[1] for path in asked} | {"privacy"}


def test_outside_the_pages_of_staff_too_the_right_code_does_the_act_with_what_was_typed(monkeypatch):
    user, done = StaffFactory(roles=["administrator"]), []

    def act(request):
        factor_ages.require("people.role.change", now=clock.now())
        done.append(request.POST["why"])
        return HttpResponse(status=204)

    client = aged(staff_client(user, browser=Client), minutes=6)
    probed(monkeypatch, act)
    asked = client.post("/elsewhere/", {"why": "Because."})
    assert "Confirm that it is you" in asked.content.decode()
    next_code(user)
    assert client.post("/elsewhere/", {**carried(asked), CODE: totp()}).status_code == 204
    assert done == ["Because."]
    assert Client().post("/elsewhere/", {"why": "No session."}).status_code == 204


def test_every_act_of_the_table_is_one_that_two_people_do_or_is_asked_by_name():
    call_command("sync_roles", verbosity=0)
    from portal.kernel.people.models import FourEyesRule

    known = set(FourEyesRule.objects.values_list("act", flat=True))
    assert set(factor_ages.GREATEST) - known == {factor_ages.OWN_FACTORS, factor_ages.LOOKUP_KEYS}


@pytest.mark.parametrize("name", ["mfa_add_webauthn", "mfa_generate_recovery_codes", "mfa_activate_totp"])
def test_own_factors_are_changed_with_a_factor_shown_now_and_a_password_is_not_enough(name):
    user = StaffFactory(roles=["administrator"])
    client = aged(staff_client(user), minutes=6)
    if name == "mfa_activate_totp":
        Authenticator.objects.filter(user=user).update(type="webauthn")
    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] += [
        {"method": "password", "at": clock.now().timestamp(), "reauthenticated": True}
    ]
    session.save()
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    with_passkey = name == "mfa_activate_totp"
    assert answer.url.startswith(reverse("mfa_reauthenticate_webauthn" if with_passkey else "mfa_reauthenticate"))
    assert Authenticator.objects.filter(user=user).count() == 1


def test_a_person_with_passkeys_alone_is_asked_for_one_of_them():
    user = StaffFactory(roles=["administrator"])
    client = aged(staff_client(user), minutes=6)
    Authenticator.objects.filter(user=user).update(type="webauthn")
    answer = client.get(reverse("mfa_add_webauthn"))
    assert answer.url.startswith(reverse("mfa_reauthenticate_webauthn"))
    assert client.get(reverse("signin:second-factor")).url.startswith(reverse("mfa_reauthenticate_webauthn"))


def shown_with(client, *records):
    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = list(records)
    session.save()
    return client


def passkey(user, name="Laptop"):
    return Authenticator.objects.create(user=user, type="webauthn", data={"name": name, "credential": {}})


def test_a_factor_that_the_companys_provider_asked_for_opens_the_pages_and_counts_for_no_act():
    maker, person = StaffFactory(roles=["administrator"]), StaffFactory()
    now = clock.now().timestamp()
    opened = {"method": "socialaccount", "at": now, "provider": "company", "uid": "subject-7"}
    client = shown_with(staff_client(maker), opened, {"method": "mfa", "at": now, "type": "company"})
    assert client.get("/admin/").status_code == 302, "the company login that opened the session is not bound"
    SocialAccount.objects.create(user=maker, provider="company", uid="subject-7")
    assert client.get("/admin/").status_code == 200
    assert "Confirm that it is you" in proposing(client, person).content.decode()
    assert not RoleProposal.objects.exists()


def test_a_removed_passkey_ends_the_other_sessions_and_counts_in_this_one_no_more(postbox):
    user = StaffFactory(roles=["administrator"])
    client, other = staff_client(user), staff_through_pages(user)
    key = passkey(user)
    shown_with(client, {"method": "mfa", "at": clock.now().timestamp(), "id": key.pk, "type": "webauthn"})
    for browser in (client, other):
        assert browser.get("/admin/").status_code == 200
    assert client.post(reverse("mfa_remove_webauthn", args=[key.pk])).status_code == 302
    assert not Authenticator.objects.filter(pk=key.pk).exists()
    assert AuditEvent.objects.filter(kind="signin.sessions.ended").count() == 1
    assert other.get(reverse("mfa_index")).status_code == 302
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get("/admin/").status_code == 302, "the passkey that opened it is gone"


def test_a_recovery_code_counts_as_long_as_the_login_has_a_factor():
    user = StaffFactory(roles=["administrator"])
    used = {"method": "mfa", "at": clock.now().timestamp(), "id": 987_654, "type": "recovery_codes"}
    client = shown_with(staff_client(user), used)
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.filter(user=user).delete()
    assert client.get("/admin/").status_code == 302


def _added(client, _key, monkeypatch):
    monkeypatch.setattr(passkeys.AddForm, "clean", lambda form: form.cleaned_data)
    made = lambda user, name, _credential: SimpleNamespace(instance=passkey(user, name))  # noqa: E731
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.WebAuthn.add", made)
    client.post(reverse("mfa_add_webauthn"), {"name": "Key", "credential": '{"id": "a"}'})


def _renamed(client, key, _monkeypatch):
    client.post(reverse("mfa_edit_webauthn", args=[key.pk]), {"name": "Key"})


def _made_anew(client, _key, _monkeypatch):
    client.post(reverse("mfa_generate_recovery_codes"))


def _removed(client, key, _monkeypatch):
    client.post(reverse("mfa_remove_webauthn", args=[key.pk]))


@pytest.mark.parametrize(
    ("act", "fails"),
    [
        (_added, "portal.fronts.signin.notifications.post"),
        (_added, "portal.fronts.signin.events.record"),
        (_made_anew, "portal.fronts.signin.notifications.post"),
        (_made_anew, "portal.fronts.signin.events.record"),
        (_renamed, "portal.fronts.signin.events.record"),
        (_removed, "portal.fronts.signin.notifications.post"),
        (_removed, "portal.kernel.people.services.sessions.record"),
    ],
)
def test_a_factor_is_not_changed_where_its_event_or_letter_cannot_be_written(act, fails, monkeypatch):
    user = StaffFactory(roles=["administrator"])
    client, other = staff_client(user), staff_through_pages(user)
    key = passkey(user)
    RecoveryCodes.activate(user)
    for browser in (client, other):
        browser.get("/admin/")
    before = list(Authenticator.objects.order_by("pk").values("pk", "data"))

    def broken(*_args, **_more):
        raise RuntimeError("no room")

    monkeypatch.setattr(fails, broken)
    with pytest.raises(RuntimeError, match="no room"):
        act(client, key, monkeypatch)
    assert list(Authenticator.objects.order_by("pk").values("pk", "data")) == before
    assert other.get(reverse("mfa_index")).status_code == 200


@pytest.mark.parametrize("fails", ["portal.fronts.signin.notifications.post", "portal.fronts.signin.events.record"])
def test_a_first_app_is_not_set_up_where_its_event_or_letter_cannot_be_written(fails, monkeypatch):
    user = StaffFactory(roles=["administrator"])
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret

    def broken(*_args, **_more):
        raise RuntimeError("no room")

    monkeypatch.setattr(fails, broken)
    with pytest.raises(RuntimeError, match="no room"):
        client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_made_has_one_event_and_one_letter(postbox):
    user = StaffFactory(roles=["administrator"])
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    assert client.get("/admin/").status_code == 200
    client.post(reverse("mfa_generate_recovery_codes"))
    events = AuditEvent.objects.filter(kind__in=["signin.mfa.added", "signin.recovery_codes.made"]).order_by("pk")
    made = [(event.kind, event.facts["method"]) for event in events]
    codes = ("signin.recovery_codes.made", "recovery_codes")
    assert made == [("signin.mfa.added", "totp"), codes, codes]
    assert postbox.kinds() == ["signin.factor_added", "signin.recovery_codes_made"]


@pytest.mark.parametrize("sent", ["", "{}", '"a"', "[1]", '{"rawId": 1, "response": {}}'])
def test_a_passkey_that_is_none_leads_back_to_the_same_page_with_what_is_wrong(sent):
    user = StaffFactory(roles=["administrator"])
    client = staff_client(user)
    Authenticator.objects.filter(user=user).update(type="webauthn")
    page = reverse("mfa_reauthenticate_webauthn")
    answer = client.post(f"{page}?next=/staff/sessions/", {"credential": sent})
    assert answer.url == f"{page}?next=%2Fstaff%2Fsessions%2F"
    assert "passkey" in client.get(reverse("signin:sessions")).content.decode()
    elsewhere = client.post(f"{page}?next=https://elsewhere.example/", {"credential": sent})
    assert "elsewhere" not in elsewhere.url


@pytest.mark.parametrize(
    "response", [{}, {"clientDataJSON": "bnVsbA", "authenticatorData": "AAAA", "attestationObject": "_w"}], ids=len
)
@pytest.mark.parametrize("named", [{"id": "YWI"}, {"id": "YWI", "rawId": "YWI", "type": "public-key"}], ids=len)
@pytest.mark.parametrize("page", ["mfa_login_webauthn", "mfa_reauthenticate_webauthn", "mfa_add_webauthn"])
def test_what_is_no_answer_of_a_browser_is_a_refusal_and_no_server_error(page, named, response):
    user = StaffFactory(roles=["administrator"])
    client = Client() if page == "mfa_login_webauthn" else staff_client(user)
    if page == "mfa_reauthenticate_webauthn":
        passkey(user)
    answer = client.post(reverse(page), {"name": "Key", "credential": json.dumps({**named, "response": response})})
    assert answer.status_code == (200 if page == "mfa_add_webauthn" else 302)
    assert Authenticator.objects.filter(type="webauthn").count() == (page == "mfa_reauthenticate_webauthn")


def test_the_way_back_leads_to_no_other_site():
    user = StaffFactory(roles=["administrator"])
    client = staff_client(user)
    next_code(user)
    answer = client.post(reverse("mfa_reauthenticate") + "?next=https://elsewhere.example/", {"code": totp()})
    assert answer.status_code == 302
    assert "elsewhere" not in answer.url


def test_a_customer_and_a_stranger_who_send_the_answer_reach_nothing(client):
    for browser in (client,):
        assert browser.post(reverse("admin:index"), {CODE: "000000"}).status_code in {302, 403, 405}
    client.force_login(CustomerUserFactory(), backend="portal.fronts.signin.backends.CustomerBackend")
    assert client.post(reverse("admin:index"), {CODE: "000000"}).status_code == 404
