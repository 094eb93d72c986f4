"""The pages of broadcasts: previewed with count, proposed, answered by another, steered, and reported."""

import csv
import io

import pytest
from django.test import override_settings
from django.urls import reverse

from consent.base.rules import broadcasts
from consent.broadcasts.choices import BroadcastState
from consent.models import Broadcast, BroadcastPerson
from portal.kernel.core import clock
from portal.kernel.outbox.models import Message
from portal.kernel.registers.models import ExternalLink
from tests.consent.broadcasts import WORDS, to_the_end
from tests.consent.factories import law_is_loaded, published_notice
from tests.people.factories import CustomerUserFactory, StaffFactory
from tests.registers.entered import agreed
from tests.registers.factories import agreed_template, registered_sender
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
ADD = "admin:consent_broadcast_add"


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()
    published_notice()


@pytest.fixture
def clients():
    return [staff_client(StaffFactory(roles=[role])) for role in ("support", "data_protection_officer")]


def entered(**changes):
    """Essential words about the account, in the dashboard: they go at any hour and to anybody with a login."""
    words = {f"{part}_{code}": said[part] for code, said in WORDS.items() for part in ("subject", "text")}
    usual = {
        "title": "New rates",
        "purpose": "account_service",
        "audience": "with_login",
        "first_channel": "dashboard",
        "per_minute": "600",
        **words,
    }
    return {**usual, **changes}


def page(client, row):
    return client.get(reverse("admin:consent_broadcast_change", args=[row.pk])).content.decode()


def act(client, row, name, **answer):
    path = reverse("admin:consent_broadcast_do_one", args=[row.pk, name])
    return client.post(path, {"answer": "1", **answer}).content.decode()


def test_a_preview_shows_the_count_and_the_words_in_three_languages_and_makes_nothing(clients):
    CustomerUserFactory()
    shown = clients[0].post(reverse(ADD), entered(preview="1")).content.decode()
    assert "1 person is in the segment now: People who can sign in" in shown
    for said in WORDS.values():
        assert said["text"] in shown
    assert not Broadcast.objects.exists()


def test_a_preview_says_what_keeps_it_from_being_sent(clients):
    answer = clients[0].post(reverse(ADD), entered(preview="1", text_en="Get 20% off today!", text_hi=""))
    assert answer.status_code == 422
    for why in ("is promotion. A transactional message cannot carry it.", "Write the text in हिन्दी."):
        assert why in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"customer": "OS-CU-0000-0000"}, "There is no customer with this reference."),
        ({"third_channel": "email"}, "Choose a second channel before a third one."),
        ({"per_minute": "0"}, "greater than or equal to 1"),
        ({"text_en": "Your PAN ABCPE1234F"}, "a PAN or the number of a card"),
        ({"title": "For asha@acme.example"}, "an email address"),
        ({"text_mr": ""}, "Write the text in मराठी."),
    ],
)
def test_what_was_entered_wrongly_is_said_and_nothing_is_proposed(clients, changes, why):
    answer = clients[0].post(reverse(ADD), entered(propose="1", **changes))
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert not Broadcast.objects.exists()


def test_words_are_asked_for_in_the_languages_of_the_segment_only(clients):
    """A broadcast to people whose language is English was refused for want of Hindi."""
    none = dict.fromkeys(("subject_hi", "text_hi", "subject_mr", "text_mr"), "")
    answer = clients[0].post(reverse(ADD), entered(propose="1", languages=["mr"], **none))
    assert answer.context["form"].errors == {
        "subject_mr": ["Write the subject in मराठी."],
        "text_mr": ["Write the text in मराठी."],
    }
    assert clients[0].post(reverse(ADD), entered(propose="1", languages=["en"], **none)).status_code == 302


@pytest.mark.parametrize("button", ["preview", "propose"])
@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"subject_hi": ""}, "subject_hi", "Write the subject in हिन्दी."),
        ({"purpose": "billing", "second_channel": "push"}, "second_channel", "The purpose sends nothing by"),
        ({"second_channel": "dashboard"}, "second_channel", "Name each channel once."),
        ({"text_mr": "आज 20% off"}, "text_mr", "is promotion."),
        ({"title": "Get 20% off today!"}, "title", "is promotion."),
        (
            {"entered_from": "2026-12-31", "entered_until": "2026-01-01"},
            "entered_until",
            "The last day is before the first.",
        ),
        ({"text_en": "Dear {{ name }}, see this"}, "text_en", "Leave out “{{ name }}”"),
        ({"subject_en": "News for %(name)s"}, "subject_en", "Leave out “%(name)s”"),
        ({"text_en": "See http://evil.example/ for more"}, "text_en", "“http://evil.example/” is no page of ours"),
        ({"text_hi": "bit.ly/x2 देखें"}, "text_hi", "“bit.ly/x2” is no page of ours"),
    ],
)
def test_a_fault_stands_at_the_field_where_it_is_mended(clients, changes, field, why, button):
    answer = clients[0].post(reverse(ADD), entered(**{button: "1"}, **changes))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == [field]
    assert why in errors[field][0]
    assert f'href="#id_{field}' in answer.content.decode()
    assert not Broadcast.objects.exists()


def test_links_of_ours_and_of_the_registers_may_stand_in_a_broadcast(clients):
    agreed(ExternalLink, url="https://partner.example/terms")
    text = "See https://onesetu.test/rates, www.partner.example is no more: https://partner.example/new."
    with override_settings(SITE_URL="https://onesetu.test"):
        answer = clients[0].post(reverse(ADD), entered(preview="1", text_en=text))
    assert [each.partition("”")[0] for each in answer.context["form"].errors["text_en"]] == ["“www.partner.example"]


@pytest.mark.parametrize(
    ("purpose", "channel", "says"),
    [
        ("account_service", "dashboard", "It is owed: an opt-out, a pause and quiet hours do not stop it."),
        ("marketing", "email", "People who did not consent to it, or refused, do not get it."),
        ("product_updates", "email", "to this purpose"),
    ],
)
def test_a_preview_says_whom_the_decision_leaves_out(clients, purpose, channel, says):
    shown = clients[0].post(reverse(ADD), entered(preview="1", purpose=purpose, first_channel=channel)).content.decode()
    assert says in shown
    assert "yes to promotion" not in shown


def test_a_test_is_offered_for_the_channels_of_the_broadcast_only(clients):
    clients[0].post(reverse(ADD), entered(propose="1", second_channel="email"))
    path = reverse("admin:consent_broadcast_do_one", args=[Broadcast.objects.get().pk, "try-out"])
    offered = clients[0].get(path).context["form"].fields["channel"].choices
    assert {value for value, _label in offered} == {"dashboard", "email"}
    assert clients[0].post(path, {"answer": "1", "channel": "sms"}).status_code == 422


def test_only_templates_that_say_the_same_to_everybody_are_offered(clients):
    senders = [registered_sender("612345", carries=["promotional"])]
    words = "Onesetu: our new rates start on 1 January. Reply STOP to stop."
    plain = agreed_template(category="promotional", text=words, senders=senders)
    agreed_template(senders=[registered_sender()], template_id="1107160000000000002")  # with a code for each person
    assert "None can be chosen" not in clients[0].get(reverse(ADD)).content.decode()
    offered = clients[0].get(reverse(ADD)).context["form"].fields["templates"].queryset
    assert list(offered) == [plain]


def test_where_no_template_can_be_chosen_the_form_says_what_to_register_and_where(clients):
    shown = clients[0].get(reverse(ADD)).content.decode()
    assert "None can be chosen" in shown
    assert f'<a href="{reverse("admin:registers_contenttemplate_changelist")}">Register one</a>' in shown


def test_the_page_of_a_test_says_why_it_goes_by_email_only(clients):
    clients[0].post(reverse(ADD), entered(propose="1"))
    path = reverse("admin:consent_broadcast_do_one", args=[Broadcast.objects.get().pk, "try-out"])
    assert "Staff accounts have no number" in clients[0].get(path).content.decode()


def test_one_proposes_another_agrees_and_the_page_reports_to_the_last_person(clients):
    maker, checker = clients
    for _number in range(2):
        CustomerUserFactory()
    assert maker.post(reverse(ADD), entered(propose="1")).status_code == 302
    row = Broadcast.objects.get()
    assert 'value="approve"' not in page(maker, row)
    assert 'value="approve"' in page(checker, row)
    asks = checker.get(reverse("admin:consent_broadcast_do_one", args=[row.pk, "answer-broadcast"])).content.decode()
    assert WORDS["mr"]["text"] in asks
    assert "Approved" in act(checker, row, "answer-broadcast", decision="approve", reason="")
    row.refresh_from_db()
    assert row.state == BroadcastState.SENDING
    assert "0 of about 2 people looked at" in page(maker, row)
    to_the_end(row)
    shown = page(maker, row)
    assert "What became of it, for 2 people" in shown
    listed = reverse("admin:consent_broadcastperson_changelist") + f"?broadcast__id__exact={row.pk}"
    assert listed.replace("&", "&amp;") in shown
    assert "Sent, nothing reported yet" in maker.get(listed).content.decode()


def test_who_agrees_reads_that_the_broadcast_passes_over_a_no_and_quiet_hours(clients):
    maker, checker = clients
    CustomerUserFactory()
    assert maker.post(reverse(ADD), entered(propose="1")).status_code == 302
    says = "an opt-out, a pause and quiet hours do not stop it"
    row = Broadcast.objects.get()
    asks = checker.get(reverse("admin:consent_broadcast_do_one", args=[row.pk, "answer-broadcast"])).text
    assert says in asks
    assert says in page(checker, row)


def test_the_report_of_each_person_is_taken_away_as_a_file_without_an_address():
    who = CustomerUserFactory().principal
    officer = staff_client(StaffFactory(roles=["data_protection_officer"]))
    officer.post(reverse(ADD), entered(propose="1"))
    row = Broadcast.objects.get()
    act(staff_client(StaffFactory(roles=["administrator"])), row, "answer-broadcast", decision="approve", reason="")
    to_the_end(row)
    path = reverse("admin:consent_broadcastperson_export") + f"?broadcast__id__exact={row.pk}"
    answer = officer.post(path, {"export": "1", "file_format": "csv", "reason": "The report of the new rates"})
    *lines, _watermark = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(line["subject_ref"], line["outcome"], line["channel"]) for line in lines] == [
        (str(who.subject.ref), "sent", "dashboard")
    ]


def test_a_broadcast_is_paused_resumed_and_cancelled_on_its_page(clients):
    maker, checker = clients
    CustomerUserFactory()
    maker.post(reverse(ADD), entered(propose="1"))
    row = Broadcast.objects.get()
    assert "Only a broadcast under way can be paused" in act(maker, row, "pause")
    act(checker, row, "answer-broadcast", decision="approve", reason="")
    act(maker, row, "pause")
    row.refresh_from_db()
    assert row.state == BroadcastState.PAUSED
    assert "Paused: no message is sent" in page(maker, row)
    for code, why in {
        broadcasts.SEGMENT_GREW: "Many more people are in its segment",
        broadcasts.PURPOSE_CHANGED: "Its purpose has ended or has another category",
        broadcasts.TEXTS_CHANGED: "Its texts, templates, channels, segment or pace are not",
    }.items():
        Broadcast.objects.filter(pk=row.pk).update(paused_because=code)
        assert f"Paused by the system: no message leaves. {why}" in page(maker, row)
    act(maker, row, "resume")
    act(maker, row, "cancel")
    row.refresh_from_db()
    assert row.state == BroadcastState.CANCELLED
    to_the_end(row)
    assert "Cancelled before it was sent" in page(maker, row)
    assert BroadcastPerson.objects.get().outcome == "cancelled"


def test_a_test_is_sent_to_whoever_asks(clients):
    clients[0].post(reverse(ADD), entered(propose="1"))
    assert "3 letters are on their way to you" in act(
        clients[0], Broadcast.objects.get(), "try-out", channel="dashboard"
    )
    assert "Select a valid choice" in act(clients[0], Broadcast.objects.get(), "try-out", channel="email")
    assert Message.objects.filter(kind="consent.broadcast_test").count() == 3


def test_a_person_reads_a_notice_of_a_broadcast_on_their_own_page(clients, client):
    login = CustomerUserFactory()
    clients[0].post(reverse(ADD), entered(propose="1"))
    row = Broadcast.objects.get()
    act(clients[1], row, "answer-broadcast", decision="approve", reason="")
    to_the_end(row)
    client.force_login(login)
    assert WORDS["en"]["subject"] in client.get(reverse("privacy:messages")).content.decode()
    assert clock.now() >= row.ended_at
