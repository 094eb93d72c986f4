"""The book of recipients: two people, one entry at a time, secrets that replace one another, a test that tells."""

import pytest
from django.db import connection
from django.urls import reverse

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports, webhook_signatures
from portal.kernel.core.actor import SYSTEM
from portal.kernel.core.errors import IllegalMove, NotAllowed, Refused
from portal.kernel.registers.models import Recipient
from portal.kernel.registers.recipients.selectors import recipients as recipient_selectors
from portal.kernel.registers.recipients.services import recipients
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import law_is_loaded
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.registers.factories import own, papers_for, proposed_recipient, registered_recipient, two_people
from tests.servers.recipient import REDIRECTS, Turn, running
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law() -> None:
    law_is_loaded()


def in_force() -> list[str]:
    return [recipient.code for recipient in recipient_selectors.recipients_of(own(), at=clock.now())]


def test_nobody_is_a_recipient_until_a_second_person_agrees():
    maker, checker = two_people()
    papers_for("dialer-one")
    recipient = proposed_recipient(maker)
    assert in_force() == []
    with pytest.raises(NotAllowed):
        sender_entries.answer(recipient, approve=True, reason="", actor=maker, now=clock.now())
    sender_entries.answer(recipient, approve=True, reason="", actor=checker, now=clock.now())
    assert in_force() == ["dialer-one"]
    sender_entries.end(recipient, actor=maker, now=clock.now())
    assert in_force() == []
    kinds = list(AuditEvent.objects.filter(about__startswith="registers.recipient").values_list("kind", flat=True))
    assert sorted(kinds) == [f"registers.recipient.{what}" for what in ("answered", "ended", "proposed")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "Dialer One"}, "CODE_FORMAT"),
        ({"country": "India"}, "COUNTRY_FORMAT"),
        ({"name": "  "}, "FIELD_EMPTY"),
        ({"purposes": []}, "CHOICE_MISSING"),
        ({"purposes": ["selling"]}, "CHOICE_MISSING"),
        ({"channels": ["telepathy"]}, "CHOICE_MISSING"),
        ({"used_categories": ["none"]}, "CHOICE_MISSING"),
        ({"contact": "nobody"}, "EMAIL_FORMAT"),
        ({"url": "http://dialer.example/in"}, "WEBHOOK_ADDRESS"),
        ({"url": "https://me:word@dialer.example/in"}, "WEBHOOK_ADDRESS"),
        ({"url": "https://[::1/in"}, "WEBHOOK_ADDRESS"),
        ({"url": "https://127.0.0.1/in"}, "PRIVATE_ADDRESS"),
        ({"url": "https://[::1]/in"}, "PRIVATE_ADDRESS"),
        ({"url": "https://169.254.169.254/in"}, "PRIVATE_ADDRESS"),
        ({"url": "https://localhost/in"}, "PRIVATE_ADDRESS"),
    ],
)
def test_what_cannot_be_a_recipient_is_refused(changes, code):
    with pytest.raises(Refused) as refused:
        proposed_recipient(two_people()[0], **{"code": "dialer-one", **changes})
    assert refused.value.code == code


def test_a_code_stays_with_the_fiduciary_that_had_it_first():
    maker, checker = two_people()
    ended = registered_recipient()
    sender_entries.end(ended, actor=maker, now=clock.now())
    with pytest.raises(Refused) as refused:
        proposed_recipient(maker, fiduciary=FiduciaryFactory(code="acme"), starts_at=clock.now())
    assert refused.value.code == "ENTRY_OF_ANOTHER"
    again = proposed_recipient(maker, starts_at=clock.now())
    sender_entries.answer(again, approve=True, reason="", actor=checker, now=clock.now())
    assert in_force() == ["dialer-one"]


@pytest.mark.parametrize("same", [{"code": "dialer-one"}, {"url": "https://dialer-one.example/webhooks"}])
def test_a_code_and_an_address_are_one_recipients_at_a_time(same):
    registered_recipient()
    maker, _checker = two_people()
    with pytest.raises(Refused) as refused:
        proposed_recipient(maker, **{"code": "dialer-two", "url": "https://two.example/in", **same})
    assert refused.value.code == "ENTRY_TAKEN"
    assert list(refused.value.fields) == list(same)


def test_a_recipient_is_not_proposed_twice_while_nobody_has_answered():
    maker, _checker = two_people()
    waiting = proposed_recipient(maker)
    with pytest.raises(Refused) as refused:
        proposed_recipient(maker)
    assert refused.value.code == "ENTRY_WAITING"
    assert Recipient.objects.get() == waiting


def test_a_new_secret_holds_beside_the_older_until_that_is_ended():
    recipient = registered_recipient()
    maker, _checker = two_people()
    older = recipient_selectors.secrets_of("dialer-one", at=clock.now())
    newer = recipients.new_secret(recipient, actor=maker, now=clock.now())
    assert recipient_selectors.secrets_of("dialer-one", at=clock.now()) == [newer, *older]
    assert recipients.secrets_now(url=recipient.url) == [newer, *older]
    assert recipients.secrets_now(url="https://other.example/in") == []
    assert recipients.end_older_secrets(recipient, actor=maker, now=clock.now()) == 1
    assert recipient_selectors.secrets_of("dialer-one", at=clock.now()) == [newer]
    assert recipients.end_older_secrets(recipient, actor=maker, now=clock.now()) == 0
    facts = str(list(AuditEvent.objects.values_list("facts", flat=True)))
    assert newer not in facts
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM registers_recipientsecret")
        assert all(newer.encode() not in bytes(row[0]) for row in cursor.fetchall())


def test_a_secret_is_made_by_staff_for_a_recipient_that_holds():
    waiting = proposed_recipient(two_people()[0])
    with pytest.raises(IllegalMove):
        recipients.new_secret(waiting, actor=two_people()[0], now=clock.now())
    with pytest.raises(NotAllowed):
        recipients.new_secret(registered_recipient("dialer-two"), actor=SYSTEM, now=clock.now())


@pytest.mark.parametrize(
    ("turn", "outcome"),
    [(Turn(), ""), (Turn(500), "HTTP_500"), (REDIRECTS, "HTTP_302"), (Turn(hangs_up=True), "BROKEN_OFF")],
    ids=["taken", "broken", "redirecting", "hanging up"],
)
def test_a_test_says_what_came_of_it(settings, turn, outcome):
    secret = webhook_signatures.new_secret()
    with running(secret) as system:
        settings.OUTGOING_PRIVATE_HOSTS, settings.OUTBOX_WEBHOOK_SECRETS = [system.host], {system.host: []}
        recipient = registered_recipient(url=system.url, secret=secret)
        system.turns.append(turn)
        assert recipients.test(recipient, actor=two_people()[0], now=clock.now()) == outcome
        assert [word["type"] for word in system.taken] == ([] if turn.status >= 300 else ["recipients.test"])
    tested = AuditEvent.objects.get(kind="registers.recipient.tested")
    assert tested.facts["reason_code"] == (outcome or "ANSWERED")


def test_a_host_inside_our_network_is_asked_only_where_the_operator_named_it(settings):
    """The list of private hosts alone is not enough: it also holds our own gateway."""
    secret = webhook_signatures.new_secret()
    with running(secret) as system:
        settings.OUTGOING_PRIVATE_HOSTS, settings.OUTBOX_WEBHOOK_SECRETS = [system.host], {system.host: []}
        recipient = registered_recipient(url=system.url, secret=secret)
        settings.OUTBOX_WEBHOOK_SECRETS = {}
        assert recipients.test(recipient, actor=two_people()[0], now=clock.now()) == "NOT_HTTPS"
        assert system.asked == []


def test_the_secrets_of_settings_and_of_the_register_are_asked_for(settings):
    settings.OUTBOX_WEBHOOK_SECRETS = {"dialer-one.example": ["whsec_of-the-operator"]}
    recipient = registered_recipient(secret="whsec_of-the-register")
    found = {secret for ask in ports.webhook_secrets for secret in ask(url=recipient.url)}
    assert found == {"whsec_of-the-operator", "whsec_of-the-register"}


def page(name, *args):
    return reverse(f"admin:registers_recipient_{name}", args=args)


def test_two_people_register_a_recipient_in_the_admin_and_take_its_secret_once():
    maker = staff_client(StaffFactory(roles=["administrator"]))
    checker = staff_client(StaffFactory(roles=["data_protection_officer"]))
    papers_for("mailer-one", country="DE")
    entered = {
        "fiduciary": own().pk,
        "code": "mailer-one",
        "name": "Mailer One",
        "kind": "processor",
        "purposes": ["marketing", "product_updates"],
        "channels": ["email"],
        "used_categories": ["name", "contact"],
        "country": "DE",
        "contact": "privacy@mailer.example",
        "url": "https://mailer.example/in/secret-path",
        "address_form": "keyed",
    }
    assert '<option value="" selected>Choose a country</option>' in maker.get(page("add")).text
    assert maker.post(page("add"), {**entered, "country": ""}).status_code == 422
    refused = maker.post(page("add"), {**entered, "url": "https://127.0.0.1/in"})
    assert refused.status_code == 422
    assert "Only the operator can name such a host." in refused.text
    assert maker.post(page("add"), entered).status_code == 302
    recipient = Recipient.objects.get()
    assert checker.post(page("do_one", recipient.pk, "approve"), {"answer": "1"}).status_code == 200
    shown = maker.get(page("change", recipient.pk)).text
    assert "Germany" in shown
    assert "mailer.example" in shown
    assert "secret-path" not in shown
    taken = maker.post(page("do_one", recipient.pk, "make-secret"), {"answer": "1"}).text
    assert recipient_selectors.secrets_of("mailer-one", at=clock.now())[0] in taken.replace("&#x2F;", "/").replace(
        "&#x3D;", "="
    )
    assert recipient_selectors.matching_key("mailer-one").hex() in taken
    tested = maker.post(page("do_one", recipient.pk, "send-test"), {"answer": "1"}).text
    assert "did not take the test: NO_SUCH_NAME" in tested
