"""Many addresses at once get the answers they would get one by one, and those a plain reading of the facts gives."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consent.selectors import rulebook
from consent.services import may_contact
from consent.services.batches import Question, decide_all
from portal.core import actor, clock
from portal.people.services import subjects
from tests.consent.factories import person, published_notice, said
from tests.consent.worlds import (
    NO_ADDRESS,
    NUMBERS,
    STRANGE,
    at_hour,
    blocking_world,
    build,
    expected,
    published_texts,
    worlds,
)
from tests.people.factories import FiduciaryFactory, SubjectFactory
from tests.registers.factories import agreed_template, registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
ASKED = [*NUMBERS, STRANGE, NO_ADDRESS, NUMBERS[0], " 98000 00001 "]


@pytest.fixture
def texts(law):
    return published_texts()


@pytest.fixture
def notice(law):
    return published_notice(effective_on=clock.now().date().replace(year=2020))


def one_by_one(question, addresses):
    given_as = {"at": question.at, "purpose": question.purpose, "channel": question.channel}
    return [may_contact(address=each, fiduciary=question.fiduciary, **given_as) for each in addresses]


@example(world=blocking_world(), hour=12, purpose="marketing")
@example(world=blocking_world(), hour=22, purpose="product_updates")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), hour=st.sampled_from([12, 22]), purpose=st.sampled_from(["marketing", "product_updates"]))
def test_one_by_one_all_at_once_and_a_plain_reading_agree(texts, emptied, world, hour, purpose):
    with emptied():
        build(world, purpose, texts)
        question = Question(purpose, "sms", at_hour(hour))
        alone = one_by_one(question, ASKED)
        together = list(decide_all(question, ASKED))
        assert [(a.allowed, a.reason, a.entry, a.valid_until) for a in together] == [
            (d.allowed, d.reason, d.entry, d.valid_until) for d in alone
        ]
        for address, decision in zip(ASKED[:7], alone, strict=False):
            reasons = expected(world, address, hour=hour, is_promotional=purpose == "marketing")
            assert decision.reason in reasons, address
            assert decision.allowed == decision.reason.startswith("ALLOWED")


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
    rulebook.forget()
    question = Question("marketing", "sms", at_hour(12))
    assert [answer.reason for answer in decide_all(question, NUMBERS[:2])] == ["ALLOWED_BY_CONSENT", "NO_CONSENT"]
