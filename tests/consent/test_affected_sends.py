"""Before a sender register is changed, its page says how many of the latest sends the change would have stopped."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from consent.broadcasts.selectors.affected_sends import AffectedSends, affected_sends
from consent.decisions.services import decision_log
from consent.decisions.services.bulk_decisions import Question
from consent.decisions.services.decision_responses import answer_many, answer_one
from consent.models import AnswerSet, GivenAnswer
from portal.kernel.core import actor, clock
from portal.kernel.outbox.models import Message
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.law.factories import HouseRuleFactory
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.registers.factories import (
    agreed_template,
    entity_of,
    own,
    proposed_sender,
    proposed_template,
    registered_sender,
    two_people,
)
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOW = datetime(2027, 2, 3, 12, tzinfo=clock.IST)
SYSTEM = actor.interface(1)
OFFER = "Onesetu: 20% off. Reply STOP to stop."


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW) as moved:
        yield moved


@pytest.fixture
def asha(law):
    published_notice()
    who = person()
    said(who, "given")
    return who


def ask(count=1, *, purpose="marketing", **sent_as):
    for _time in range(count):
        question = Question(purpose, "sms", clock.now(), **sent_as)
        answer_one(question, address=ASHA_PHONE, actor=SYSTEM, now=clock.now())


def affected(entry):
    return affected_sends(entry=entry, at=clock.now())


def ended(entry):
    sender_entries.end(entry, actor=actor.staff(StaffFactory(roles=["administrator"]).pk), now=clock.now())
    return entry


def test_the_end_of_a_header_would_stop_what_was_permitted_from_it_singly_and_in_lists(asha):
    offers = registered_sender("OFFERS", carries=["promotional"])
    registered_sender("OTHERS", carries=["promotional"])
    ask(2, header="AD-OFFERS-P")
    ask(3, header="OTHERS")
    ask(1)
    ask(1, header="OFFERS", purpose="no_such_purpose")
    question = Question("marketing", "sms", clock.now(), header="OFFERS")
    answer_many(question, addresses=[ASHA_PHONE, ASHA_PHONE, "+919811112222"], actor=SYSTEM, now=clock.now())
    assert affected(offers) == AffectedSends(permitted=4, stopped=4)
    ended(offers)
    assert affected(offers) is None


def test_only_the_last_seven_days_count(asha, noon):
    offers = registered_sender("OFFERS", carries=["promotional"])
    ask(2, header="OFFERS")
    noon.shift(timedelta(days=7, minutes=2))
    ask(1, header="OFFERS")
    assert affected(offers).permitted == 1


def test_how_many_days_count_is_a_house_rule_by_its_own_dates(asha, noon):
    """A later version of the rule counts from its day on, on the page too; the version before it until then."""
    HouseRuleFactory(
        key="registers.affected_sends", version=2, kind="window", amount=2, unit="calendar_day", counting="elapsed",
        effective_from=NOW.date() + timedelta(days=3),
    )  # fmt: skip
    offers = registered_sender("OFFERS", carries=["promotional"])
    ask(2, header="OFFERS")
    noon.shift(timedelta(days=2, hours=1))
    assert affected(offers).permitted == 2
    noon.shift(timedelta(days=1))
    assert affected(offers).permitted == 0
    page = staff_client(StaffFactory(roles=["administrator"])).get(
        reverse("admin:registers_sender_change", args=[offers.pk])
    )
    assert "If it ends now: 0 of 0 in the last 2 days" in page.text


def test_a_header_that_is_registered_anew_for_less_would_stop_what_it_no_longer_carries(asha):
    maker, _checker = two_people()
    header = registered_sender("ONESTU", carries=["promotional", "transactional"])
    ask(2, header="ONESTU")
    ask(3, header="ONESTU", purpose="account_service")
    ended(header)
    proposal = proposed_sender(maker, "ONESTU", carries=["transactional"])
    assert affected(proposal) == AffectedSends(permitted=5, stopped=2)


def test_the_end_of_a_template_would_stop_what_is_sent_in_it_but_not_in_another_language(asha):
    header = registered_sender("OFFERS", carries=["promotional"])
    template = agreed_template(template_id="1101", category="promotional", senders=[header], text=OFFER)
    ask(2, header="OFFERS", template="1101")
    ask(1, header="OFFERS")
    assert affected(template) == AffectedSends(permitted=2, stopped=2)
    assert affected(header) == AffectedSends(permitted=3, stopped=3)


def test_a_template_name_that_gets_a_milder_text_in_another_language_would_stop_promotion_under_it(asha):
    """Of one name every language has to fit: a second text of another category turns decisions."""
    maker, _checker = two_people()
    number = registered_sender("+919000000001", kind="whatsapp_number", carries=["promotional", "service"])
    first = agreed_template(
        channel="whatsapp", template_id="offer", category="promotional", senders=[number], text=OFFER
    )
    type(first).objects.filter(pk=first.pk).update(state="approved")
    said(asha, "given", channel="whatsapp")
    question = Question("marketing", "whatsapp", clock.now(), template="offer")
    answer_one(question, address=ASHA_PHONE, actor=SYSTEM, now=clock.now())
    second = proposed_template(
        maker, channel="whatsapp", template_id="offer", category="service", language="hi", senders=[number],
        text="Onesetu: your meter was read.",
    )  # fmt: skip
    assert affected(second) == AffectedSends(permitted=1, stopped=0)  # the platform has not approved it yet
    type(second).objects.filter(pk=second.pk).update(state="approved")
    second.refresh_from_db()
    assert affected(second) == AffectedSends(permitted=1, stopped=1)


def test_the_end_of_a_dlt_registration_would_stop_everything_of_its_client_and_nothing_of_ours(asha):
    acme = FiduciaryFactory(code="acme-bank")
    entity = entity_of(acme)
    ask(2, purpose="account_service", fiduciary="acme-bank")
    ask(3, purpose="account_service")
    assert affected(entity) == AffectedSends(permitted=2, stopped=2)
    assert affected(entity_of(own(), entity_id="1101234567890123457")) is None


def sent(number, *, category="transactional", channel="sms"):
    return Message.objects.create(
        reference=f"OS-MS-{number}", kind="a.b", subject_ref=SUBJECT, fiduciary="onesetu", channel=channel,
        language="en", purpose="account_service", category=category, about=f"x:{number}", template_sha256="",
        template_language="en", state="sent", message_id=f"<{number}>", attempts_allowed=1,
        created_at=clock.now(), sent_at=clock.now(),
    )  # fmt: skip


SUBJECT = "00000000-0000-0000-0000-000000000001"


def test_our_own_messages_count_where_no_other_header_would_carry_them(asha):
    header = registered_sender("ONESTU", carries=["service", "transactional"])
    for number in range(3):
        sent(number)
    sent(3, category="promotional")
    sent(4, channel="email")
    assert affected(header) == AffectedSends(permitted=3, stopped=3)
    registered_sender("600001", carries=["promotional"])
    assert affected(header) == AffectedSends(permitted=3, stopped=3), "it carries no bill of ours"
    registered_sender("SECOND", carries=["transactional"])
    assert affected(header) == AffectedSends(permitted=3, stopped=0)


def test_it_takes_the_same_few_statements_however_many_headers_and_templates_there_are(
    asha, settings, django_assert_max_num_queries
):
    settings.DECISION_RULES_SECONDS = 3_600  # a slow machine looks up again what a quick one still knows
    header = registered_sender("OFFERS", carries=["promotional"])
    for number in range(12):
        template_id = str(1200 + number)
        agreed_template(template_id=template_id, category="promotional", senders=[header], text=OFFER)
        ask(1, header="OFFERS", template=template_id)
    with django_assert_max_num_queries(14):
        assert affected(header) == AffectedSends(permitted=12, stopped=12)


def test_the_page_of_the_entry_says_so_to_whoever_may_end_it_or_approve_it(asha):
    header = registered_sender("OFFERS", carries=["promotional"])
    ask(2, header="OFFERS")
    officer = staff_client(StaffFactory(roles=["administrator"]))
    page = officer.get(reverse("admin:registers_sender_change", args=[header.pk])).content.decode()
    assert "Sends that this would have stopped" in page
    assert "If it ends now: 2 of 2 in the last 7 days" in page
    maker, _checker = two_people()
    proposal = proposed_sender(maker, "NEWONE", carries=["promotional"])
    page = officer.get(reverse("admin:registers_sender_change", args=[proposal.pk])).content.decode()
    assert "If approved: 0 of 0 in the last 7 days" in page


def test_the_log_names_header_and_template_and_their_minute_is_sealed_with_them(asha, monkeypatch):
    header = registered_sender("OFFERS", carries=["promotional"])
    agreed_template(template_id="1101", category="promotional", senders=[header], text=OFFER)
    ask(1, header="AD-OFFERS-P", template=" 1101 ")
    ask(1)
    named, plain = GivenAnswer.objects.order_by("pk")
    assert (named.header, named.template) == ("OFFERS", "1101")
    assert (plain.header, plain.template) == ("", "")
    question = Question("marketing", "sms", clock.now(), header="OFFERS", template="1101")
    kept = answer_many(question, addresses=[ASHA_PHONE], actor=SYSTEM, now=clock.now()).kept
    assert (kept.header, kept.template) == ("OFFERS", "1101")
    decision_log.sum_up(now=clock.now() + timedelta(minutes=10))
    minute = AnswerSet.objects.get(answered_as="minute")
    assert decision_log.is_as_sealed(minute)
    monkeypatch.setattr(GivenAnswer, "from_db", classmethod(_with_another_header))
    assert not decision_log.is_as_sealed(minute)


def _with_another_header(model, database, names, values):
    """The row as somebody would have it who changed the table behind the application."""
    return model(**{**dict(zip(names, values, strict=True)), "header": "OTHERS"})
