"""Many addresses at once get the answers they would get one by one, and those a plain reading of the facts gives."""

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings

from consent.base.rules.contact import Word
from consent.base.selectors import contact_rulebook
from consent.decisions.services import bulk_decisions
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact
from consent.preferences.services import preferences
from consent.preferences.services.preferences import WishList
from portal.kernel.core import actor, clock
from portal.kernel.people.services import subjects
from tests.consent.factories import person, published_notice, said
from tests.consent.plain_reading import expected
from tests.consent.worlds import (
    EVERY_WAY,
    MANY_WORLDS,
    NO_ADDRESS,
    NUMBERS,
    at_hour,
    blocking_world,
    build,
    kind_of,
    published_texts,
    register,
    stopped_world,
    worlds,
)
from tests.people.factories import FiduciaryFactory, SubjectFactory
from tests.registers.factories import agreed_template, registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def texts(law):
    register()
    return published_texts()


@pytest.fixture
def notice(law):
    return published_notice(effective_on=clock.now().date().replace(year=2020))


def one_by_one(question, addresses, **more):
    """On push and dashboard the addresses are the people's references."""
    if kind_of(question.channel) != "subject":
        return [may_contact(address=each, **asdict(question), **more) for each in addresses]
    return [may_contact(address="", subject_ref=reference(each), **asdict(question), **more) for each in addresses]


def reference(text):
    """As the API reads it."""
    try:
        return UUID(text)
    except ValueError:
        return None


@example(asked_there=(blocking_world(), EVERY_WAY))
@example(asked_there=(stopped_world(), EVERY_WAY))
@settings(max_examples=MANY_WORLDS, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked_there=worlds())
def test_one_by_one_all_at_once_and_a_plain_reading_agree(texts, emptied, asked_there):
    with emptied():
        world, questions = asked_there
        build(world, texts)
        for asked in questions:
            listed = [*world.addresses_on(asked.channel), NO_ADDRESS]
            again = [*listed, listed[0], f" {listed[1]} "]
            alone = one_by_one(asked.question, again, free_text=asked.is_free_text)
            if not (asked.is_free_text and asked.channel in {"whatsapp", "sms", "voice"}):
                together = list(decide_all(asked.question, again))
                assert [(a.allowed, a.reason, a.entry, a.valid_until) for a in together] == [
                    (d.allowed, d.reason, d.entry, d.valid_until) for d in alone
                ]
            for address, decision in zip(listed, alone, strict=False):
                right = expected(world, address, asked)
                assert decision.reason == right.reason, (address, asked)
                assert decision.allowed == right.reason.startswith("ALLOWED")
                assert decision.retry_at == right.until, (address, asked)


def test_what_is_kept_beside_a_long_list_does_not_grow_with_it(notice, monkeypatch):
    monkeypatch.setattr(bulk_decisions, "MOST_KNOWN", 3)
    frame = bulk_decisions.frame_of(Question("marketing", "sms", at_hour(12)))
    for seconds in range(10):
        word = Word("given", verified=True, expires_at=at_hour(13) + timedelta(seconds=seconds))
        assert frame.verdict(word).valid_until == word.expires_at
        assert len(frame.known) <= 3


def test_it_takes_the_same_few_statements_however_long_the_list_is(notice, django_assert_max_num_queries):
    who = person(phone=NUMBERS[0])
    said(who, "given", address=NUMBERS[0])
    question = Question("marketing", "sms", at_hour(12))
    list(decide_all(question, NUMBERS))
    many = [f"+91981{place:07d}" for place in range(1_500)]
    with django_assert_max_num_queries(5):
        answers = list(decide_all(question, [*many, NUMBERS[0]]))
    assert [answer.allowed for answer in answers] == [False] * 1_500 + [True]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"purpose": "no_such"}, "NO_SUCH_PURPOSE"),
        ({"fiduciary": "nobody"}, "NO_SUCH_FIDUCIARY"),
        ({"channel": "pigeon"}, "NOT_A_MESSAGE"),
        ({"header": "VM-GOVT-G"}, "GOVERNMENT_HEADER"),
        ({"header": "AD-NOBODY-P"}, "UNKNOWN_HEADER"),
    ],
)
def test_what_is_wrong_with_the_question_is_said_of_every_address(notice, changes, reason):
    question = Question(**{"purpose": "marketing", "channel": "sms", "at": at_hour(12), **changes})
    found = list(decide_all(question, [NUMBERS[0], NUMBERS[1]]))
    assert [answer.reason for answer in found] == [reason, reason]


def test_header_and_template_count_for_the_whole_list(notice):
    said(person(phone=NUMBERS[0]), "given", address=NUMBERS[0])
    header = registered_sender("567890", carries=["promotional"])
    agreed_template(
        template_id="1109", category="promotional", senders=[header], text="Onesetu: 20% off. Reply STOP to stop."
    )
    question = Question("marketing", "sms", at_hour(12), header="AD-567890-P", template="1109")
    assert [answer.reason for answer in decide_all(question, [NUMBERS[0], NO_ADDRESS])] == [
        "ALLOWED_BY_CONSENT",
        "NO_SUCH_ADDRESS",
    ]


def test_another_fiduciary_has_answers_of_its_own(notice):
    FiduciaryFactory(code="acme-bank")
    said(person(phone=NUMBERS[0]), "given", address=NUMBERS[0])
    question = Question("marketing", "sms", at_hour(12), fiduciary="acme-bank")
    assert [answer.reason for answer in decide_all(question, NUMBERS[:1])] == ["NO_CONSENT"]


def test_on_push_the_subjects_are_asked_about_under_every_reference(notice):
    asha, ravi = person(), person(email="ravi@acme.example", phone="+919811113333")
    old = SubjectFactory(kind="principal")
    subjects.join(old_ref=old.ref, new_ref=asha.subject.ref, actor=actor.SYSTEM, now=clock.now())
    said(asha, "given", channel="push", subject_ref=old.ref)
    asked = [str(asha.subject.ref), str(old.ref), str(ravi.subject.ref), "nobody"]
    found = list(decide_all(Question("marketing", "push", at_hour(12)), asked))
    assert [answer.reason for answer in found] == [
        "ALLOWED_BY_CONSENT",
        "ALLOWED_BY_CONSENT",
        "NO_CONSENT",
        "NO_SUCH_ADDRESS",
    ]


def test_rows_under_an_older_lookup_key_are_found(notice, settings):
    who = person(phone=NUMBERS[0])
    said(who, "given", address=NUMBERS[0])
    settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
    settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    contact_rulebook.forget()
    question = Question("marketing", "sms", at_hour(12))
    assert [answer.reason for answer in decide_all(question, NUMBERS[:2])] == ["ALLOWED_BY_CONSENT", "NO_CONSENT"]


def test_the_wishes_of_who_is_written_to_count_at_an_address_of_somebody_else(notice):
    asha, ravi = person(phone=NUMBERS[0]), person(email="ravi@acme.example", phone=NUMBERS[1])
    said(asha, "given", address=NUMBERS[0])
    pause = WishList(paused_until=at_hour(12) + timedelta(days=3))
    preferences.change(subject_ref=ravi.subject.ref, wishes=pause, actor=actor.SYSTEM)
    meant = [asha.subject.ref, ravi.subject.ref, None]
    question = Question("marketing", "sms", at_hour(12))
    together = list(decide_all(question, [NUMBERS[0]] * 3, written_to=meant))
    alone = [may_contact(address=NUMBERS[0], subject_ref=ref, **asdict(question)) for ref in meant]
    assert [answer.reason for answer in together] == ["ALLOWED_BY_CONSENT", "PAUSED", "ALLOWED_BY_CONSENT"]
    assert [(a.reason, a.valid_until) for a in together] == [(d.reason, d.valid_until) for d in alone]
