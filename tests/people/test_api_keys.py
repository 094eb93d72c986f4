"""Keys of other systems: two people, shown once, only a hash kept, ended at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, date_format
from portal.kernel.core.actor import staff
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.people.choices import ApiScope
from portal.kernel.people.models import ApiKey
from portal.kernel.people.services import api_keys
from tests.people.factories import CustomerUserFactory, FiduciaryFactory, StaffFactory, issued_api_key
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


def proposed(**changes: object) -> ApiKey:
    fields = {
        "fiduciary": FiduciaryFactory(),
        "label": "Campaign sender",
        "scopes": [ApiScope.DECISIONS_ASK],
        "expires_at": clock.now() + timedelta(days=90),
        "actor": staff(StaffFactory(roles=["administrator"]).pk),
        "now": clock.now(),
        **changes,
    }
    return api_keys.propose(**fields)


def agree(key: ApiKey) -> None:
    checker = StaffFactory(roles=["data_protection_officer"])
    api_keys.answer(key=key, approve=True, actor=staff(checker.pk), now=clock.now())


def test_a_key_works_once_two_people_agreed_and_it_was_taken():
    text = issued_api_key(FiduciaryFactory(code="acme"), scopes=["decisions:ask"])
    holder = api_keys.holder_of(text, now=clock.now())
    assert holder is not None
    assert (holder.fiduciary, holder.scopes) == ("acme", frozenset({"decisions:ask"}))


def test_the_proposer_cannot_agree_to_their_own_key():
    key = proposed()
    with pytest.raises(NotAllowed):
        api_keys.answer(key=key, approve=True, actor=staff(key.made_by_id), now=clock.now())


def test_a_key_nobody_agreed_to_cannot_be_taken():
    key = proposed()
    with pytest.raises(IllegalMove):
        api_keys.issue(key=key, actor=staff(key.made_by_id), now=clock.now())


def test_only_the_proposer_can_take_the_key():
    key = proposed()
    agree(key)
    with pytest.raises(NotAllowed):
        api_keys.issue(key=key, actor=staff(key.checked_by_id), now=clock.now())


def test_a_key_is_shown_once():
    key = proposed()
    agree(key)
    api_keys.issue(key=key, actor=staff(key.made_by_id), now=clock.now())
    with pytest.raises(IllegalMove):
        api_keys.issue(key=key, actor=staff(key.made_by_id), now=clock.now())


def test_the_key_itself_stands_in_no_row():
    text = issued_api_key(FiduciaryFactory())
    secret = text.rpartition("_")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM people_apikey")
        assert secret not in str(cursor.fetchall())
    assert secret not in str(list(AuditEvent.objects.values()))


def test_an_ended_key_no_longer_works():
    text = issued_api_key(FiduciaryFactory())
    assert api_keys.holder_of(text, now=clock.now()) is not None
    key = ApiKey.objects.get()
    api_keys.end(key=key, actor=staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    assert api_keys.holder_of(text, now=clock.now()) is None
    with pytest.raises(IllegalMove):
        api_keys.end(key=key, actor=staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())


def test_a_key_ended_elsewhere_stops_working_within_seconds(monkeypatch):
    text = issued_api_key(FiduciaryFactory())
    assert api_keys.holder_of(text, now=clock.now()) is not None
    ApiKey.objects.update(ended_at=clock.now())
    later = api_keys.time.monotonic() + api_keys.TRUSTED_FOR + 1
    monkeypatch.setattr(api_keys.time, "monotonic", lambda: later)
    assert api_keys.holder_of(text, now=clock.now()) is None


def test_a_key_that_is_ended_while_it_is_read_is_not_remembered(monkeypatch):
    read = api_keys._read

    def ended_meanwhile(digest, now):
        found = read(digest, now)
        api_keys.end(key=key, actor=staff(admin.pk), now=now)
        return found

    text, admin = issued_api_key(FiduciaryFactory()), StaffFactory(roles=["administrator"])
    key = ApiKey.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr(api_keys, "_read", ended_meanwhile)
        assert api_keys.holder_of(text, now=clock.now()) is not None
    assert api_keys.holder_of(text, now=clock.now()) is None


def test_a_key_past_its_end_no_longer_works():
    text = issued_api_key(FiduciaryFactory())
    assert api_keys.holder_of(text, now=clock.now() + timedelta(days=400)) is None


@pytest.mark.parametrize("text", ["", "osk_", "osk_abcdefgh_" + "a" * 43, "Bearer", "é" * 60])
def test_what_is_no_key_has_no_holder(text):
    assert api_keys.holder_of(text, now=clock.now()) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"label": " "}, "LABEL_MISSING"),
        ({"scopes": []}, "SCOPE_MISSING"),
        ({"scopes": ["everything"]}, "SCOPE_MISSING"),
        ({"expires_at": clock.now() - timedelta(days=1)}, "END_PAST"),
        ({"expires_at": clock.now() + timedelta(days=26_000)}, "END_TOO_LATE"),
    ],
)
def test_a_proposal_that_lacks_something_is_refused_with_what_to_do(changes, code):
    with pytest.raises(Refused) as refused:
        proposed(**changes)
    assert refused.value.code == code


def test_a_customer_cannot_propose_a_key():
    with pytest.raises(NotAllowed):
        proposed(actor=staff(CustomerUserFactory().pk))


def test_the_database_keeps_no_key_without_a_yes():
    key = proposed()
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(key_sha256=b"x" * 32, issued_at=clock.now())


def test_each_step_of_a_key_is_an_audit_event():
    issued_api_key(FiduciaryFactory())
    kinds = set(AuditEvent.objects.values_list("kind", flat=True))
    assert {"people.api_key.proposed", "people.api_key.answered", "people.api_key.issued"} <= kinds


def test_when_a_key_was_last_used_is_noted_to_some_minutes():
    text = issued_api_key(FiduciaryFactory(code="acme"), scopes=["decisions:ask"])
    now = clock.now()
    for minutes, noted in ((0, now), (5, now), (12, now + timedelta(minutes=12))):
        api_keys.forget()
        api_keys.holder_of(text, now=now + timedelta(minutes=minutes))
        assert ApiKey.objects.get().last_used_at == noted


def key_page(key: ApiKey) -> str:
    return reverse("admin:people_apikey_change", args=[key.pk])


def test_a_day_too_far_ahead_is_refused_beside_its_field_and_the_last_one_is_taken():
    """A key until 2099 was taken."""
    client, add = staff_client(StaffFactory(roles=["administrator"])), reverse("admin:people_apikey_add")
    fields = {"fiduciary": FiduciaryFactory().pk, "label": "Campaigns", "scopes": [ApiScope.DECISIONS_ASK]}
    refused = client.post(add, {**fields, "expires_at": "2099-12-31"})
    assert refused.status_code == 422
    assert "A key works for 366 days at most" in refused.context["form"].errors["expires_at"][0]
    last = clock.day(clock.now()) + timedelta(days=366)
    made = client.post(add, {**fields, "expires_at": last.isoformat()}, follow=True).content.decode()
    assert "Proposed. Another person has to agree" in made
    assert date_format.day(last) in made
    assert date_format.day(last + timedelta(days=1)) not in made


def test_the_proposer_can_withdraw_and_nobody_ends_a_key_that_is_not_there():
    key = proposed()
    maker = staff_client(key.made_by)
    shown = maker.get(key_page(key)).content.decode()
    assert ">Withdraw<" in shown
    assert "End the key" not in shown
    assert ">Withdraw<" not in staff_client(StaffFactory(roles=["administrator"])).get(key_page(key)).text
    maker.post(reverse("admin:people_apikey_do_one", args=[key.pk, "withdraw"]), {"answer": "1"})
    key.refresh_from_db()
    assert key.ended_at is not None
    assert "Withdrawn" in maker.get(key_page(key)).content.decode()
    with pytest.raises(IllegalMove, match="withdrawn"):
        agree(key)
    for who in (key.made_by_id, StaffFactory(roles=["administrator"]).pk):
        with pytest.raises((IllegalMove, NotAllowed)):
            api_keys.withdraw(key=key, actor=staff(who), now=clock.now())


def test_an_answer_and_a_withdrawal_of_the_same_moment_leave_one_of_the_two():
    seen_before = proposed()
    withdrawn = ApiKey.objects.get(pk=seen_before.pk)
    api_keys.withdraw(key=withdrawn, actor=staff(withdrawn.made_by_id), now=clock.now())
    with pytest.raises(IllegalMove, match="withdrawn"):
        agree(seen_before)
    seen_before = proposed()
    agree(ApiKey.objects.get(pk=seen_before.pk))
    with pytest.raises(IllegalMove, match="answered"):
        api_keys.withdraw(key=seen_before, actor=staff(seen_before.made_by_id), now=clock.now())
    assert ApiKey.objects.get(pk=seen_before.pk).ended_at is None


def test_an_answered_proposal_cannot_be_withdrawn_and_its_key_is_ended():
    key = proposed()
    agree(key)
    key.refresh_from_db()
    with pytest.raises(IllegalMove):
        api_keys.withdraw(key=key, actor=staff(key.made_by_id), now=clock.now())
    shown = staff_client(key.made_by).get(key_page(key)).content.decode()
    assert "End the key" in shown
    assert ">Withdraw<" not in shown
