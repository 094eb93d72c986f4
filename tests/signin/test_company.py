"""Company sign-in by OIDC and SAML, with providers that run beside the tests; what is no proof opens nothing."""

import base64
import http.client
import json
import re
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from structlog.testing import capture_logs

from portal.fronts.signin import company
from portal.fronts.signin import provider as company_provider
from portal.fronts.signin.provider import digest
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import staff
from portal.kernel.people.services import staff as staff_services
from tests.people.factories import PASSWORD, CustomerUserFactory, StaffFactory
from tests.servers import identity
from tests.signin.people_who_sign_in import next_code, staff_client, staff_through_pages, totp, with_factor

pytestmark = pytest.mark.django_db
REFUSED = "/staff/sign-in/?company=refused"
MFA = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    cache.clear()
    monkeypatch.setattr(company_provider, "_kept", {})


@pytest.fixture
def person(postbox):
    user = StaffFactory(roles=["administrator"], email="meera@onesetu.example")
    with_factor(user)
    return user


@pytest.fixture(params=["oidc", "saml"])
def kind(request):
    return request.param


@pytest.fixture
def provider(kind, settings):
    """One of the two, set up, with one person in it."""
    settings.SITE_URL = "https://portal.example"
    settings.SIGNIN_COMPANY_DOMAINS = ["onesetu.example"]
    with getattr(identity, "openid" if kind == "oidc" else "saml")() as one:
        if kind == "oidc":
            settings.SIGNIN_OIDC_ISSUER, settings.SIGNIN_OIDC_CLIENT_ID = one.issuer, identity.CLIENT
            settings.SIGNIN_OIDC_CLIENT_SECRET = identity.SECRET
            settings.OUTGOING_PRIVATE_HOSTS = [urlsplit(one.issuer).netloc]
            one.person = {"sub": "meera-1", "email": "meera@onesetu.example", "email_verified": True}
        else:
            settings.SIGNIN_SAML_METADATA = one.entity
            settings.OUTGOING_PRIVATE_HOSTS = [urlsplit(one.address).netloc]
            one.person = {"subject": "meera-1", "email": "meera@onesetu.example"}
        yield one


def goes(client, url):
    """The client at an address of ours, as a provider named it."""
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}", secure=True)


def fetched(url):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["Location"]


def asked(client, kind, **query):
    return client.get(
        reverse("signin:company", args=[kind]) + (f"?{urlencode(query)}" if query else ""), secure=True
    ).url


def answered(client, provider, kind, url):
    if kind == "oidc":
        return goes(client, fetched(url))
    return posted(client, provider.answer_to(url))


def posted(client, answer):
    """The provider's page posts; a browser sends no session with it, and the redirect has one."""
    there = Client().post(reverse("signin:saml-answer"), {"SAMLResponse": answer}, secure=True)
    assert not there.cookies, "a new session would end the one that the browser has"
    return there if there.url == REFUSED else goes(client, there.url)


def signs_in(client, provider, kind, **query):
    return answered(client, provider, kind, asked(client, kind, **query))


def bind(user, provider, kind):
    issuer = provider.issuer if kind == "oidc" else provider.entity
    return SocialAccount.objects.create(user=user, provider=kind, uid=digest(issuer, "meera-1"), extra_data={})


def is_in(client):
    return client.get("/admin/", secure=True).status_code == 200


def shows_code(client, user):
    next_code(user)
    return client.post(reverse("mfa_authenticate"), {"code": totp()}, secure=True)


def test_a_bound_company_login_signs_in_and_our_factor_is_asked(client, provider, kind, person):
    bind(person, provider, kind)
    answer = signs_in(client, provider, kind, next="/staff/sessions/")
    assert answer.url == reverse("mfa_authenticate")
    assert not is_in(client)
    assert shows_code(client, person).url == "/staff/sessions/"
    assert is_in(client)
    assert AuditEvent.objects.get(kind="signin.login.succeeded").facts["method"] == "company"


def test_the_first_sign_in_binds_once_our_factor_was_shown_and_by_the_subject_alone_later(
    client, provider, kind, person, postbox
):
    signs_in(client, provider, kind)
    assert not SocialAccount.objects.exists()
    shows_code(client, person)
    row = SocialAccount.objects.get()
    assert (row.user, row.provider, row.extra_data) == (person, kind, {})
    assert "meera" not in row.uid
    assert AuditEvent.objects.filter(kind="signin.company.bound").count() == 1
    assert "signin.company_bound" in postbox.kinds()
    provider.person |= {"email": "somebody@elsewhere.example"}
    later = Client()
    assert signs_in(later, provider, kind).url == reverse("mfa_authenticate")


def test_two_browsers_of_one_company_login_bind_it_once(client, provider, kind, person, postbox):
    other = Client()
    for browser in (client, other):
        signs_in(browser, provider, kind)
    for browser in (client, other):
        assert shows_code(browser, person).url == "/admin/"
        assert is_in(browser)
    assert SocialAccount.objects.get().user == person
    assert AuditEvent.objects.filter(kind="signin.company.bound").count() == 1
    assert postbox.kinds().count("signin.company_bound") == 1


def with_another(provider, kind, **said):
    """The provider answers with another subject, or address, from now on."""
    names = {"subject": "sub"} if kind == "oidc" else {}
    provider.person |= {names.get(name, name): value for name, value in said.items()}


@pytest.mark.parametrize("what", ["two subjects for one login", "two logins for one subject"])
def test_of_two_browsers_that_begin_at_once_only_the_first_is_bound(client, provider, kind, person, what):
    other, raj = Client(), StaffFactory(email="raj@onesetu.example", roles=["administrator"])
    with_factor(raj)
    signs_in(client, provider, kind)
    if what.startswith("two subjects"):
        with_another(provider, kind, subject="somebody-else")
    else:
        with_another(provider, kind, email=raj.email)
    signs_in(other, provider, kind)
    assert shows_code(client, person).url == "/admin/"
    answer = shows_code(other, person if what.startswith("two subjects") else raj)
    assert answer.url == REFUSED
    assert (is_in(client), is_in(other)) == (True, False)
    assert SocialAccount.objects.get().user == person


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shared", ["login", "subject"])
def test_of_two_that_bind_at_the_same_moment_one_is_bound(monkeypatch, shared, postbox):
    monkeypatch.setattr("portal.fronts.signin.mfa_status.has_shown_second_factor", lambda request: True)
    for _ in range(4):
        people = [StaffFactory()] * 2 if shared == "login" else [StaffFactory(), StaffFactory()]
        uids = [secrets.token_hex(8)] * 2 if shared == "subject" else ["one", secrets.token_hex(8)]
        together, before = threading.Barrier(2), SocialAccount.objects.count()

        def binds(user, uid, together=together):
            request = RequestFactory().get("/")
            together.wait(timeout=10)
            try:
                return company._bind(request, user, "oidc", uid)
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=2) as pool:
            assert sorted(pool.map(binds, people, uids)) == [False, True]
        assert SocialAccount.objects.count() == before + 1
        SocialAccount.objects.filter(uid="one").delete()


def test_a_wrong_code_binds_nothing(client, provider, kind, person):
    signs_in(client, provider, kind)
    client.post(reverse("mfa_authenticate"), {"code": "000000"}, secure=True)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("counts", [False, True])
def test_the_providers_own_factor_counts_only_where_the_setting_says_so(
    client, provider, kind, person, settings, counts
):
    bind(person, provider, kind)
    if kind == "oidc":
        provider.claims = {"amr": ["pwd", "otp"]}
    else:
        provider.change = {"context": MFA}
    settings.SIGNIN_COMPANY_FACTORS = ["otp", MFA] if counts else ["hwk"]
    signs_in(client, provider, kind)
    assert is_in(client) is counts


def test_at_the_first_sign_in_our_factor_is_asked_whatever_the_provider_says(client, provider, kind, person, settings):
    settings.SIGNIN_COMPANY_FACTORS = ["otp", MFA]
    if kind == "oidc":
        provider.claims = {"amr": ["otp"]}
    else:
        provider.change = {"context": MFA}
    signs_in(client, provider, kind)
    assert not is_in(client)


@pytest.mark.parametrize(
    "who",
    ["nobody", "another domain", "no domain set", "no factor", "customer", "deactivated", "not accepted", "taken"],
)
def test_whoever_is_no_active_staff_member_with_a_factor_is_not_bound(client, provider, kind, person, settings, who):
    if who == "nobody":
        provider.person |= {"email": "new@onesetu.example"}
    elif who == "another domain":
        settings.SIGNIN_COMPANY_DOMAINS = ["other.example"]
    elif who == "no domain set":
        settings.SIGNIN_COMPANY_DOMAINS = []
    elif who == "no factor":
        Authenticator.objects.all().delete()
    elif who == "customer":
        CustomerUserFactory(email="asha@onesetu.example")
        provider.person |= {"email": "asha@onesetu.example"}
    elif who == "deactivated":
        type(person).objects.update(is_active=False)
    elif who == "not accepted":
        person.set_unusable_password()
        person.save()
    else:
        SocialAccount.objects.create(user=person, provider=kind, uid="another person", extra_data={})
    answer = signs_in(client, provider, kind)
    assert answer.url == REFUSED
    assert "Your company account is not linked to an account here." in client.get(answer.url, secure=True).text
    assert SocialAccount.objects.count() == (who == "taken")
    assert not is_in(client)


def test_a_bound_login_that_is_deactivated_or_a_customers_or_locked_stays_out(
    client, provider, kind, person, monkeypatch
):
    row = bind(person, provider, kind)
    monkeypatch.setattr("portal.fronts.signin.browser_devices.is_locked", lambda request, address: True)
    assert signs_in(client, provider, kind).url == REFUSED
    monkeypatch.undo()
    monkeypatch.setattr(company_provider, "_kept", {})
    row.user = CustomerUserFactory()
    row.save()
    assert signs_in(Client(), provider, kind).url == REFUSED
    row.user = person
    row.save()
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    staff_services.deactivate(user=person, actor=staff(StaffFactory().pk), now=clock.now())
    assert signs_in(Client(), provider, kind).url == REFUSED
    event = AuditEvent.objects.exclude(pk__in=before).get(kind="signin.login.failed")
    assert event.facts == {"user": person.pk, "method": "company"}, "the history of that login"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/privacy/", "javascript:alert(1)"])
def test_the_way_on_leads_to_pages_of_staff_only(client, provider, kind, person, elsewhere):
    bind(person, provider, kind)
    signs_in(client, provider, kind, next=elsewhere)
    assert shows_code(client, person).url == "/admin/"


def test_another_site_cannot_start_a_sign_in(client, provider, kind):
    answer = client.get(reverse("signin:company", args=[kind]), secure=True, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.url == reverse("account_login")


def test_an_answer_in_another_browser_opens_nothing(client, provider, kind, person):
    bind(person, provider, kind)
    url = asked(client, kind)
    thief = Client()
    assert answered(thief, provider, kind, url).url == REFUSED
    assert not is_in(thief)


def test_a_provider_that_is_not_set_up_is_not_there(client, kind):
    assert client.get(reverse("signin:company", args=[kind]), secure=True).status_code == 404
    assert "Sign in with OIDC" not in client.get(reverse("account_login"), secure=True).content.decode()


def test_the_sign_in_page_names_the_provider(client, provider, kind, settings):
    setattr(settings, f"SIGNIN_{kind.upper()}_NAME", "Acme ID")
    page = client.get(reverse("account_login") + "?next=/staff/sessions/", secure=True).content.decode()
    assert "Sign in with Acme ID" in page
    assert f'/staff/company/{kind}/?next=/staff/sessions/"' in page


def test_a_person_parts_a_company_login_from_their_own(provider, kind, person, postbox):
    row = bind(person, provider, kind)
    other = SocialAccount.objects.create(user=StaffFactory(), provider=kind, uid="other", extra_data={})
    client = staff_client(person, browser=Client)
    page = client.get(reverse("mfa_index"), secure=True)
    assert "You also sign in with" in page.content.decode()
    client.post(reverse("signin:company-remove", args=[other.pk]), secure=True)
    client.post(reverse("signin:company-remove", args=[row.pk]), secure=True)
    assert list(SocialAccount.objects.all()) == [other]
    assert AuditEvent.objects.filter(kind="signin.company.released").count() == 1
    assert "signin.company_released" in postbox.kinds()


def with_the_providers_factor(client, provider, kind, settings):
    """A browser that the provider signed in, whose word about the factor counts."""
    settings.SIGNIN_COMPANY_FACTORS = ["otp", MFA]
    if kind == "oidc":
        provider.claims = {"amr": ["otp"]}
    else:
        provider.change = {"context": MFA}
    signs_in(client, provider, kind)
    assert is_in(client)


def test_a_removed_company_login_leaves_no_session_that_it_opened(client, provider, kind, person, settings):
    row, own = bind(person, provider, kind), staff_through_pages(person)
    with_the_providers_factor(client, provider, kind, settings)
    own.post(reverse("signin:company-remove", args=[row.pk]), secure=True)
    assert not SocialAccount.objects.exists()
    assert "_auth_user_id" not in client.session
    assert is_in(own)


def test_the_factor_of_a_company_login_counts_no_more_once_that_is_removed_or_of_another(
    client, provider, kind, person, settings
):
    row = bind(person, provider, kind)
    with_the_providers_factor(client, provider, kind, settings)
    row.user = StaffFactory()
    row.save()
    assert not is_in(client)
    row.delete()
    assert not is_in(client)


class TestOidc:
    @pytest.fixture
    def kind(self):
        return "oidc"

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "another"},
            {"aud": ["portal", "another"], "azp": "another"},
            {"nonce": "someone else's nominee"},
            {"nonce": None},
            {"iss": "https://other.example"},
            {"exp": 1},
            {"iat": None},
            {"sub": None},
        ],
        ids=str,
    )
    def test_a_token_that_says_something_else_opens_nothing(self, client, provider, kind, person, claims):
        bind(person, provider, kind)
        provider.claims = claims
        assert signs_in(client, provider, kind).url == REFUSED
        assert not is_in(client)

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "another key", "unknown key"])
    def test_a_token_that_the_provider_did_not_sign_opens_nothing(self, client, provider, kind, person, algorithm):
        bind(person, provider, kind)
        if algorithm == "another key":
            provider.key = identity.OTHER_KEY
        elif algorithm == "unknown key":
            provider.header = {"kid": "second"}
        else:
            provider.algorithm, provider.key = algorithm, identity.SECRET * 3
        assert signs_in(client, provider, kind).url == REFUSED
        assert not is_in(client)

    @pytest.mark.parametrize("verified", [False, None, "true"])
    def test_an_address_that_is_not_verified_is_bound_to_nobody(self, client, provider, kind, person, verified):
        provider.claims = {"email_verified": verified}
        assert signs_in(client, provider, kind).url == REFUSED

    def test_a_code_works_once_and_a_state_too(self, client, provider, kind, person):
        bind(person, provider, kind)
        back = fetched(asked(client, kind))
        assert goes(client, back).url == reverse("mfa_authenticate")
        assert goes(client, back).url == REFUSED
        forged = back.replace("state=", "state=x")
        assert goes(client, forged).url == REFUSED

    def test_a_provider_that_calls_itself_otherwise_is_not_asked(self, client, provider, kind):
        provider.named = "https://other.example"
        assert asked(client, kind) == REFUSED

    @pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"{}", b'{"issuer": 1, "issuer": 2}', b"\xff"], ids=str)
    def test_a_discovery_document_that_is_none_is_a_refusal(self, client, provider, kind, said):
        provider.instead["/.well-known/openid-configuration"] = said
        assert asked(client, kind) == REFUSED

    @pytest.mark.parametrize("missing", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
    def test_a_discovery_document_without_an_address_is_a_refusal(self, client, provider, kind, missing):
        path = "/.well-known/openid-configuration"
        said = json.loads(provider.answer("GET", path, {}, {})[2])
        provider.instead[path] = json.dumps({**said, missing: None}).encode()
        assert asked(client, kind) == REFUSED

    @pytest.mark.parametrize(
        "said", [b"<html>", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1]}', b'{"keys": [{}]}', b"\xff"], ids=str
    )
    def test_a_list_of_keys_that_is_none_is_a_refusal(self, client, provider, kind, person, said):
        bind(person, provider, kind)
        provider.instead["/keys"] = said
        assert signs_in(client, provider, kind).url == REFUSED
        assert not is_in(client)

    def test_a_context_of_another_form_counts_for_nothing(self, client, provider, kind, person):
        bind(person, provider, kind)
        provider.claims = {"acr": ["mfa"], "amr": {"mfa": 1}}
        assert signs_in(client, provider, kind).url == reverse("mfa_authenticate")

    def test_the_log_repeats_nothing_of_an_answer(self, client, provider, kind):
        url = asked(client, kind)
        provider.instead["/token"] = b'{"error": "no", "error_description": "meera@onesetu.example"}'
        with capture_logs() as lines:
            assert goes(client, fetched(url)).url == REFUSED
            there = reverse("signin:company-oidc-done") + "?error=meera@onesetu.example"
            assert client.get(there, secure=True).url == REFUSED
        assert [one["why"] for one in lines if "why" in one][:1] == ["OAuth2Error"]
        assert "meera" not in str(lines)

    def test_the_question_takes_nothing_from_the_address(self, client, provider, kind):
        url = asked(
            client, kind, auth_params="redirect_uri=https://evil.example&nonce=1", scope="admin", process="connect"
        )
        assert "evil" not in url
        assert "admin" not in url.replace("%2Fadmin", "")
        assert "https%3A%2F%2Fportal.example%2Fstaff%2Fcompany%2Foidc%2Fdone%2F" in url


class TestSaml:
    @pytest.fixture
    def kind(self):
        return "saml"

    @pytest.mark.parametrize(
        "change",
        [
            {"audience": "https://other.example"},
            {"issuer": "https://other.example"},
            {"recipient": "https://other.example/answer/"},
            {"end": "2020-01-01T00:00:00Z"},
            {"in_response_to": "", "answers": ""},
            {"in_response_to": ""},
            {"answers": ""},
            {"in_response_to": ' InResponseTo="_of_another"', "answers": ' InResponseTo="_of_another"'},
            {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
            {"format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"},
            {"format": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"},
        ],
        ids=str,
    )
    def test_an_assertion_that_says_something_else_opens_nothing(self, client, provider, kind, person, change):
        bind(person, provider, kind)
        provider.change = change
        assert signs_in(client, provider, kind).url == REFUSED
        assert not is_in(client)

    @pytest.mark.parametrize("key", [None, identity.OTHER_KEY], ids=["unsigned", "another key"])
    def test_an_assertion_that_the_provider_did_not_sign_opens_nothing(self, client, provider, kind, person, key):
        bind(person, provider, kind)
        provider.key = key
        assert signs_in(client, provider, kind).url == REFUSED
        assert not is_in(client)

    def test_what_stands_beside_the_assertion_names_no_question(self, client, provider, kind, person):
        bind(person, provider, kind)
        url = asked(client, kind)
        question = re.search(
            rb'SubjectConfirmationData InResponseTo="([^"]+)"', base64.b64decode(provider.answer_to(url))
        )
        provider.change = {"in_response_to": ""}
        signed = base64.b64decode(provider.answer_to(url))
        beside = (
            b'<samlp:Extensions><saml:SubjectConfirmationData xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '
            b'InResponseTo="' + question[1] + b'"/></samlp:Extensions><samlp:Status>'
        )
        forged = base64.b64encode(signed.replace(b"<samlp:Status>", beside)).decode()
        assert posted(client, forged).url == REFUSED
        assert not is_in(client)

    @pytest.mark.parametrize(
        "change", [{"issuer": "meera@onesetu.example" * 2000}, {"recipient": "https://meera/"}], ids=len
    )
    def test_the_log_repeats_nothing_of_an_answer(self, client, provider, kind, change):
        provider.change = change
        with capture_logs() as lines:
            assert signs_in(client, provider, kind).url == REFUSED
        why = [one["why"] for one in lines if "why" in one]
        assert len(why) == 1
        assert re.fullmatch(r"OneLogin_Saml2_ValidationError \d+", why[0])
        assert "meera" not in str(lines)

    @pytest.mark.parametrize("named", ["1.1:nameid-format:emailAddress", "2.0:nameid-format:transient"])
    def test_an_address_or_a_passing_name_is_bound_only_by_the_attribute_of_the_settings(
        self, client, provider, kind, person, settings, named
    ):
        provider.change = {"format": f"urn:oasis:names:tc:SAML:{named}"}
        assert signs_in(client, provider, kind).url == REFUSED
        settings.SIGNIN_SAML_SUBJECT = "mail"  # the only one that the provider of the test sends
        signs_in(client, provider, kind)
        shows_code(client, person)
        assert SocialAccount.objects.get().uid == digest(provider.entity, "mail\0meera@onesetu.example")
        provider.change |= {"subject": "another-name"}
        later = Client()
        assert signs_in(later, provider, kind).url == reverse("mfa_authenticate")
        settings.SIGNIN_SAML_SUBJECT = "employeeNumber"
        assert signs_in(Client(), provider, kind).url == REFUSED

    def test_an_assertion_works_once(self, client, provider, kind, person):
        bind(person, provider, kind)
        url = asked(client, kind)
        answer = provider.answer_to(url)
        assert posted(client, answer).url == reverse("mfa_authenticate")
        assert posted(client, answer).url == REFUSED

    def test_an_assertion_with_another_subject_than_was_signed_opens_nothing(self, client, provider, kind, person):
        bind(person, provider, kind)
        provider.person["subject"] = "raj-2"
        signed = base64.b64decode(provider.answer_to(asked(client, kind)))
        forged = base64.b64encode(signed.replace(b"raj-2", b"meera-1")).decode()
        assert posted(client, forged).url == REFUSED

    def test_a_certificate_of_the_settings_stands_above_the_metadata(self, client, provider, kind, person, settings):
        bind(person, provider, kind)
        settings.SIGNIN_SAML_CERTIFICATE = identity.certificate_of(identity.OTHER_KEY)
        assert signs_in(client, provider, kind).url == REFUSED
        provider.key = identity.OTHER_KEY
        assert signs_in(client, provider, kind).url == reverse("mfa_authenticate")

    def test_the_metadata_may_lie_in_a_file_and_ours_names_the_place_of_answers(
        self, client, provider, kind, person, settings, tmp_path
    ):
        file = tmp_path / "metadata.xml"
        file.write_bytes(provider.answer("GET", "/metadata", {}, {})[2])
        settings.SIGNIN_SAML_METADATA = str(file)
        bind(person, provider, kind)
        assert signs_in(client, provider, kind).url == reverse("mfa_authenticate")
        ours = client.get(reverse("signin:saml-metadata"), secure=True)
        assert b"https://portal.example/staff/company/saml/answer/" in ours.content

    def test_an_answer_with_a_document_type_or_in_another_encoding_is_not_parsed(self, client, provider, kind, person):
        bind(person, provider, kind)
        for spoil in (lambda xml: b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml, lambda xml: xml.decode().encode("utf-16")):
            signed = base64.b64decode(provider.answer_to(asked(client, kind)))
            spoilt = base64.b64encode(spoil(signed)).decode()
            assert posted(client, spoilt).url == REFUSED

    @pytest.mark.parametrize("what", ["no answer", "unsigned", "old", "nobody here", "deactivated", "another subject"])
    def test_nothing_is_stored_of_an_answer_that_signs_in_nobody(self, client, provider, kind, person, what):
        answer = ""
        if what == "unsigned":
            provider.key = None
        elif what == "old":
            provider.change = {"end": "2020-01-01T00:00:00Z"}
        elif what == "nobody here":
            provider.person |= {"email": "new@onesetu.example"}
        elif what == "deactivated":
            bind(person, provider, kind)
            type(person).objects.update(is_active=False)
        elif what == "another subject":
            SocialAccount.objects.create(user=person, provider=kind, uid="another person", extra_data={})
        if what != "no answer":
            answer = provider.answer_to(asked(client, kind))
        before = Session.objects.count()
        for _ in range(3):
            assert posted(Client(), answer).url == REFUSED
        assert Session.objects.count() == before

    def test_a_proven_answer_is_stored_once_and_for_two_minutes(self, client, provider, kind, person):
        bind(person, provider, kind)
        answer = provider.answer_to(asked(client, kind))
        before = set(Session.objects.values_list("pk", flat=True))
        for _ in range(3):
            Client().post(reverse("signin:saml-answer"), {"SAMLResponse": answer}, secure=True)
        row = Session.objects.exclude(pk__in=before).get()
        assert row.expire_date <= clock.now() + timedelta(minutes=2)

    def test_what_waits_for_the_browser_is_sealed(self, client, provider, kind, person):
        bind(person, provider, kind)
        answer = provider.answer_to(asked(client, kind))
        before = set(Session.objects.values_list("pk", flat=True))
        Client().post(reverse("signin:saml-answer"), {"SAMLResponse": answer}, secure=True)
        kept = SessionStore(Session.objects.exclude(pk__in=before).get().pk).load()
        said = {person.email, SocialAccount.objects.get().uid, "contexts"}
        assert not [word for word in said if word in repr(kept)]

    def test_no_answer_and_a_huge_one_are_refused_at_the_door(self, client, provider, kind):
        for answer in ("", "x" * 300_000, "not base 64 %%%"):
            there = client.post(reverse("signin:saml-answer"), {"SAMLResponse": answer}, secure=True)
            assert there.url == REFUSED
            assert not there.cookies


def test_the_password_still_opens_beside_it(client, provider, kind, person):
    bind(person, provider, kind)
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD}, secure=True)
    assert shows_code(client, person).status_code == 302
    assert is_in(client)


@pytest.mark.parametrize("kind", ["oidc", "saml"])
def test_a_bound_login_whose_factors_were_reset_is_signed_in_by_no_provider(client, provider, kind, person):
    bind(person, provider, kind)
    Authenticator.objects.filter(user=person).delete()
    signs_in(client, provider, kind)
    assert not client.session.get("_auth_user_id")
