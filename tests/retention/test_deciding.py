"""Keep or erase for the records of one person: facts and rules come from rows, the words from the verdict."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from portal.kernel.core import clock, ports
from portal.kernel.core.erasure_api import of_days
from portal.kernel.people.models import RegimeEvidence
from portal.kernel.retention import retention_decisions
from portal.kernel.retention.rules import Why
from tests.law.factories import ProfileFactory
from tests.people.factories import CustomerFactory, MembershipFactory, PrincipalFactory
from tests.registers.factories import order_about
from tests.retention.factories import Shelf, hold, house_rule, legal_rule, only_eraser, retention_rule

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Kept for a year."""
    house_rule("tests.period", 1, "year")
    found = Shelf()
    with only_eraser(found):
        yield found


def put(shelf: Shelf, *began: datetime, **person):
    """A person with records that began then; returns the reference."""
    ref = PrincipalFactory(**person).subject.ref
    shelf.shelved[ref] = list(began)
    return ref


def test_each_day_of_records_has_its_verdict_and_its_sentence(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year", law="Keeping Act", provision="s.7", confidence="R", effective_from=date(2020, 1, 1))
    asha = put(shelf, NOON - timedelta(days=3000), NOON, NOON + timedelta(minutes=5))
    old, new = retention_decisions.keep_or_erase(asha, now=NOON + timedelta(days=1))
    assert (old.verdict.is_kept, old.record.count, new.record.count) == (False, 1, 2)
    assert new.sentence == "A shelf: we keep this until 24 November 2031, because Keeping Act, s.7 requires it."
    assert old.sentence.startswith("A shelf: we erase this because its time was over on")


def test_a_wish_ends_what_only_our_own_period_keeps_and_names_the_right(shelf: Shelf) -> None:
    retention_rule(erasing_rules=["RIGHT"])
    right = {"kind": "duty", "start_event": "received", "law": "GDPR", "provision": "Art 17", "jurisdiction": "EU"}
    legal_rule("RIGHT", None, "none", **right)
    asha = put(shelf, NOON)
    (without,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON)
    assert without.sentence == "A shelf: we erase this because you asked for it."
    RegimeEvidence.objects.create(subject_ref=asha, regime="EU", ground="declared", noted_at=NOON)
    (found,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON)
    assert found.sentence.startswith("A shelf: we erase this because you asked for it (GDPR, Art 17).")
    (unasked,) = retention_decisions.keep_or_erase(asha, now=NOON)
    assert unasked.sentence == "A shelf: we keep this until 24 November 2027, as we have published."


def test_an_unconfirmed_rule_says_so(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year", confidence="M")
    (found,) = retention_decisions.keep_or_erase(put(shelf, NOON), now=NOON)
    law = found.verdict.winner.citation
    assert f"We have not checked the official text and dates yet: {law}." in found.sentence
    assert "applies to us" not in found.sentence, "that it is unread does not make it undecided"


@pytest.mark.parametrize(("switch", "answer"), [("", None), ("intermediary", "yes")])
def test_a_limitation_that_nobody_has_confirmed_says_so_too(shelf: Shelf, switch: str, answer: str | None) -> None:
    if answer:
        ProfileFactory(**{switch: answer})
    retention_rule("IN-LIM")
    legal_rule("IN-LIM", 3, "year", confidence="M", switch=switch, law="Limitation Act 1963", provision="Art. 137")
    (found,) = retention_decisions.keep_or_erase(put(shelf, NOON), now=NOON, asked_at=NOON)
    assert "No law requires it." in found.sentence
    assert "We have not checked the official text and dates yet: Limitation Act 1963, Art. 137." in found.sentence


def test_every_law_that_keeps_a_record_is_named_with_its_last_day(shelf: Shelf) -> None:
    retention_rule("LONG", "SHORT", "IN-LIM")
    legal_rule("LONG", 5, "year", law="Long Act", provision="s.1", confidence="R")
    legal_rule("SHORT", 180, "calendar_day", law="Short Act", provision="s.2", confidence="R")
    legal_rule("IN-LIM", 3, "year", law="Limitation Act 1963", provision="Art. 137", confidence="R")
    (found,) = retention_decisions.keep_or_erase(put(shelf, NOON), now=NOON, asked_at=NOON)
    assert found.sentence == (
        "A shelf: we keep this until 24 November 2031, because Long Act, s.1 requires it. It is kept for these too: "
        "Limitation Act 1963, Art. 137 (until 24 November 2029, for legal claims: no law requires it); "
        "Short Act, s.2 (until 23 May 2027)."
    )


def test_a_hold_and_a_dispute_keep_everything(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    retention_rule()
    asha = put(shelf, NOON - timedelta(days=3000))
    answers = [lambda *, subject_refs: [(ref, "OS-GR-7K4M-9QX2") for ref in subject_refs if ref == asha]]
    monkeypatch.setattr(ports.disputes, "_items", answers)
    (disputed,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON)
    assert (disputed.verdict.winner.why, disputed.verdict.erase_on) == (Why.DISPUTE, None)
    assert retention_decisions.what_stops([asha])[asha].disputes == {"OS-GR-7K4M-9QX2"}
    hold(asha)
    (held,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON)
    assert held.verdict.winner.why is Why.HOLD
    assert held.sentence == disputed.sentence, "their own complaint is named before what they may not learn of"
    monkeypatch.setattr(ports.disputes, "_items", [])
    (alone,) = retention_decisions.keep_or_erase(asha, now=NOON, asked_at=NOON)
    assert "a legal duty or a legal claim" in alone.sentence


def test_an_order_keeps_like_a_hold_and_reads_like_one(shelf: Shelf) -> None:
    retention_rule()
    asha, held = (put(shelf, NOON - timedelta(days=3000)) for _each in range(2))
    order = order_about(asha)
    hold(held)
    assert retention_decisions.is_held(asha, "kyc")
    (by_order,), (by_hold,) = (
        retention_decisions.keep_or_erase(each, now=NOON, asked_at=NOON) for each in (asha, held)
    )
    assert by_order.verdict == by_hold.verdict
    assert by_order.sentence == by_hold.sentence
    assert "complaint" not in by_order.sentence
    order.state, order.answered_at = "refused", NOON
    order.save()
    assert not retention_decisions.is_held(asha, "kyc")


def test_a_law_that_keeps_it_anyway_is_named_with_an_order_a_hold_or_neither(shelf: Shelf) -> None:
    retention_rule("LAW-5Y")
    legal_rule("LAW-5Y", 5, "year")
    asha, held, other = (put(shelf, NOON - timedelta(days=1000)) for _each in range(3))
    order_about(asha)
    hold(held)
    found = [retention_decisions.keep_or_erase(each, now=NOON, asked_at=NOON)[0] for each in (asha, held, other)]
    assert {each.sentence for each in found} == {found[2].sentence}
    assert "requires it" in found[0].sentence
    assert [each.verdict.erase_on is None for each in found] == [True, True, False]


def test_keeping_counts_from_the_latest_date_in_the_persons_zone(shelf: Shelf) -> None:
    retention_rule()
    evening = datetime(2026, 2, 28, 15, 30, tzinfo=UTC)  # 1 March in Auckland, 28 February in India
    (there,) = retention_decisions.keep_or_erase(put(shelf, evening, zone="Pacific/Auckland"), now=evening)
    (here,) = retention_decisions.keep_or_erase(put(shelf, evening), now=evening)
    assert (there.verdict.kept_through, here.verdict.kept_through) == (date(2027, 3, 1), date(2027, 2, 28))


def test_the_account_that_is_theirs_alone_is_a_persons_own(shelf: Shelf) -> None:
    retention_rule()
    asha = PrincipalFactory()
    own, company = CustomerFactory(kind="individual"), CustomerFactory(kind="organisation")
    for customer in (own, company):
        MembershipFactory(customer=customer, principal=asha, role="owner")
        shelf.shelved[customer.subject.ref] = [NOON]
    found = retention_decisions.keep_or_erase(asha.subject.ref, now=NOON)
    assert [each.record.subject_ref for each in found] == [own.subject.ref]


def test_the_sentence_is_in_the_readers_language(shelf: Shelf) -> None:
    retention_rule()
    asha = put(shelf, NOON)
    for language, word in (("hi", "तक"), ("mr", "पर्यंत")):
        with translation.override(language):
            (found,) = retention_decisions.keep_or_erase(asha, now=NOON)
            assert word in found.sentence


def test_every_room_says_what_it_has_of_nobody() -> None:
    """Each eraser that is registered answers, and has nothing of a reference that was never given out."""
    asha = PrincipalFactory()
    assert all(hasattr(eraser, "records") for eraser in ports.erasers)
    names = {eraser.name for eraser in ports.erasers if list(eraser.records(subject_refs=[asha.subject.ref]))}
    assert names == {"people.accounts"}


def test_records_of_one_day_stand_together_and_the_last_start_counts() -> None:
    asha = PrincipalFactory().subject.ref
    (found, other) = of_days([(asha, NOON), (asha, NOON + timedelta(hours=1)), (asha, None)])
    assert (found.count, found.began_at, other.began_at) == (2, NOON + timedelta(hours=1), None)
    assert clock.day(NOON) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("ended", "books_year"),
    [(datetime(2026, 11, 24, 6, 30, tzinfo=UTC), 2026), (datetime(2027, 3, 31, 6, 30, tzinfo=UTC), 2026)],
)
def test_a_law_that_counts_from_the_financial_year_keeps_a_persons_papers_from_its_end(
    shelf: Shelf, ended: datetime, books_year: int
) -> None:
    """As the books of that year are kept (law.md 3.2, rows 27 and 28): not from the end of the relation."""
    retention_rule("CO", "GST")
    legal_rule("CO", 8, "year", start_event="financial_year_end")
    legal_rule("GST", 72, "month", start_event="annual_return_due")
    (found,) = retention_decisions.keep_or_erase(put(shelf, ended), now=ended, asked_at=ended)
    last = {ground.key: ground.on for ground in found.verdict.keeps if ground.why is Why.LAW}
    assert last == {"CO": date(books_year + 9, 3, 31), "GST": date(books_year + 7, 12, 31)}
