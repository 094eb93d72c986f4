"""Queues, the views that staff keep, and who finds them."""

import pytest
from django.urls import reverse

from portal.fronts.workplace import saved_views
from portal.fronts.workplace.models import SavedView
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock, ports
from portal.kernel.people.models import Role
from portal.kernel.people.services import staff as staff_logins
from tests.grievances.factories import ticket
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]


def saved(client, name, *, model="grievances.ticket", query="queue=open", role=None):
    address = reverse("admin:view-save", args=[model])
    shared = Role.objects.get(code=role).pk if role else ""
    return client.post(f"{address}?{query}", {"name": name, "shared_with": shared}, follow=True)


def names(client):
    return {view.name: one.count for view, one in client.get(reverse("admin:queues")).context["views"]}


def test_no_two_tabs_of_a_list_could_mean_the_same_work_and_tasks_are_counted_as_tasks():
    known = {one.code: one for one in ports.queues}
    assert [str(known[code].tab.label) for code in ("kyc-review", "kyc-second")] == ["To review", "To approve"]
    assert str(known["books-due"].words % {"count": 1}) == "task to do"
    assert str(known["books-due"].words % {"count": 2}) == "tasks to do"


def test_the_page_of_queues_shows_each_with_its_number_and_nothing_of_other_roles(staff):
    ticket()
    groups = dict(staff("grievance_officer").get(reverse("admin:queues")).context["groups"])
    shown = {one.queue.code: one.count for rows in groups.values() for one in rows}
    assert shown["grievances-unassigned"] == 1
    assert "kyc-review" not in shown
    assert "Your roles have no queue." in staff().get(reverse("admin:queues")).text


def test_a_view_keeps_the_filters_of_a_list_and_never_what_was_searched_for(staff):
    client = staff("grievance_officer")
    one = ticket()
    page = client.get("/admin/grievances/ticket/?queue=open")
    assert f"{reverse('admin:view-save', args=['grievances.ticket'])}?queue=open" in page.text
    saved(client, "Open ones", query=f"queue=open&q={one.reference}&p=3&nonsense=1")
    view = SavedView.objects.get()
    assert (view.query, view.owner) == ("queue=open", client.member)
    assert names(client) == {"Open ones": 1}
    event = AuditEvent.objects.get(kind="admin.view.saved")
    assert event.facts["model"] == "grievances.ticket"
    assert "Open ones" not in str(event.facts)


def test_a_view_is_found_by_its_owner_and_by_the_role_it_is_shared_with(staff):
    officer, other, support = staff("grievance_officer"), staff("grievance_officer"), staff("support")
    saved(officer, "Mine alone")
    saved(officer, "For support", role="support")
    assert set(names(officer)) == {"Mine alone", "For support"}
    assert set(names(support)) == {"For support"}
    assert names(other) == {}


def test_a_shared_view_of_a_list_that_the_other_may_not_see_is_not_shown_to_them(staff):
    officer, maker = staff("grievance_officer"), staff("kyc_maker")
    saved(officer, "For makers", role="kyc_maker")
    assert names(maker) == {}


def test_only_its_owner_removes_a_view_and_only_by_a_post(staff):
    officer, support = staff("grievance_officer"), staff("support")
    saved(officer, "For support", role="support")
    address = reverse("admin:view-remove", args=[SavedView.objects.get().pk])
    assert officer.get(address).status_code == 405
    assert support.post(address).status_code == 404
    officer.post(address)
    assert not SavedView.objects.exists()


def test_a_name_that_tells_of_a_person_or_is_used_already_is_refused(staff):
    client = staff("grievance_officer")
    assert saved(client, "Asha asha@example.in").status_code == 422
    saved(client, "Open ones")
    again = saved(client, "Open ones")
    assert (again.status_code, "You have a view of this name." in again.text) == (422, True)
    assert SavedView.objects.count() == 1


def test_no_view_is_saved_of_a_list_that_the_login_may_not_see_or_that_is_none(staff):
    client = staff("support")
    for model in ("kyc.document", "kyc.nothing", "nonsense"):
        assert client.get(reverse("admin:view-save", args=[model])).status_code == 404
    assert SavedView.objects.count() == 0


def test_a_view_whose_filter_is_gone_from_the_list_does_not_hold_up_the_page(staff):
    client = staff("grievance_officer")
    SavedView.objects.create(
        owner=client.member, name="Old", model="grievances.ticket", query="gone__exact=1", saved_at=clock.now()
    )
    assert names(client) == {}


def test_of_a_login_that_ended_only_what_it_shared_stays(staff):
    officer = staff("grievance_officer")
    saved(officer, "Mine alone")
    saved(officer, "For support", role="support")
    staff_logins.deactivate(user=officer.member, actor=actor.staff(StaffFactory().pk), now=clock.now())
    assert [view.name for view in SavedView.objects.all()] == ["For support"]


def test_nobody_keeps_more_views_than_they_find_again(staff, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 1)
    client = staff("grievance_officer")
    saved(client, "One")
    assert "Remove one of them first." in saved(client, "Two").text
