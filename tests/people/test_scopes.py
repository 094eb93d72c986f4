"""An auditor's login: given by two people with an end and with days, alone, and bound to them in every list."""

from datetime import date, datetime, timedelta

import pytest
from django.contrib import admin

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import access, actor, clock, records
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.core.register_days import RegisterDays
from portal.kernel.people import auditor_scope
from portal.kernel.people.auditor_scope import Scope
from portal.kernel.people.choices import AuditArea
from portal.kernel.people.models import Role, RoleGrant, User
from portal.kernel.people.selectors import permissions_of
from portal.kernel.people.services import roles
from portal.kernel.registers.models import CountryRule
from tests.people.factories import FiduciaryFactory, RoleGrantFactory, StaffFactory, shipped_role

pytestmark = pytest.mark.django_db
OCTOBER = Scope(date(2026, 10, 1), date(2026, 10, 31))


def propose(user, role="auditor", scope=OCTOBER, **changes):
    now = clock.now()
    maker = StaffFactory(roles=["administrator"])
    given = {"starts_at": now, "ends_at": now + timedelta(days=5), "why": "The yearly audit.", **changes}
    return roles.propose_grant(
        user=user, role=shipped_role(role), scope=scope, actor=actor.staff(maker.pk), now=now, **given
    )


def given(scope=OCTOBER):
    user = StaffFactory()
    proposal = propose(user, scope=scope)
    checker = StaffFactory(roles=["data_protection_officer"])
    roles.answer(proposal=proposal, approve=True, actor=actor.staff(checker.pk), now=clock.now())
    return User.objects.get(pk=user.pk)


def test_two_people_agree_to_the_days_and_the_audit_event_names_them():
    user = given(Scope(date(2026, 10, 1), date(2026, 10, 31), (AuditArea.KYC,)))
    grant = RoleGrant.objects.get(user=user)
    assert (grant.data_from, grant.data_to, grant.areas) == (date(2026, 10, 1), date(2026, 10, 31), ["kyc"])
    facts = AuditEvent.objects.get(kind=AuditKind.ROLES_GRANT_GIVEN, facts__user=user.pk).facts
    assert (facts["data_from"], facts["data_to"], facts["areas"]) == ("2026-10-01", "2026-10-31", "kyc")


def test_a_changed_scope_is_not_what_was_proposed():
    proposal = propose(StaffFactory())
    type(proposal).objects.filter(pk=proposal.pk).update(data_to=date(2026, 12, 31))
    proposal.refresh_from_db()
    checker = StaffFactory(roles=["data_protection_officer"])
    with pytest.raises(Refused) as refusal:
        roles.answer(proposal=proposal, approve=True, actor=actor.staff(checker.pk), now=clock.now())
    assert refusal.value.code == "SHOWN_CHANGED"


@pytest.mark.parametrize(
    ("held", "role", "scope", "code"),
    [
        ([], "auditor", None, "SCOPE"),
        ([], "support", OCTOBER, "SCOPE"),
        ([], "auditor", Scope(date(2026, 10, 2), date(2026, 10, 1)), "SCOPE_BACKWARDS"),
        (["support"], "auditor", OCTOBER, "NOT_ALONE"),
        (["auditor"], "support", None, "NOT_ALONE"),
    ],
)
def test_a_scope_goes_with_an_auditor_and_an_auditor_holds_nothing_else(held, role, scope, code):
    with pytest.raises(Refused) as refusal:
        propose(StaffFactory(roles=held), role, scope)
    assert refusal.value.code == code


def test_areas_leave_only_their_permissions_and_no_pack():
    held = permissions_of(given(Scope(date(2026, 10, 1), date(2026, 10, 31), (AuditArea.KYC,))), now=clock.now())
    assert {"kyc.case:view", "evidence.map:view", "jobs.list:export"} <= held
    assert {code.partition(".")[0] for code in held} == {"kyc", "evidence", "jobs"}
    assert not {code for code in held if code.startswith("evidence.pack")}


def test_every_permission_of_an_auditor_belongs_to_an_area_or_to_the_room():
    codes = shipped_role("auditor").permissions.values_list("code", flat=True)
    known = auditor_scope.ALWAYS.union(*auditor_scope.PERMISSIONS.values())
    assert [code for code in codes if code.partition(":")[0].partition(".")[0] not in known] == []
    assert set(auditor_scope.PERMISSIONS) == set(AuditArea)


def test_the_role_ends_by_itself():
    user = given()
    later = clock.now() + timedelta(days=6)
    assert permissions_of(user, now=clock.now())
    assert permissions_of(User.objects.get(pk=user.pk), now=later) == frozenset()


def test_a_role_without_its_scope_shows_nothing():
    user = StaffFactory()
    RoleGrantFactory(user=user, role=shipped_role("auditor"), data_from=None, data_to=None)
    assert not access.within_scope(user, User.objects.all()).exists()


def test_every_list_says_which_day_its_rows_belong_to():
    """A list that nobody named would show an auditor nothing."""
    registered = [(model, page) for model, page in admin.site._registry.items() if hasattr(page, "view_permission")]
    models = {model for model, _page in registered} | {row.model for _m, page in registered for row in page.inlines}
    held = set(shipped_role("auditor").permissions.values_list("code", flat=True))
    seen = {model for model, page in registered if page.view_permission in held}
    seen |= {row.model for model, page in registered if model in seen for row in page.inlines}
    assert {model._meta.label for model in seen if auditor_scope.days_of(model) is None} == set()
    dated = {model for model, record in records.declared().items() if record.day is not None}
    assert dated <= models
    for model in seen:
        list(OCTOBER.narrowed(model._default_manager.all())[:1])
        assert not has_no_day(model), f"{model._meta.label} may have rows without a day"


def has_no_day(model):
    """Whether a row may lack its day: no scope would ever show it. Of several fields one is filled by its service."""
    days = auditor_scope.days_of(model) or ""
    first = days.entered if isinstance(days, RegisterDays) else days.partition("..")[0]
    if not first or "|" in first:
        return False
    for part in first.split("__"):
        field = model._meta.get_field(part)
        model = field.related_model or model
    return field.null


def at(day, hour=12, month=10):
    return datetime(2026, month, day, hour, tzinfo=clock.IST)


def test_a_fact_belongs_to_its_day_in_india_and_a_standing_row_to_each_day_it_stood():
    inside = [StaffFactory(created_at=at(31, 23)), StaffFactory(created_at=at(1, 1, 9))]
    outside = [
        StaffFactory(created_at=at(1, 0, 11)),
        StaffFactory(created_at=at(1, 1, 9), deactivated_at=at(30, 23, 9), is_active=False),
    ]
    shown = set(OCTOBER.narrowed(User.objects.all()))
    assert shown >= set(inside)
    assert not shown & set(outside)


def test_an_entry_of_a_register_belongs_to_the_days_of_which_a_pack_holds_it():
    """A proposal that was refused before the days was shown for ever: it had no end."""
    people = StaffFactory(), StaffFactory()

    def rule(code, made, answer="approved", until=None):
        return CountryRule.objects.create(
            act="x",
            made_by=people[0],
            checked_by=people[1],
            made_at=made,
            checked_at=made,
            shown_sha256="0" * 64,
            answer=answer,
            fiduciary=whose,
            code=code,
            name="x",
            owner=people[0],
            review_on=date(2027, 1, 1),
            country="SG",
            law="IN",
            says="allowed",
            source="x",
            confidence="R",
            starts_at=made,
            ends_at=until,
            ended_by=people[0] if until else None,
        )

    whose = FiduciaryFactory()
    held = rule("held", at(4, month=5))
    ended = rule("ended", at(4, month=5), until=at(1, 0))
    refused_within = rule("refused-within", at(9), answer="refused")
    rule("refused", at(4, month=5), answer="refused")
    rule("over", at(4, month=5), until=at(30, month=9))
    rule("later", at(2, month=11))
    assert set(OCTOBER.narrowed(CountryRule.objects.all())) == {held, ended, refused_within}


def test_a_model_that_is_not_named_shows_nothing():
    from portal.kernel.people.models import Subject

    StaffFactory()
    assert Subject.objects.exists()
    assert not OCTOBER.narrowed(Subject.objects.all()).exists()
    assert Role.objects.count() == OCTOBER.narrowed(Role.objects.all()).count()


def test_an_instant_outside_the_days_is_refused_to_the_auditor_alone():
    user = given()
    access.require_day(user, at(31, 23))
    access.require_day(StaffFactory(roles=["support"]), at(1, 0, 11))
    with pytest.raises(NotAllowed):
        access.require_day(user, at(1, 0, 11))
