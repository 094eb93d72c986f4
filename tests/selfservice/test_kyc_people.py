"""Naming who stands behind a customer: what the page says before, and what it takes."""

import re

import pytest
from django.urls import reverse

from kyc.models import Case, Party
from portal.kernel.people.models import Principal
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import agreed, firm
from tests.people.factories import CustomerUserFactory, PrincipalFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def page_for(customer_type: str):
    """A signed-in browser of such a customer and the address of its page."""
    customer = firm(customer_type)
    client = customer_client(CustomerUserFactory(email="uma@acme.example", member_of=customer))
    return client, reverse("privacy:kyc-party-add", args=[customer.reference])


@pytest.mark.parametrize(
    ("customer_type", "said"),
    [
        ("company", "Of the owners, only those of more than 10 % show documents."),
        ("trust", "Of the owners, only those of 10 % or more show documents."),
    ],
)
def test_the_share_from_which_an_owner_shows_papers_stands_on_the_page(customer_type, said):
    client, url = page_for(customer_type)
    assert said in client.get(url).text


def test_where_no_owners_are_asked_for_the_page_speaks_of_none():
    client, url = page_for("government")
    page = client.get(url).text
    assert "owns you" not in page
    assert "Leave it empty for an organisation." not in page


def test_what_a_person_is_is_not_called_optional():
    client, url = page_for("company")
    legend = re.search(r"<legend>(What this person is.*?)</legend>", client.get(url).text, re.DOTALL)[1]
    assert "(optional)" not in legend


@pytest.mark.parametrize(
    ("given", "capacity"),
    [
        ({"name": "Holding Ltd", "is_organisation": "on", "percent": "80"}, "Organisation"),
        ({"name": "Asha Rao", "percent": "80"}, "owns 80 per cent"),
        ({"name": "Asha Rao", "roles": ["signatory"]}, "Signs for you"),
    ],
)
def test_an_organisation_and_a_person_with_a_share_need_no_capacity(given, capacity):
    client, url = page_for("company")
    assert client.post(url, given).status_code == 302
    assert Party.objects.count() == 1
    assert capacity in client.get(reverse("privacy:kyc")).text


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Take the number out."), ("hi", "संख्या हटाएँ"), ("mr", "क्रमांक काढा")]
)
def test_a_number_in_a_name_is_refused_beside_its_field_in_the_language_of_the_reader(language, said):
    client, url = page_for("company")
    client.cookies["django_language"] = language
    given = {"name": "Arjun Verma 2341 2341 2346", "roles": ["signatory"]}
    page = client.post(url, given)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["name"]
    assert said in page.text
    assert Party.objects.count() == 0


class TestWhoSignsThemself:
    """A member of the account who stands behind it is one person with one consent, not two."""

    @pytest.fixture
    def uma(self):
        return CustomerUserFactory(
            email="uma@acme.example", member_of=firm("company"), principal=PrincipalFactory(full_name="Uma Devi")
        )

    @pytest.fixture
    def client(self, uma):
        return customer_client(uma)

    @pytest.fixture
    def url(self, uma):
        return reverse("privacy:kyc-party-add", args=[Case.objects.get().customer.reference])

    def test_they_say_so_with_a_tick_and_their_own_consent_counts_for_their_papers(self, client, uma, url):
        assert "It is me: Uma Devi" in client.get(url).text
        assert client.post(url, {"is_me": "on", "roles": ["signatory"]}).status_code == 302
        party = Party.objects.get()
        assert (party.principal, party.full_name) == (uma.principal, "Uma Devi")
        agreed(party.case.customer)
        args = [party.case.customer.reference, party.reference, "aadhaar_offline_ekyc"]
        assert "I have read this and agree" in client.get(reverse("privacy:kyc-party-upload", args=args)).text
        assert "It is me" not in client.get(url).text

    def test_another_person_is_named_as_before(self, client, uma, url):
        assert client.post(url, {"name": "Ravi Kumar", "roles": ["signatory"]}).status_code == 302
        assert Party.objects.get().principal != uma.principal

    def test_nobody_is_an_organisation(self, client, url):
        given = {"is_me": "on", "is_organisation": "on", "percent": "80"}
        refused = client.post(url, given)
        assert (refused.status_code, "You are a person." in refused.text) == (422, True)
        assert not Party.objects.exists()

    def test_whose_name_is_not_known_names_themself_like_others(self, client, uma, url):
        Principal.objects.filter(pk=uma.principal_id).update(full_name="")
        assert "It is me" not in client.get(url).text
        refused = client.post(url, {"is_me": "on", "roles": ["signatory"]})
        assert "Enter the name." in refused.text


@pytest.mark.parametrize(("language", "label"), [("hi", "पूरा नाम"), ("mr", "पूर्ण नाव")])
def test_the_name_is_asked_for_in_the_language_of_the_reader(language, label):
    client, url = page_for("company")
    client.cookies["django_language"] = language
    page = client.get(url).text
    assert label in page
    assert "Full name" not in page


def test_a_name_that_is_on_the_list_is_asked_about_and_taken_when_it_is_another_one():
    client, url = page_for("company")
    given = {"name": "Asha Rao", "roles": ["signatory"]}
    assert client.post(url, given).status_code == 302
    again = client.post(url, {**given, "name": "asha  RAO"})
    assert (again.status_code, list(again.context["form"].errors)) == (422, ["is_another"])
    assert "This name is on your list already." in again.text
    assert Party.objects.count() == 1
    assert client.post(url, {**given, "is_another": "on"}).status_code == 302
    assert Party.objects.count() == 2


def test_an_organisation_that_is_to_sign_is_told_that_a_person_does():
    client, url = page_for("company")
    given = {"name": "Holding Ltd", "is_organisation": "on", "percent": "80", "roles": ["signatory"]}
    answer = client.post(url, given)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["roles"])
    assert "An organisation signs and directs through a person." in answer.text
    assert not Party.objects.exists()
