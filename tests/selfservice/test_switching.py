"""Another language in the middle of a form: what was typed and ticked stays, and nothing is checked, kept or sent by it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from consent.base.selectors import contact_rulebook
from consent.models import ConsentEvent, Preference
from consent.suppressions.services import one_click_unsubscribe
from grievances.base.choices import EntryKind
from grievances.models import Nominee, TicketDraft, TicketEntry
from grievances.tickets.services import resolutions
from portal.kernel.core import actor, clock
from portal.kernel.people.models import Fiduciary
from portal.kernel.retention.models import ChildReport
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said, translated
from tests.grievances.factories import ticket as make
from tests.people.factories import CustomerUserFactory, FiduciaryFactory
from tests.selfservice.test_track import opened
from tests.signin.people_who_sign_in import confirmed, customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
HINDI = {"in_language": "hi"}
DND, NOMINEE = "/privacy/preferences/do-not-disturb/", "/privacy/nominee/new/"


@pytest.fixture
def notice(db):
    contact_rulebook.forget()
    law_is_loaded()
    notice = published_notice(text="What we ask.\n\nMay we?")
    translated(notice, "hi")
    return notice


@pytest.fixture
def asha(notice):
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    return asha


@pytest.fixture
def her(asha) -> Client:
    return customer_client(asha.user)


def keeps(answer, *typed: str, ticked: tuple[str, ...] = (), unticked: tuple[str, ...] = ()) -> None:
    """The page came again in Hindi without an error, and its language buttons belong to the form of its answers."""
    assert answer.status_code == 200
    page = answer.text
    assert '<html lang="hi"' in page
    assert 'class="summary"' not in page
    assert page.count('id="answers"') == 1
    assert page.count('name="in_language"') == 3
    for words in typed:
        assert f'value="{words}"' in page or f">\n{words}</textarea>" in page, words
    for value in ticked:
        assert re.search(rf'value="{value}"[^>]* checked', page), value
    for value in unticked:
        assert not re.search(rf'value="{value}"[^>]* checked', page), value


def test_preferences_keep_ticks_and_what_was_first_seen(her, asha):
    said(asha, "given")
    form = {"choices": ["marketing:email"], "was": "marketing:sms"}
    answer = her.post("/privacy/preferences/", {**form, **HINDI})
    keeps(answer, "marketing:sms", ticked=("marketing:email",), unticked=("marketing:sms",))
    none = her.post("/privacy/preferences/", {**form, "choices": [], **HINDI})
    keeps(none, unticked=("marketing:sms", "marketing:email"))


def test_times_of_messages_are_kept_as_they_were_typed(her):
    form = {"quiet_from": "20:15", "quiet_until": "11:30", "pace": "two_a_week", "paused_until": "no day"}
    answer = her.post("/privacy/preferences/when/", {**form, "language": "mr", **HINDI})
    keeps(answer, "20:15", "11:30", "no day", ticked=("two_a_week",))
    assert not Preference.objects.exists()


def test_the_preferences_of_a_client_stay_that_clients(her):
    mark = one_click_unsubscribe.mark_of(FiduciaryFactory(code="acme-bank"))
    answer = her.post("/privacy/preferences/", {"choices": ["marketing:sms"], "was": "", "for": mark, **HINDI})
    keeps(answer, mark, ticked=("marketing:sms",))
    assert Fiduciary.objects.get(code="acme-bank").name in answer.text


def test_do_not_disturb_keeps_its_ticks(her):
    ways = re.findall(r'name="modes"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="modes"', her.get(DND).text)
    first = next(one for pair in ways for one in pair if one)
    keeps(her.post(DND, {"modes": [first], "seen": "", **HINDI}), ticked=(first,))
    assert not Preference.objects.exists()


def test_questions_keep_their_answers_and_where_one_was_going(her):
    before = ConsentEvent.objects.count()
    given = {"marketing": "yes", "marketing-channels": ["sms"], "next": "/privacy/consents/"}
    answer = her.post("/privacy/questions/", {**given, **HINDI})
    keeps(answer, "/privacy/consents/", ticked=("yes", "sms"), unticked=("email",))
    assert ConsentEvent.objects.count() == before


def test_a_nominee_keeps_what_was_typed_when_named_and_when_changed(her):
    given = {"full_name": "Ravi Rao", "relation": "spouse", "email": "ravi@", "phone": "", "rights": ["access"]}
    keeps(her.post(NOMINEE, {**given, **HINDI}), "Ravi Rao", "ravi@", ticked=("access",))
    assert not Nominee.objects.exists()
    proof = her.post(NOMINEE, {**given, "email": "ravi@example.in"}).text
    assert 'id="answers"' in proof
    assert 'form="answers" name="in_language"' in proof
    confirmed(her, NOMINEE, {**given, "email": "ravi@example.in"})
    reference = Nominee.objects.get().reference
    again = her.post(f"/privacy/nominee/{reference}/", {**given, "full_name": "Ravi K", "rights": [], **HINDI})
    keeps(again, "Ravi K", unticked=("access",))


def test_a_claim_and_a_report_of_a_child_keep_what_was_typed(client):
    given = {"person_name": "Asha Rao", "words": "She died in May.", "language": "mr"}
    keeps(client.post("/privacy/nominee/claim/", {**given, **HINDI}), "Asha Rao", "She died in May.", ticked=("mr",))
    assert not TicketDraft.objects.exists()
    keeps(client.post("/privacy/report-a-child/", {"words": "A pupil of mine.", **HINDI}), "A pupil of mine.")
    assert not ChildReport.objects.exists()


def test_a_message_a_word_on_our_answer_and_an_appeal_keep_what_was_typed(client, officer):
    ticket = make(at=clock.now() - timedelta(hours=1))
    where = opened(client, ticket)
    assert f'form="answers" formaction="{where}" name="in_language"' in client.get(where).text
    keeps(client.post(where, {"message": "One more thing.", **HINDI}), "One more thing.")
    resolutions.propose(ticket=ticket, text="No.", by=officer, actor=actor.staff(officer.pk), at=clock.now())
    keeps(client.post(where, {"settled": "no", "why": "It went on.", **HINDI}), "It went on.", ticked=("no",))
    keeps(client.post(where + "appeal/", {"why": "Nobody looked.", **HINDI}), "Nobody looked.")
    assert not TicketEntry.objects.filter(kind__in=[EntryKind.MESSAGE, EntryKind.DECLINED, EntryKind.APPEALED]).exists()


def test_a_page_of_a_grievance_without_a_question_changes_its_language_alone(client):
    ticket = make(at=clock.now() - timedelta(hours=1))
    resolutions.withdraw(ticket=ticket, actor=actor.stranger(via="page"), at=clock.now())
    with time_machine.travel(clock.now() + timedelta(days=400)):
        page = client.get(opened(client, ticket)).text
    assert 'name="in_language"' not in page
    assert 'action="/privacy/language/"' in page


def test_while_nothing_is_taken_in_the_language_changes_by_itself(her, settings):
    settings.READ_ONLY = True
    page = her.get("/privacy/preferences/").text
    assert 'name="in_language"' not in page
    assert 'action="/privacy/language/"' in page


def test_two_values_of_one_field_break_no_page(her):
    answer = her.post("/privacy/preferences/", {**HINDI, "for": ["a", "b"], "next": ["/x/", "/y/"]})
    assert answer.status_code in {200, 404}


def test_words_typed_after_the_look_at_a_grievance_ended_come_back_in_the_other_language(client):
    where = opened(client, make())
    client.cookies.clear()
    answer = client.post(where, {**HINDI, "message": "One more thing."})
    assert answer.status_code == 403
    assert '<html lang="hi"' in answer.text
    assert "One more thing.</textarea>" in answer.text
    assert 'form="answers"' not in answer.text
