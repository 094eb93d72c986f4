"""The pages of exports: the register, unmasked lists that two people let out, and one's own on the first page."""

import csv
import io
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from django.contrib.admin import site
from django.urls import reverse

from portal.fronts.workplace import unmasked_exports
from portal.fronts.workplace.models import UnmaskedExport
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.jobs import audited_export
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.services import exports, runner
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.people.choices import Answer
from portal.kernel.people.export_resources import StaffResource
from portal.kernel.people.models import User
from tests.people.factories import StaffFactory
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import staff_client
from tests.signin.test_factor_ages import aged
from tests.workplace.today import by_label

pytestmark = pytest.mark.django_db

STAFF_LIST = "/admin/people/user/export/"
ASKED = {"file_format": "csv", "reason": "The audit of this year", "export": "yes"}


@pytest.fixture
def auditor():
    every_rule()
    return StaffFactory(roles=["auditor"], email="asha@example.test")


@pytest.fixture
def officer():
    return StaffFactory(roles=["data_protection_officer"])


def acting(user):
    return actor.staff(user.pk)


def proposed(user, **changes):
    wish = Wish(StaffResource(), **{"file_format": "csv", "filters": "", "reason": "The audit", **changes})
    return unmasked_exports.propose(wish=wish, actor=acting(user))


def list_of(user) -> ListExport:
    return exports.ask(Wish(StaffResource(), "csv", "", "The audit of this year"), actor=acting(user))


def test_two_people_let_a_list_out_unmasked_through_the_pages(auditor, officer):
    client = staff_client(auditor)
    assert "Show masked values in full" in client.get(STAFF_LIST).content.decode()
    answer = client.post(f"{STAFF_LIST}?is_active__exact=1", {**ASKED, "is_unmasked": "on"})
    proposal = UnmaskedExport.objects.get()
    assert answer["Location"] == reverse("admin:workplace_unmaskedexport_change", args=[proposal.pk])
    assert not ListExport.objects.exists()

    page = reverse("admin:workplace_unmaskedexport_change", args=[proposal.pk])
    do = reverse("admin:workplace_unmaskedexport_do_one", args=[proposal.pk, "answer-proposal"])
    assert client.post(do, {"decision": "approve", "reason": "", "answer": "yes"}).status_code == 403
    shown = staff_client(officer).get(page).content.decode()
    assert "is_active__exact: 1" in shown
    assert "The audit of this year" in shown
    staff_client(officer).post(do, {"decision": "approve", "reason": "", "answer": "yes"})

    proposal.refresh_from_db()
    row = proposal.export
    assert proposal.answer == Answer.APPROVED
    assert (row.is_masked, row.filters) == (False, "is_active__exact=1")
    assert (row.made_by, row.approved_by) == (f"staff:user:{auditor.pk}", f"staff:user:{officer.pk}")
    assert runner.run(row.job_id, now=clock.now()) == JobState.DONE
    url = reverse("admin:jobs_job_result", args=[row.job_id])
    assert staff_client(officer).get(url).status_code == 404
    lines = csv.reader(io.StringIO(b"".join(client.get(url).streaming_content).decode("utf-8-sig")))
    assert "asha@example.test" in {cell for line in lines for cell in line}
    kinds = AuditEvent.objects.filter(kind__startswith="export.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["export.unmasked.proposed", "export.unmasked.approved", "export.list.made"]


def test_nobody_approves_their_own_unmasked_list(officer):
    proposal = proposed(officer)
    with pytest.raises(NotAllowed):
        unmasked_exports.answer(proposal=proposal, approve=True, reason="", actor=acting(officer))
    assert not ListExport.objects.exists()


def test_a_refused_one_makes_no_file(auditor, officer):
    proposal = proposed(auditor)
    unmasked_exports.answer(proposal=proposal, approve=False, reason="Masked will do.", actor=acting(officer))
    proposal.refresh_from_db()
    assert (proposal.answer, proposal.export) == (Answer.REFUSED, None)
    assert not ListExport.objects.exists()


def test_a_yes_is_to_the_columns_that_were_shown(auditor, officer, monkeypatch):
    proposal = proposed(auditor)
    monkeypatch.setattr(
        StaffResource._meta, "export_order", ("email", "id", "is_active", "created_at", "deactivated_at")
    )
    with pytest.raises(Refused) as refusal:
        unmasked_exports.answer(proposal=proposal, approve=True, reason="", actor=acting(officer))
    assert refusal.value.code == "SHOWN_CHANGED"


def test_a_role_that_may_not_propose_it_is_not_asked(auditor):
    with pytest.raises(NotAllowed):
        proposed(StaffFactory(roles=["support"]))
    # Lists that mask nothing ask nobody.
    page = staff_client(auditor).get("/admin/people/signin/export/").content.decode()
    assert "Show masked values in full" not in page


def test_the_register_shows_who_took_what_why_with_its_hash_and_downloads(auditor, officer):
    client = staff_client(auditor)
    b"".join(client.post(f"{STAFF_LIST}?is_active__exact=1", ASKED).streaming_content)
    row = ListExport.objects.get()
    register = staff_client(officer).get("/admin/jobs/listexport/")
    text = register.content.decode()
    assert "The audit of this year" in text
    assert auditor.full_name in text
    page = staff_client(officer).get(reverse("admin:jobs_listexport_change", args=[row.pk])).content.decode()
    assert row.sha256 in page
    assert "is_active__exact: 1" in page
    assert "made at once" in page
    assert staff_client(StaffFactory(roles=["support"])).get("/admin/jobs/listexport/").status_code == 403


def test_the_register_asks_the_database_no_more_for_more_rows(auditor, officer, django_assert_max_num_queries):
    client = staff_client(officer)
    for _ in range(5):
        list_of(auditor)
    client.get("/admin/jobs/listexport/")
    with django_assert_max_num_queries(15):
        assert client.get("/admin/jobs/listexport/").status_code == 200


def test_the_page_of_the_job_shows_the_file_and_leads_to_the_register(auditor):
    row = list_of(auditor)
    runner.run(row.job_id, now=clock.now())
    row.refresh_from_db()
    page = staff_client(auditor).get(reverse("admin:jobs_job_change", args=[row.job_id])).content.decode()
    assert row.sha256 in page
    assert f"/admin/jobs/listexport/{row.pk}/change/" in page
    assert "The audit of this year" in page


def test_whoever_asked_takes_an_export_back_and_nobody_elses(auditor):
    own, others = list_of(auditor), list_of(StaffFactory(roles=["data_protection_officer"]))
    client = staff_client(auditor)
    for row in (own, others):
        client.post(reverse("admin:jobs_job_do_one", args=[row.job_id, "take-back"]), {"answer": "yes"})
    assert Job.objects.get(pk=own.job_id).state == JobState.CANCELLED
    assert Job.objects.get(pk=others.job_id).state == JobState.QUEUED


def test_the_first_page_shows_ones_own_exports_and_leads_to_them(auditor, officer):
    client = staff_client(officer)
    ready = list_of(officer)
    runner.run(ready.job_id, now=clock.now())
    list_of(officer)
    list_of(auditor)
    page = client.get("/admin/")
    figure = by_label(page)["Your exports"]
    assert (figure.number, figure.words) == ("2", "1 running, 1 file to download")
    assert figure in page.context["bands"].large
    assert client.get(figure.url).context["cl"].result_count == 2


def test_select_all_means_the_whole_list_and_not_the_page(auditor):
    for _each in range(3):
        StaffFactory()
    client = staff_client(auditor)
    given = {"action": "export-chosen", "select_across": "1", "_selected_action": [str(auditor.pk)]}
    page = client.post("/admin/people/user/", given)
    assert page.context["count"] == 4
    assert page.context["chosen"] == []
    rows = b"".join(client.post(STAFF_LIST, ASKED).streaming_content).decode().splitlines()
    assert len(rows) == 1 + 4 + 1
    assert client.post("/admin/people/user/", {**given, "select_across": "0"}).context["count"] == 1


def test_who_lost_the_right_to_take_a_list_away_fetches_its_file_no_more(auditor, monkeypatch):
    row = list_of(auditor)
    assert runner.run(row.job_id, now=clock.now()) == JobState.DONE
    url = reverse("admin:jobs_job_result", args=[row.job_id])
    assert staff_client(auditor).get(url).status_code == 200
    monkeypatch.setattr(site._registry[User], "export_permission", "nobody:holds")
    assert staff_client(auditor).get(url).status_code == 403


def test_a_long_list_is_started_and_its_page_opens(auditor, monkeypatch):
    monkeypatch.setattr(audited_export, "AT_ONCE", 0)
    client = staff_client(auditor)
    assert client.post(STAFF_LIST, ASKED, follow=True).status_code == 200
    assert Job.objects.get().kind == exports.LIST


def test_an_export_without_a_reason_says_so_above_the_form_with_a_link_to_the_field(auditor):
    page = staff_client(auditor).post(STAFF_LIST, {**ASKED, "reason": ""})
    assert (page.status_code, "<title>Error: " in page.text) == (422, True)
    assert page.text.index('<a href="#id_reason">') < page.text.index(
        '<form method="post" action="/admin/people/user/export/'
    )


def test_whoever_answers_from_the_list_reads_all_that_is_proposed_and_the_page_says_which_list(auditor, officer):
    proposal = proposed(auditor, filters="is_active__exact=1")
    do = reverse("admin:workplace_unmaskedexport_do_one", args=[proposal.pk, "answer-proposal"])
    page = staff_client(officer).get(do).text
    for said in ("is_active__exact: 1", "email", "CSV, for any program", "masked → in full", "The audit"):
        assert said in page
    assert "<h1>Export: Accounts</h1>" in staff_client(auditor).get(STAFF_LIST).text


def test_the_register_leaves_with_reasons_and_downloads(auditor):
    """Both were promised to auditors and stood on the page only."""
    client = staff_client(auditor)
    asked = {"export": "1", "file_format": "csv", "reason": "The audit of this year"}
    b"".join(client.post(reverse("admin:people_user_export"), asked).streaming_content)
    answer = client.post(reverse("admin:jobs_listexport_export"), asked)
    line = next(iter(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))))
    assert (line["listed"], line["model"], line["reason"]) == ("Accounts", "people.User", "The audit of this year")
    assert line["columns"].startswith("id,")
    at, who = line["downloads"].split()
    assert who == f"staff:{auditor.pk}"
    assert datetime.fromisoformat(at) <= clock.now()


def test_a_list_in_full_is_taken_away_only_with_a_factor_that_was_just_shown(auditor, officer):
    proposal = proposed(auditor)
    unmasked_exports.answer(proposal=proposal, approve=True, reason="", actor=acting(officer))
    proposal.refresh_from_db()
    assert runner.run(proposal.export.job_id, now=clock.now()) == JobState.DONE
    file = reverse("admin:jobs_job_result", args=[proposal.export.job_id])
    client = staff_client(auditor)
    asked = aged(client, minutes=10).get(file)
    assert (asked.status_code, urlsplit(asked["Location"]).path) == (302, reverse("mfa_reauthenticate"))
    assert b"asha@example.test" in b"".join(staff_client(auditor).get(file).streaming_content)
