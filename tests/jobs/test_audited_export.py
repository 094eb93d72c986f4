"""Lists taken away from the admin: by role, masked, without formulae, and each with its trace."""

import csv
import io
import tomllib
from hashlib import sha256
from pathlib import Path

import openpyxl
import pytest
from django.contrib.admin import site as default_site
from django.urls import include, path

from portal.fronts.workplace.admin.jobs import JobAdmin
from portal.fronts.workplace.site import StaffSite
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.audit.services import personal_of
from portal.kernel.core import actor as actors
from portal.kernel.core.admin import ReadOnlyAdmin
from portal.kernel.jobs import audited_export
from portal.kernel.jobs.audited_export import AuditedExport, AuditedResource
from portal.kernel.jobs.models import Job, ListExport
from portal.kernel.jobs.services.exports import Wish
from portal.kernel.people.models import ApiKey, User
from portal.kernel.people.permissions import Permission
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class LoginResource(AuditedResource):
    masks = {"email": lambda text: f"{text[0]}***", "full_name": lambda text: f"={text[:1]}"}

    class Meta(AuditedResource.Meta):
        model = User
        fields = ("id", "email", "full_name", "is_staff")
        export_order = fields


class LoginAdmin(AuditedExport, ReadOnlyAdmin):
    view_permission = Permission.STAFF_VIEW
    export_permission = Permission.CUSTOMER_EXPORT
    export_resource = LoginResource
    list_display = ("id",)
    search_fields = ("email",)
    list_filter = ("is_staff",)
    ordering = ("id",)


site = StaffSite(name="admin")
site.register(User, LoginAdmin)
site.register(Job, JobAdmin)
urlpatterns = [path("admin/", site.urls), path("", include("portal.urls"))]
EXPORT = "/admin/people/user/export/"
ASKED = {"file_format": "csv", "reason": "The audit of this year", "export": "yes"}
ROLES = Path(__file__).parents[2] / "portal/kernel/people/data/roles.toml"


@pytest.fixture
def auditor():
    return StaffFactory(roles=["auditor"], full_name="Asha Rao", email="asha@example.test")


def body(response):
    return b"".join(response.streaming_content)


def export(client, **changes):
    response = client.post(EXPORT, {**ASKED, **changes})
    assert response.status_code == 200, response.content
    return response


def test_a_list_leaves_with_named_masked_columns_and_no_formula(auditor):
    response = export(staff_client(auditor))
    rows = list(csv.reader(io.StringIO(body(response).decode("utf-8-sig"))))
    assert rows[:2] == [["id", "email", "full_name", "is_staff"], [str(auditor.pk), "a***", "'=A", "yes"]]
    assert rows[2][0].startswith(f"# made for: staff:user:{auditor.pk}; at: ")
    assert len(rows) == 3
    assert response["Content-Disposition"].startswith('attachment; filename="user-20')
    assert response["Content-Type"] == "text/csv; charset=utf-8"


def test_a_spreadsheet_holds_the_same_and_no_formula(auditor):
    data = body(export(staff_client(auditor), file_format="xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["id", "email", "full_name", "is_staff"],
        [auditor.pk, "a***", "'=A", "yes"],
    ]
    assert {cell.data_type for row in sheet.rows for cell in row} == {"s", "n"}


def test_every_export_is_an_audit_event_with_its_hash(auditor):
    data = body(export(staff_client(auditor)))
    event = AuditEvent.objects.get(kind=AuditKind.EXPORT_LIST_MADE)
    row = ListExport.objects.get()
    assert {name: value for name, value in event.facts.items() if name != "changed"} == {
        "export": row.pk,
        "filters": "",
        "masked": True,
        "ledger_size": None,
        "model": "people.user",
        "resource": "LoginResource",
        "format": "csv",
        "rows": 1,
        "fields": "id,email,full_name,is_staff",
        "sha256": sha256(data).hexdigest(),
    }
    assert event.actor_ref == f"user:{auditor.pk}"
    assert personal_of(event)["address"] == "127.0.0.1"


def test_the_page_asks_for_the_format_and_names_the_columns(auditor):
    page = staff_client(auditor).get(EXPORT)
    text = page.content.decode()
    assert page.status_code == 200
    assert "The file will contain 1 row." in text
    assert "full_name" in text
    assert "<script" not in text.partition('id="content"')[2]
    assert 'style="' not in text


def test_columns_are_said_in_words_on_the_page_and_in_a_workbook(auditor):
    """They were told as codes only: fiduciary__code, receipt__reference."""
    resource = default_site.get_model_admin(ApiKey).export_resource()
    words = dict(resource.words())
    assert words["fiduciary"] == "for: code"
    assert words["label"] == "which system uses it"
    assert list(words) == [column.heading for column in resource.columns()]
    page = staff_client(auditor).get(EXPORT).content.decode()
    assert "<li>Full name (<code>full_name</code>)</li>" in page
    about = openpyxl.load_workbook(io.BytesIO(body(export(staff_client(auditor), file_format="xlsx"))))["About"]
    assert ("column full_name", "full name") in list(about.values)


def test_filters_of_the_list_and_chosen_rows_narrow_the_export(auditor):
    other = StaffFactory(roles=["support"], email="other@example.test")
    client = staff_client(auditor)
    searched = client.post(f"{EXPORT}?q=asha", ASKED)
    assert body(searched).count(b"\r\n") == 3
    chosen = client.post(
        "/admin/people/user/", {"action": "export-chosen", "_selected_action": [str(other.pk)], "index": "0"}
    )
    assert f'value="{other.pk}"' in chosen.content.decode()
    assert body(export(client, _selected_action=[str(other.pk)])).count(b"\r\n") == 3
    assert body(export(client)).count(b"\r\n") == 4
    # The register says that somebody searched or chose, never for what or which.
    assert list(ListExport.objects.order_by("pk").values_list("filters", flat=True)) == ["searched=yes", "chosen=1", ""]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("q=asha@example.test", "searched=yes"),
        ("q=Asha&is_staff__exact=1", "is_staff__exact=1&searched=yes"),
        ("is_staff__exact=1", "is_staff__exact=1"),
    ],
)
def test_a_filter_that_tells_of_a_person_is_a_search_and_is_kept_nowhere(auditor, query, kept):
    client = staff_client(auditor)
    assert client.post(f"{EXPORT}?{query}", ASKED).status_code == 200
    assert ListExport.objects.get().filters == kept
    assert AuditEvent.objects.get(kind=AuditKind.EXPORT_LIST_MADE).facts["filters"] == kept


def test_a_long_list_found_by_what_tells_of_a_person_is_given_to_no_worker(auditor, monkeypatch):
    monkeypatch.setattr(audited_export, "AT_ONCE", 0)
    page = staff_client(auditor).post(f"{EXPORT}?q=asha@example.test", ASKED)
    assert "found by a search" in page.content.decode()
    assert not Job.objects.exists()


def test_a_role_without_the_permission_gets_no_file_and_no_action(auditor):
    client = staff_client(StaffFactory(roles=["administrator"]))
    assert client.get(EXPORT).status_code == 403
    assert client.post(EXPORT, ASKED).status_code == 403
    assert "export-chosen" not in client.get("/admin/people/user/").content.decode()
    assert "export-chosen" in staff_client(auditor).get("/admin/people/user/").content.decode()
    assert not AuditEvent.objects.filter(kind=AuditKind.EXPORT_LIST_MADE).exists()


@pytest.mark.parametrize(
    "asked", ["zzz=1", "id__in=a", "id__in=9876543210", "email__iexact=a@b.test", "from=x", "file_format=csv"]
)
def test_an_address_that_the_list_does_not_understand_takes_nothing_away(auditor, asked):
    client = staff_client(auditor)
    for answer in (client.get(f"{EXPORT}?{asked}"), client.post(f"{EXPORT}?{asked}", ASKED)):
        assert (answer.status_code, answer["Location"]) == (302, "/admin/people/user/?e=1")
    assert not ListExport.objects.exists()


def test_an_unknown_format_is_asked_again(auditor):
    page = staff_client(auditor).post(EXPORT, {**ASKED, "file_format": "exe"})
    assert page.status_code == 422
    assert not AuditEvent.objects.filter(kind=AuditKind.EXPORT_LIST_MADE).exists()


def test_an_export_needs_a_reason_that_names_nobody(auditor):
    client = staff_client(auditor)
    for reason in ("", "For 98765 43210"):
        assert client.post(EXPORT, {**ASKED, "reason": reason}).status_code == 422
    assert not ListExport.objects.exists()


def test_the_register_has_who_took_what_why_and_what_the_file_was(auditor):
    data = body(staff_client(auditor).post(f"{EXPORT}?is_staff__exact=1&o=-1", ASKED))
    row = ListExport.objects.get()
    assert (row.model, row.filters, row.reason) == ("people.User", "is_staff__exact=1", "The audit of this year")
    assert (row.made_by, row.is_masked, row.approved_by) == (f"staff:user:{auditor.pk}", True, "")
    assert (row.rows, row.size, row.sha256, row.job) == (1, len(data), sha256(data).hexdigest(), None)
    assert row.columns == "id,email,full_name,is_staff"
    assert row.downloads.get().fetched_by == f"staff:user:{auditor.pk}"


def test_a_long_list_is_left_to_a_worker_with_its_filters(auditor, monkeypatch):
    monkeypatch.setattr(audited_export, "AT_ONCE", 0)
    client = staff_client(auditor)
    assert "A worker writes it" in client.get(EXPORT).content.decode()
    answer = client.post(f"{EXPORT}?is_staff__exact=1", {**ASKED, "file_format": "jsonl"})
    row = ListExport.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/jobs/job/{row.job_id}/change/"
    assert row.job.parameters == {
        "export": row.pk,
        "list": "people.User",
        "format": "jsonl",
        "filters": "is_staff__exact=1",
        "masked": True,
    }
    assert row.made_at is None
    assert not AuditEvent.objects.filter(kind=AuditKind.EXPORT_LIST_MADE).exists()


def test_what_somebody_searched_for_is_never_kept_with_a_job(auditor, monkeypatch):
    monkeypatch.setattr(audited_export, "AT_ONCE", 0)
    page = staff_client(auditor).post(f"{EXPORT}?q=asha", ASKED)
    assert "empty the search box, narrow the list by its filters" in page.content.decode()
    by_hand = staff_client(auditor).post(EXPORT, {**ASKED, "_selected_action": [str(auditor.pk)]})
    assert "choose none, narrow the list by its filters and press Export" in by_hand.content.decode()
    assert not ListExport.objects.exists()


def test_a_resource_that_names_no_fields_or_leaves_one_unmasked_is_an_error():
    class Everything(AuditedResource):
        class Meta(AuditedResource.Meta):
            model = User

    class Unmasked(AuditedResource):
        class Meta(AuditedResource.Meta):
            model = User
            fields = ("id", "email")

    assert [error.id for error in audited_export.check_resource(Everything)] == ["jobs.E010"]
    assert [error.id for error in audited_export.check_resource(Unmasked)] == ["jobs.E011"]
    assert audited_export.check_resource(LoginResource) == []


def lists_an_auditor_may_see():
    permissions = tomllib.loads(ROLES.read_text())["permissions"]
    seen = {code for code, roles in permissions.items() if "auditor" in roles}
    return [
        model_admin
        for model_admin in default_site._registry.values()
        if getattr(model_admin, "view_permission", None) in seen
    ]


def test_every_list_an_auditor_may_see_can_be_taken_away():
    lists = lists_an_auditor_may_see()
    assert len(lists) > 20
    assert [str(found) for found in lists if not isinstance(found, AuditedExport)] == []


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "jsonl"])
def test_every_export_that_ships_reads_its_columns(auditor, file_format):
    """An empty list still has its headings; each model's first row, where there is one, is read whole."""
    for model_admin in lists_an_auditor_may_see():
        resource = model_admin.export_resource()
        wish = Wish(resource, file_format, "", "A test of every list")
        rows = model_admin.model._default_manager.all()
        response = audited_export.export_response(wish, rows, actor=actors.staff(auditor.pk))
        assert body(response)


def test_a_list_that_a_role_may_not_see_cannot_be_taken_away_either(auditor, monkeypatch):
    monkeypatch.setattr(LoginAdmin, "view_permission", Permission.STAFF_INVITE)
    client = staff_client(auditor)
    assert client.get(EXPORT).status_code == 403
    assert client.post(EXPORT, ASKED).status_code == 403
    assert not AuditEvent.objects.filter(kind=AuditKind.EXPORT_LIST_MADE).exists()
