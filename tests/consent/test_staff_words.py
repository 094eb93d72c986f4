"""Staff read consent in words: purposes, languages, kinds of addresses and answers by name, above a record too."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import translation

from consent import staff_labels
from consent.base.choices import Way
from consent.base.models.notices import NoticeText
from consent.models import ConsentState, PolicyDefect, Suppression
from consent.suppressions.services.address_opt_outs import stop_at_address
from portal.kernel.core import actor, clock
from portal.kernel.core.admin import labels
from portal.kernel.people.models import Fiduciary
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    """Whatever language the page of another test was read in."""
    with translation.override("en"):
        yield


@pytest.fixture
def auditor():
    return staff_client(StaffFactory(roles=["auditor"]))


@pytest.fixture
def stopped():
    law_is_loaded()
    stop_at_address(
        kind="phone",
        address=ASHA_PHONE,
        fiduciary=Fiduciary.objects.get(code="onesetu"),
        way=Way.STAFF,
        actor=actor.SYSTEM,
        occurred_at=clock.now(),
    )
    return Suppression.objects.filter(address_kind="phone").latest("pk")


def test_every_record_of_consent_that_names_a_code_in_itself_stands_under_words():
    law_is_loaded()
    version = published_notice()
    event = said(person(), "given", channel="sms")
    state = ConsentState.objects.get(event=event)
    defect = PolicyDefect(
        version=version, code="EMPTY_LIST", clause="8", message="“durations:” is followed by no list."
    )
    text = NoticeText(version=version, language="hi")
    assert labels.heading(event) == labels.heading(state) == "Offers and news, SMS: Yes"
    assert labels.heading(defect).endswith("clause 8: “durations:” is followed by no list.")
    assert labels.heading(text).endswith(": हिन्दी")


def test_every_heading_is_of_a_model_that_staff_open():
    assert [model for model in staff_labels.HEADINGS if not admin.site.is_registered(model)] == []


def test_a_truth_is_said_in_words_and_shown_by_no_picture(auditor, stopped):
    lists = auditor.get(reverse("admin:consent_suppression_changelist")).text
    record = auditor.get(reverse("admin:consent_suppression_change", args=[stopped.pk])).text
    for page in (lists, record):
        assert "icon-no" not in page
        assert "icon-yes" not in page
    assert 'class="readonly">No<' in record


def test_a_filter_says_its_choices_in_words_and_filters_by_the_code(auditor, stopped):
    url = reverse("admin:consent_suppression_changelist")
    page = auditor.get(url).text
    assert ">Phone number</a>" in page
    assert ">phone</a>" not in page
    assert "?address_kind__exact=phone" in page
    found = auditor.get(url, {"address_kind__exact": "phone"}).context["cl"]
    assert found.result_count == Suppression.objects.filter(address_kind="phone").count()


def test_a_record_says_the_actor_the_language_and_the_address_in_words(auditor):
    law_is_loaded()
    published_notice()
    event = said(person(), "given")
    url = reverse("admin:consent_consentevent_change", args=[event.pk])
    page = auditor.post(url, {"open_record": "1", "purpose": "audit", "ticket": "yearly audit"}, follow=True).text
    for words in ("The portal itself", "English", "Phone number", "<h1>Offers and news, SMS: Yes</h1>"):
        assert words in page
    assert "actor.kind: system" in page


def test_whoever_may_not_open_the_fiduciary_reads_its_name_without_a_link(auditor, stopped):
    url = reverse("admin:consent_suppression_change", args=[stopped.pk])
    fiduciary = reverse("admin:people_fiduciary_change", args=[stopped.fiduciary_id])
    assert fiduciary in auditor.get(url).text
    page = staff_client(StaffFactory(roles=["support"])).get(url).text
    assert fiduciary not in page
    assert str(stopped.fiduciary) in page


def test_the_whole_entry_stands_name_by_name_with_no_brackets(auditor):
    payload = {"actor": {"kind": "system", "ref": "load"}, "address_verified": True, "expires_at": None, "v": "1"}
    assert list(labels.lines_of(payload)) == [
        "actor.kind: system",
        "actor.ref: load",
        "address_verified: true",
        "expires_at: null",
        "v: 1",
    ]
