from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core.errors import Refused
from portal.kernel.law.models import Purpose
from portal.kernel.law.services import profiles, purposes
from tests.law.factories import PurposeFactory
from tests.shipped import rules_of_law

pytestmark = pytest.mark.django_db
BASES = {"IN": "consent", "EU": "consent", "US-CA": "notice_and_opt_out"}


def adopt(*, effective_from=date(2026, 12, 1), **fields):
    given = {
        "names": {"en": "Surveys"},
        "descriptions": {"en": "Asking how we did."},
        "message_category": "service",
        "bases": BASES,
        "channels": ["email"],
        "retention_class": "message",
    }
    return purposes.adopt(
        code="surveys",
        fields={**given, **fields},
        effective_from=effective_from,
        made_by_ref="user:1",
        checked_by_ref="user:2",
        shown_sha256="a" * 64,
    )


def test_an_adopted_purpose_leaves_one_audit_event_with_both_people():
    row = adopt()
    event = AuditEvent.objects.get(kind="law.purpose.adopted")
    assert (row.version, row.sends_messages) == (1, True)
    assert (event.facts["maker"], event.facts["checker"]) == ("user:1", "user:2")


def test_a_purpose_is_not_asked_for_before_its_notice_is_published():
    row = adopt()
    published = datetime(2026, 12, 5, tzinfo=UTC)
    assert row.may_be_asked(published) is False
    assert purposes.notice_published(code="surveys", at=published) == 1
    row.refresh_from_db()
    assert row.may_be_asked(datetime(2026, 12, 4, tzinfo=UTC)) is False
    assert row.may_be_asked(published) is True


def test_a_new_version_needs_a_notice_of_its_own():
    adopt()
    purposes.notice_published(code="surveys", at=datetime(2026, 12, 5, tzinfo=UTC))
    newer = purposes.adopt(
        code="surveys",
        fields={"descriptions": {"en": "Asking how we did, and why."}},
        effective_from=date(2027, 1, 1),
        made_by_ref="user:1",
        checked_by_ref="user:2",
        shown_sha256="b" * 64,
    )
    assert (newer.version, newer.names, newer.notice_published_at) == (2, {"en": "Surveys"}, None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"bases": {"IN": "consent"}}, "each region"),
        ({"bases": {**BASES, "IN": "legitimate_interest"}}, "does not exist"),
        ({"bases": {**BASES, "IN": "contract"}}, "does not exist"),
        ({"bases": {**BASES, "EU": "legitimate_interest"}}, "balancing test"),
        ({"bases": {**BASES, "EU": "legitimate_interest"}, "balancing_test": "  "}, "balancing test"),
        ({"message_category": "government"}, "category"),
        ({"channels": ["pigeon"]}, "channel"),
        ({"names": {"hi": "x"}}, "English"),
    ],
)
def test_a_purpose_that_the_law_does_not_allow_is_refused_and_nothing_is_written(fields, said):
    with pytest.raises(Refused, match=said):
        adopt(**fields)
    assert Purpose.objects.count() == 0


def test_a_legitimate_interest_with_its_balancing_test_is_adopted():
    assert adopt(bases={**BASES, "EU": "legitimate_interest"}, balancing_test="We weighed it.").pk


def test_the_database_refuses_one_person_in_both_halves_and_an_interest_without_its_test():
    with pytest.raises(IntegrityError), transaction.atomic():
        PurposeFactory(made_by_ref="user:1", checked_by_ref="user:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        PurposeFactory(bases={**BASES, "EU": "legitimate_interest"})
    assert PurposeFactory().pk


def test_a_version_cannot_start_before_the_present_one():
    adopt()
    with pytest.raises(Refused, match="after the present one"):
        adopt()


def test_a_profile_takes_two_people_and_known_answers():
    ask = {"effective_from": date(2026, 12, 1), "shown_sha256": "c" * 64}
    with pytest.raises(Refused, match="another one"):
        profiles.adopt(answers={}, made_by_ref="user:1", checked_by_ref="user:1", **ask)
    for answers in ({"bank": "yes"}, {"intermediary": "perhaps"}):
        with pytest.raises(Refused, match="not known"):
            profiles.adopt(answers=answers, made_by_ref="user:1", checked_by_ref="user:2", **ask)
    row = profiles.adopt(answers={"intermediary": "yes"}, made_by_ref="user:1", checked_by_ref="user:2", **ask)
    assert row.answers()["intermediary"] == "yes"
    assert row.answers()["cloud_provider"] == "undecided"


def adopt_next(**changes):
    return purposes.adopt(
        code="surveys", effective_from=date(2027, 1, 1), made_by_ref="user:1", checked_by_ref="user:2",
        shown_sha256="b" * 64, **changes,
    )  # fmt: skip


def test_a_correction_keeps_meaning_and_notice_and_a_change_keeps_neither():
    assert adopt().meaning_since == date.min
    purposes.notice_published(code="surveys", at=datetime(2026, 12, 5, tzinfo=UTC))
    mended = adopt_next(fields={"names": {"en": "Survey"}}, is_correction=True)
    assert (mended.meaning_since, mended.may_be_asked(datetime(2027, 1, 2, tzinfo=UTC))) == (date.min, True)
    changed = purposes.adopt(
        code="surveys", fields={"names": {"en": "Polls"}}, effective_from=date(2027, 2, 1), made_by_ref="user:1",
        checked_by_ref="user:2", shown_sha256="c" * 64,
    )  # fmt: skip
    assert changed.meaning_since == date(2027, 2, 1)
    assert purposes.adopt(
        code="surveys", fields={"names": {"en": "Poll"}}, effective_from=date(2027, 3, 1), made_by_ref="user:1",
        checked_by_ref="user:2", shown_sha256="d" * 64, is_correction=True,
    ).meaning_since == date(2027, 2, 1)  # fmt: skip


def test_what_changes_more_than_words_is_no_correction():
    adopt(channels=["email", "sms"])
    with pytest.raises(Refused) as refusal:
        adopt_next(fields={"channels": ["email"]}, is_correction=True)
    assert refusal.value.code == "NOT_A_CORRECTION"
    assert Purpose.objects.count() == 1
    assert adopt_next(fields={"channels": ["sms", "email"]}, is_correction=True).version == 2


def test_nothing_is_no_version_to_correct():
    with pytest.raises(Refused) as refusal:
        adopt_next(fields={}, is_correction=True)
    assert refusal.value.code == "NOTHING_TO_CORRECT"


def marked(column):
    return set(Purpose.objects.filter(**{column: True}).values_list("code", flat=True))


def test_whose_a_purpose_is_and_where_it_is_asked_is_data():
    rules_of_law()
    assert marked("is_ours_alone") == {"aadhaar_verification", "kyc_verification"}
    assert marked("is_asked_in_place") == {"aadhaar_verification"}


def test_a_new_version_is_whose_it_was_and_a_correction_cannot_change_that():
    adopt(is_ours_alone=True)
    assert adopt_next(fields={"names": {"en": "Poll"}}).is_ours_alone
    with pytest.raises(Refused) as refusal:
        purposes.adopt(
            code="surveys", fields={"is_ours_alone": False}, effective_from=date(2027, 3, 1), made_by_ref="user:1",
            checked_by_ref="user:2", shown_sha256="d" * 64, is_correction=True,
        )  # fmt: skip
    assert refusal.value.code == "NOT_A_CORRECTION"


def test_a_notice_tells_of_the_meaning_of_its_day_and_of_none_that_comes_later():
    for number in range(2):
        adopt(effective_from=date(2026, 12, 1 + 20 * number), descriptions={"en": f"Meaning {number}."})
    assert purposes.notice_published(code="surveys", at=datetime(2026, 11, 5, tzinfo=UTC)) == 1
    first, second = Purpose.objects.order_by("version")
    assert (first.notice_published_at is None, second.notice_published_at) == (False, None)
    assert purposes.notice_published(code="surveys", at=datetime(2026, 12, 5, tzinfo=UTC)) == 0
    assert purposes.notice_published(code="surveys", at=datetime(2026, 12, 21, tzinfo=UTC)) == 1
