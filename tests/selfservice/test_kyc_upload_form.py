"""The form of the upload page: all that is wrong at once, one file of two, and what was typed before is not lost."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kyc.cases.services.declared_values import typed_beside
from kyc.models import Document
from kyc.review.services.check_runs import run_plan
from portal.kernel.core import clock
from portal.kernel.people.models import Customer
from tests.kyc import documents
from tests.kyc.conftest import *  # noqa: F403 - the same people as the room's own tests
from tests.kyc.factories import checked
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process")]
NUMBER = "MH12 20110012345"


@pytest.fixture
def client(asha) -> Client:
    return customer_client(asha)


@pytest.fixture
def url(individual: Customer) -> str:
    return reverse("privacy:kyc-upload", args=[individual.reference, "driving_licence"])


def pdf(name: str = "a.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, documents.pdf())


def test_all_that_is_wrong_is_told_at_once(client: Client, url: str) -> None:
    """The file had to be chosen again for each fault that was told after the other."""
    answer = client.post(url, {"number": "<b>", "name": "Asha 2341 2341 2346", "valid_until": "31-03-2020"})
    assert sorted(answer.context["form"].errors) == ["file", "name", "number", "valid_until"]
    archive = SimpleUploadedFile("a.zip", documents.archive())
    answer = client.post(url, {"number": "<b>", "valid_until": "soon", "file": archive})
    assert (answer.status_code, sorted(answer.context["form"].errors)) == (422, ["file", "number", "valid_until"])
    assert "The file is an archive" in answer.text
    assert not Document.objects.exists()


def test_of_a_file_and_a_photo_none_is_dropped_in_silence(client: Client, url: str) -> None:
    given = {"number": NUMBER, "file": pdf(), "file_photo": SimpleUploadedFile("b.jpg", documents.image())}
    answer = client.post(url, given)
    assert answer.status_code == 422
    assert "A file and a photo came, and we take one." in answer.text
    assert not Document.objects.exists()
    photo = SimpleUploadedFile("b.jpg", documents.image())
    assert client.post(url, {"number": NUMBER, "file_photo": photo}).status_code == 302


def test_a_picture_under_another_kinds_name_is_told_what_it_is(client: Client, url: str) -> None:
    answer = client.post(
        url, {"number": NUMBER, "file": SimpleUploadedFile("a.jpg", documents.FAULTS["png_named_jpg"][0])}
    )
    assert answer.status_code == 422
    assert "This file is a PNG, and its name says otherwise." in answer.text
    answer = client.post(url, {"number": NUMBER, "file": SimpleUploadedFile("a.pdf", b"MZ" + bytes(99))})
    assert "The file is not what its name says." in answer.text


def test_whoever_changes_what_they_typed_finds_it_there_until_it_is_sent(client: Client, url: str) -> None:
    ends = clock.day(clock.now()) + timedelta(days=400)
    typed = {"number": NUMBER, "name": "Asha R. Rao", "valid_until": f"{ends:%d-%m-%Y}"}
    check_url = client.post(url, {**typed, "file": pdf()}).headers["Location"]
    first = Document.objects.get()
    run_plan(first.pk, now=clock.now())
    assert url in client.get(check_url).text
    answer = client.get(url)
    assert "no-store" in answer.headers["Cache-Control"]  # back to it means: asked for anew, with the values
    form = answer.context["form"]
    shown = {name: form[name].value() for name in typed}
    assert shown == {**typed, "valid_until": ends, "number": "MH1220110012345"}
    assert f'value="{ends:%d-%m-%Y}"' in answer.text
    assert form["earlier"].value() == first.reference
    again = {**shown, "valid_until": f"{ends:%d-%m-%Y}", "number": "MH12 20110012346", "earlier": first.reference}
    assert client.post(url, again).status_code == 302
    second = Document.objects.latest("pk")
    assert (typed_beside(second)["name"], second.expires_on) == ("Asha R. Rao", ends)
    client.post(reverse("privacy:kyc-check", args=[second.reference]))
    assert "MH12" not in client.get(url).text


def test_a_file_chosen_beside_one_of_before_is_taken(client: Client, url: str) -> None:
    client.post(url, {"number": NUMBER, "file": pdf()})
    first = Document.objects.get()
    run_plan(first.pk, now=clock.now())
    assert "A file chosen here replaces the one of before." in client.get(url).text
    new = SimpleUploadedFile("b.pdf", documents.pdf(pages=2))
    client.post(url, {"number": NUMBER, "earlier": first.reference, "file": new})
    assert Document.objects.latest("pk").reused_from is None


def test_nothing_of_a_sent_paper_stands_in_the_form(client: Client, individual: Customer, url: str) -> None:
    document = checked(individual, kind="driving_licence", number=NUMBER, expires_on=date(2030, 3, 31))
    Document.objects.filter(pk=document.pk).update(state="asked_again")
    form = client.get(url).context["form"]
    assert [form[name].value() for name in ("number", "valid_until")] == [None, None]
