"""What lists say of grievances: the gist of the words, to those who may read them, and whose they are."""

import importlib
import re

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from hypothesis import given, settings
from hypothesis import strategies as st

from grievances.base import ticket_summaries
from grievances.erasure import GrievanceTexts
from grievances.models import Ticket
from tests.grievances.factories import ticket
from tests.people.factories import PrincipalFactory, StaffFactory

#: Words, and what must not be shown, in any order and with anything between.
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "asha@example.in",
            "https://acme.example/a?b=1",
            "www.acme.example",
            "acme.in/offer",
            "9876543210",
            "98765 43210",
            "+91-98765-43210",
            "2345 6789 0124",
            "१२३४५६",
            "ABCDE1234F",
            "22AAAAA0000A1Z5",
            "asha@upi",
            "1.2.3.4",
            "\n",
            "…",
        ]
    ),
)
STORIES = st.lists(PIECES, max_size=12).map(" ".join) | st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=60)
@given(STORIES)
def test_no_gist_holds_a_number_an_address_or_a_link(story):
    gist = ticket_summaries.gist_of(story)
    assert len(gist) <= 80
    assert len(gist.splitlines()) <= 1
    assert not re.search(r"\d([^\w…]?\d){4,}", gist)
    assert not re.search(r"@|://|www\.|\b[a-z0-9-]+\.(example|in)\b", gist, re.IGNORECASE)
    assert "ABCDE1234F" not in gist
    assert gist == gist.strip()


@given(st.text("abcdefghijklmnop ,", max_size=200))
def test_plain_words_stay_as_they_are(story):
    whole = " ".join(story.split())
    gist = ticket_summaries.gist_of(story)
    assert gist == whole if len(whole) <= 80 else whole.startswith(gist.removesuffix("…"))


@pytest.mark.parametrize(
    ("story", "gist"),
    [
        ("\n  They wrote to me at night.\nMy number is 98765 43210.", "They wrote to me at night."),
        ("Call 98765 43210 or asha@example.in", "Call … or …"),
        ("On 24/11/2026 https://acme.example/x sent 3 messages", "On … sent 3 messages"),
        ("My PAN is ABCDE1234F, why?", "My PAN is …, why?"),
        ("माझ्या १२३४५६७८९० या क्रमांकावर संदेश आला", "माझ्या … या क्रमांकावर संदेश आला"),
        ("In 2026 they wrote 4 times", "In 2026 they wrote 4 times"),
        ("", ""),
    ],
)
def test_a_gist_is_the_first_line_with_what_is_not_shown_cut_out(story, gist):
    assert ticket_summaries.gist_of(story) == gist


@pytest.fixture
def officer(db):
    return StaffFactory(roles=["grievance_officer"])


@pytest.mark.django_db
@pytest.mark.usefixtures("house")
class TestInLists:
    @pytest.mark.parametrize("role", ["grievance_officer", "data_protection_officer"])
    def test_who_may_read_grievances_sees_the_gist(self, role):
        found = ticket(what_happened="They wrote to me at night.")
        user = StaffFactory(roles=[role])
        assert ticket_summaries.gists_of([found], user=user) == {found.pk: "They wrote to me at night."}

    @pytest.mark.parametrize("role", ["support", "auditor", "administrator", "kyc_maker"])
    def test_others_see_none(self, role):
        assert ticket_summaries.gists_of([ticket()], user=StaffFactory(roles=[role])) == {}

    def test_the_gist_is_sealed(self):
        assert b"night" not in bytes(ticket(what_happened="They wrote to me at night.").gist_sealed)

    def test_many_are_said_in_as_many_statements_as_few(self, officer, django_assert_max_num_queries):
        person = PrincipalFactory(full_name="Harsh Deshpande")
        rows = [ticket(principal=person) for _ in range(6)] + [ticket(email=f"a{n}@example.in") for n in range(6)]
        ticket_summaries.gists_of([], user=officer)
        with django_assert_max_num_queries(3):
            assert len(ticket_summaries.gists_of(rows, user=officer)) == 12
        with django_assert_max_num_queries(7):
            said = ticket_summaries.people_of(rows, user=officer)
        assert said[rows[0].pk] == "Harsh D."
        assert said[rows[-1].pk] == "No name, a••@example.in"

    def test_an_administrator_learns_of_a_stranger_nothing(self):
        assert ticket_summaries.people_of([ticket()], user=StaffFactory(roles=["administrator"])) == {}

    def test_erasing_takes_the_gist(self, officer):
        found = ticket()
        GrievanceTexts().erase(subject_ref=found.subject_ref, before=None)
        found.refresh_from_db()
        assert found.gist_sealed is None
        assert ticket_summaries.gists_of([found], user=officer) == {}
        assert ticket_summaries.people_of([found], user=officer) == {}

    def test_the_upgrade_makes_gists_of_what_was_filed_before_and_goes_on_where_it_stopped(self, officer, monkeypatch):
        monkeypatch.setattr(ticket_summaries, "BATCH", 2)
        rows = [ticket(what_happened=f"Story {n}") for n in range(5)]
        GrievanceTexts().erase(subject_ref=rows[4].subject_ref, before=None)
        Ticket.objects.exclude(pk=rows[0].pk).update(gist_sealed=None)
        step = importlib.import_module("grievances.migrations.0005_fill_gists")
        step.fill(MigrationLoader(connection).project_state().apps, None)
        said = ticket_summaries.gists_of(list(Ticket.objects.order_by("pk")), user=officer)
        assert list(said.values()) == ["Story 0", "Story 1", "Story 2", "Story 3"]
        assert ticket_summaries.fill_gists(again=True) == ("grievances.Ticket", 0)
