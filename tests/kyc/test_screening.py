"""Everybody is held against every edition, once; what two people answered is remembered; nothing is approved over a doubt."""

import hashlib
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kyc import ports as kyc_ports
from kyc.cases.selectors import sender_state
from kyc.cases.services import document_encryption
from kyc.erasure import KycDocuments
from kyc.models import Check, CheckEvidence, Likeness, LikenessAnswer, ListedEntry, SanctionsList, Screening
from kyc.outcomes.services.case_status import settle
from kyc.review.services.document_uploads import open_case
from kyc.risk.services import risk_ratings
from kyc.sanctions import united_nations
from kyc.screening.services import sanctions_matches, screening
from kyc.tasks import screen
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core import ports as core_ports
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.law.models import HouseRule
from tests.kyc.factories import CUSTOMER, NOW, answered, checked, paper, party_of, proposed, rest_approved
from tests.kyc.sanctions import lists, measured
from tests.people.factories import CustomerFactory, StaffFactory
from tests.signin.people_who_sign_in import staff_client

ZORAN = {"name": "Zoran Vexley Quill", "birth": "1965-03-12"}
OTHER = {"name": "Mira Okonjo"}
NOTE = "The PAN card shows another year of birth."


def imported(*persons: dict[str, Any], made: str = "2026-11-20") -> SanctionsList:
    data = lists.united_nations(list(persons), made=made)
    version, entries = united_nations.read(data)
    return screening.import_edition(
        entries,
        source="un",
        version=date.fromisoformat(version),
        sha256=hashlib.sha256(data).hexdigest(),
        actor=actor.system("test"),
        now=clock.now(),
    )


@pytest.fixture
def zoran(house: None) -> Any:
    """A customer of the listed name, with a case."""
    customer = CustomerFactory(kind="individual", name="Zoran Vexley Quill")
    return open_case(customer=customer, actor=CUSTOMER, now=NOW)


@pytest.fixture
def likeness(zoran: Any) -> Likeness:
    imported(ZORAN, OTHER)
    screening.screen_round(now=clock.now())
    return Likeness.objects.get()


def test_the_list_of_proposals_leads_to_the_likeness_where_it_is_answered(likeness: Likeness) -> None:
    maker = StaffFactory(roles=["kyc_maker"])
    sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    checker = staff_client(StaffFactory(roles=["kyc_checker"]))
    page = checker.get("/admin/approvals/").text
    url = reverse("admin:kyc_likeness_change", args=[likeness.pk])
    assert f'<a href="{url}">Say that a person is not the one on a sanctions list' in page
    assert likeness.reference in page
    assert checker.get(url).status_code == 200


def agreed(likeness: Likeness, maker: Any, checker: Any) -> None:
    sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    sanctions_matches.answer(likeness, approve=True, actor=actor.staff(checker.pk), now=clock.now())
    likeness.refresh_from_db()


def test_a_likeness_names_list_edition_and_hash(likeness, zoran):
    edition = SanctionsList.objects.get()
    assert (likeness.state, likeness.uid, likeness.decision, likeness.birth) == ("open", "QDi.001", "AUTO", "unknown")
    row = Screening.objects.get()
    assert (row.likenesses, row.known, row.list_sha256) == (1, 0, edition.sha256)
    assert (likeness.list_version, likeness.list_sha256) == (date(2026, 11, 20), edition.sha256)
    facts = AuditEvent.objects.get(kind="kyc.screening.done").facts
    assert (facts["version"], facts["sha256"], facts["likenesses"]) == ("2026-11-20", edition.sha256, 1)
    assert "Zoran" not in str(facts)


def test_people_behind_a_customer_are_screened_too_and_who_left_is_not(house):
    firm = CustomerFactory(kind="organisation", name="Acme Foods")
    open_case(customer=firm, actor=CUSTOMER, now=NOW)
    party_of(firm, principal=None, name="Zoran Vexley Quill")
    party_of(firm, principal=None, name="Mira Okonjo", ended_at=NOW)
    imported(ZORAN, OTHER)
    assert screening.screen_round(now=clock.now()) == 2
    assert [(one.party is not None, one.uid) for one in Likeness.objects.all()] == [(True, "QDi.001")]


def test_a_round_that_dies_is_taken_up_where_it_stopped_and_nobody_is_done_twice(house, monkeypatch):
    for number in range(5):
        customer = CustomerFactory(kind="individual", name=f"Somebody {'ABCDE'[number]}")
        open_case(customer=customer, actor=CUSTOMER, now=NOW)
    imported(ZORAN)
    monkeypatch.setattr(screening, "ROUND", 2)
    assert screening.screen_round(now=clock.now()) == 2
    plain, calls = screening._write, []

    def dies(*args):
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("killed")
        plain(*args)

    with monkeypatch.context() as patch:
        patch.setattr(screening, "_write", dies)
        with pytest.raises(RuntimeError):
            screening.screen_round(now=clock.now())
    assert Screening.objects.count() == 3
    screen()
    assert [Screening.objects.count(), screening.screen_round(now=clock.now())] == [5, 0]


def test_a_list_whose_entries_went_meanwhile_says_of_nobody_that_they_are_not_on_it(zoran, monkeypatch):
    """A newer edition takes the older one's entries away while a round is at work, in a process new to both."""
    monkeypatch.setattr(screening, "_indexes", {})
    stale = imported(ZORAN)
    ListedEntry.objects.filter(edition=stale).delete()
    assert screening.screen_round(now=NOW) == 0
    assert not Screening.objects.exists()
    with pytest.raises(LostRace):
        screening.screen_case(zoran, now=NOW)


def test_who_has_another_name_is_screened_by_the_next_round_although_the_nudge_was_lost(house):
    case = open_case(customer=CustomerFactory(kind="individual", name="Somebody Else"), actor=CUSTOMER, now=NOW)
    imported(ZORAN)
    screening.screen_round(now=NOW)
    case.customer.name = "Zoran Vexley Quill"
    case.customer.save(update_fields=["name"])
    kyc_ports.renamed(customer=case.customer_id, actor=CUSTOMER, at=NOW)
    assert [screening.screen_round(now=NOW), screening.screen_round(now=NOW)] == [1, 0]
    assert Likeness.objects.get().case == case


def test_a_new_edition_screens_everybody_again_and_remembers_what_was_answered(likeness, zoran, maker, checker):
    agreed(likeness, maker, checker)
    imported(ZORAN, OTHER, {"name": "Ilya Brandt"}, made="2026-11-26")
    assert screening.screen_round(now=clock.now()) == 1
    row = Screening.objects.latest("pk")
    assert (row.list_version, row.likenesses, row.known) == (date(2026, 11, 26), 1, 1)
    assert [one.state for one in Likeness.objects.all()] == ["somebody_else"]
    assert SanctionsList.objects.filter(superseded_at=None).count() == 1
    assert set(ListedEntry.objects.values_list("edition__version", flat=True)) == {date(2026, 11, 26)}


def test_an_entry_that_changed_and_a_name_that_changed_are_asked_about_anew(likeness, zoran, maker, checker):
    agreed(likeness, maker, checker)
    imported({**ZORAN, "aliases": ("Zoran the Tall",)}, made="2026-11-25")
    screening.screen_round(now=clock.now())
    assert sorted(Likeness.objects.values_list("state", flat=True)) == ["open", "somebody_else"]
    customer = zoran.customer
    customer.name = "Zoran Quill"
    customer.save(update_fields=["name"])
    assert screening.screen_case(zoran, now=clock.now()) == 1
    assert Likeness.objects.filter(state="open").count() == 2


def test_nothing_is_approved_while_a_likeness_waits_and_everything_after_two_people_said_it_is_somebody_else(
    zoran, maker, checker
):
    imported(ZORAN)
    document = checked(zoran.customer)
    with pytest.raises(Refused) as refused:
        proposed(document, maker)
    assert refused.value.code == "LIKENESS"
    agreed(Likeness.objects.get(), maker, checker)
    answered(proposed(document, maker), checker)
    document.refresh_from_db()
    assert document.state == "approved"


def test_a_list_that_comes_between_the_two_people_stops_the_second(zoran, maker, checker):
    document = checked(zoran.customer)
    decision = proposed(document, maker)
    imported(ZORAN)
    with pytest.raises(Refused) as refused:
        answered(decision, checker)
    assert refused.value.code == "LIKENESS"


def test_who_is_the_same_is_approved_by_nobody(likeness, zoran, maker):
    sanctions_matches.say_same(likeness, note="Same year, same village.", actor=actor.staff(maker.pk), now=clock.now())
    with pytest.raises(Refused):
        proposed(checked(zoran.customer), maker)


def said_same(likeness: Likeness, maker: Any) -> None:
    sanctions_matches.say_same(likeness, note="Same village.", actor=actor.staff(maker.pk), now=clock.now())


@pytest.mark.usefixtures("same_process")
def test_who_is_the_same_is_verified_no_more_until_two_people_correct_it(zoran, maker, checker):
    rest_approved(zoran.customer)
    answered(proposed(checked(zoran.customer), maker), checker)
    imported(ZORAN)
    screening.screen_round(now=clock.now())
    likeness = Likeness.objects.get()

    def stands() -> tuple[bool, str, str]:
        zoran.refresh_from_db()
        found = sender_state(subject_ref=zoran.subject_ref, on=NOW.date())
        return found.is_verified, zoran.state, zoran.risk

    assert stands() == (True, "approved", "low")
    said_same(likeness, maker)
    assert stands() == (False, "in_review", "high")
    settle(zoran, actor=CUSTOMER, now=NOW)
    assert stands() == (False, "in_review", "high")
    sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    assert stands() == (False, "in_review", "high")
    assert (likeness.state, likeness.note) == ("same", f"Same village.\n{NOTE}")
    with pytest.raises(NotAllowed):
        sanctions_matches.answer(likeness, approve=True, actor=actor.staff(maker.pk), now=clock.now())
    sanctions_matches.answer(likeness, approve=True, actor=actor.staff(checker.pk), now=clock.now())
    assert (stands(), likeness.state) == ((True, "approved", "low"), "somebody_else")
    with pytest.raises(IllegalMove):
        sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())


def test_no_word_of_two_people_lowers_the_risk_of_somebody_on_a_list(likeness, zoran, maker):
    said_same(likeness, maker)
    with pytest.raises(Refused) as refused:
        risk_ratings.propose(zoran, level="low", why="explained", actor=actor.staff(maker.pk), now=clock.now())
    assert refused.value.code == "LIKENESS"


def test_the_page_takes_a_correction_of_the_same_and_says_whose_turn_it_is(likeness, maker):
    said_same(likeness, maker)
    desk, listed = staff_client(maker), reverse("admin:kyc_likeness_changelist")
    assert "nobody&#x27;s" in desk.get(listed).text
    desk.post(
        reverse("admin:kyc_likeness_change", args=[likeness.pk]),
        {"open_record": "1", "purpose": "kyc_review", "ticket": likeness.reference},
    )
    act = reverse("admin:kyc_likeness_do_one", args=[likeness.pk, "somebody-else"])
    desk.post(act, {"_selected_action": likeness.pk, "answer": "1", "note": NOTE})
    assert LikenessAnswer.objects.filter(likeness=likeness, answer="pending").exists()
    assert "a second person&#x27;s" in desk.get(listed).text


def test_one_person_cannot_say_alone_that_it_is_somebody_else(likeness, maker, checker):
    by = actor.staff(checker.pk)
    sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=by, now=clock.now())
    with pytest.raises(NotAllowed):
        sanctions_matches.answer(likeness, approve=True, actor=by, now=clock.now())
    with pytest.raises(IllegalMove):
        sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    with pytest.raises(NotAllowed):
        sanctions_matches.say_same(
            likeness, note="?", actor=actor.staff(StaffFactory(roles=["support"]).pk), now=clock.now()
        )
    second = StaffFactory(roles=["kyc_checker"])
    sanctions_matches.answer(
        likeness, approve=False, reason="Look at the photo.", actor=actor.staff(second.pk), now=clock.now()
    )
    likeness.refresh_from_db()
    assert likeness.state == "open"


def test_the_page_asks_two_people(likeness, maker, checker):
    first, second = staff_client(maker), staff_client(checker)
    page = first.get(reverse("admin:kyc_likeness_changelist")).content.decode()
    assert likeness.reference in page
    assert "QDi.001" in page
    assert second.get(reverse("admin:kyc_sanctionslist_changelist")).status_code == 200
    assert second.get(reverse("admin:kyc_screening_changelist")).status_code == 200


def test_a_signed_year_of_birth_that_differs_is_no_likeness(zoran, monkeypatch):
    monkeypatch.setattr(screening, "_births", lambda case, party: {"1990"})
    imported(ZORAN)
    screening.screen_round(now=clock.now())
    assert not Likeness.objects.exists()
    assert Screening.objects.get().likenesses == 0


def run_of(document: Any, name: str, attempt: int, outcome: str) -> Check:
    return Check.objects.create(
        document=document,
        name=name,
        attempt=attempt,
        outcome=outcome,
        severity="blocking",
        document_sha256="0" * 64,
        plan_version="1",
        started_at=NOW,
        ended_at=NOW,
    )


def signed(
    case: Any, kind: str, *said: tuple[str, str], sealed: bool = True, name: str = "PASS", **changes: Any
) -> None:
    """A document of the case whose signature was looked at, once for each outcome with the date of birth that it gave."""
    document = paper(case, kind, **changes)
    run_of(document, "name", 1, name)
    for attempt, (outcome, birth) in enumerate(said, start=1):
        run = run_of(document, "signature", attempt, outcome)
        if sealed:
            CheckEvidence.objects.create(
                check_run=run, sealed=document_encryption.seal(document, json.dumps({"birth": birth}))
            )


def test_the_years_of_birth_that_a_last_look_proved_are_read_at_once_for_all_documents(zoran):
    def asked() -> tuple[set[str], int]:
        with CaptureQueriesContext(connection) as seen:
            return screening._births(zoran, None), len(seen)

    signed(zoran, "aadhaar_qr", ("UNAVAILABLE", ""), ("PASS", "XX-XX-1965"))
    births, alone = asked()
    assert births == {"1965"}
    signed(zoran, "driving_licence", ("PASS", "XX-XX-1970"), ("FAIL", ""))
    signed(zoran, "passport", ("PASS", "XX-XX-1971"), sealed=False)
    paper(zoran, "pan_card")
    assert asked() == ({"1965"}, alone)
    signed(zoran, "digilocker_xml", ("PASS", "XX-XX-1966"))
    assert asked()[0] == {"1965", "1966"}


@pytest.mark.parametrize(
    ("changes", "births"),
    [
        ({}, {"1990"}),
        ({"state": "expired"}, {"1990"}),
        ({"state": "rejected"}, set()),
        ({"state": "replaced"}, set()),
        ({"state": "checked"}, set()),
        ({"state": "checked", "sent_at": None}, set()),
        ({"name": "FAIL"}, set()),
        ({"name": "WARN"}, set()),
    ],
)
def test_only_a_paper_that_people_approved_and_that_bears_the_name_narrows_by_its_year_of_birth(zoran, changes, births):
    signed(zoran, "digilocker_xml", ("PASS", "XX-XX-1990"), **changes)
    assert screening._births(zoran, None) == births


def test_a_rejected_paper_of_somebody_else_hides_no_likeness(zoran):
    signed(zoran, "digilocker_xml", ("PASS", "XX-XX-1990"), state="rejected", name="FAIL")
    imported(ZORAN)
    screening.screen_round(now=clock.now())
    assert Likeness.objects.get().birth == "unknown"


@pytest.mark.parametrize(("amount", "found"), [(1, 0), (2, 1)])
def test_how_far_years_of_birth_may_lie_apart_is_a_house_rule(zoran, monkeypatch, amount, found):
    HouseRule.objects.filter(key=screening.YEARS_APART).update(amount=amount)
    monkeypatch.setattr(screening, "_births", lambda case, party: {"1967"})
    imported(ZORAN)
    screening.screen_round(now=clock.now())
    assert Likeness.objects.count() == found


@pytest.mark.parametrize("name", ["Zoran Veksley Kvill", "ज़ोरान वेक्सली क्विल", "জোরান ভেক্সলি কুইল"])
def test_another_spelling_or_script_of_a_listed_name_is_a_question_to_two_people(house, maker, checker, name):
    case = open_case(customer=CustomerFactory(kind="individual", name=name), actor=CUSTOMER, now=NOW)
    imported(ZORAN, OTHER)
    screening.screen_round(now=clock.now())
    likeness = Likeness.objects.get(case=case)
    assert (likeness.decision, likeness.state) == ("REVIEW", "open")
    assert likeness.score >= measured.SHIPPED.name
    with pytest.raises(Refused) as refused:
        screening.require_clear(case, now=clock.now())
    assert refused.value.code == "LIKENESS"
    agreed(likeness, maker, checker)
    screening.require_clear(case, now=clock.now())


def test_one_word_of_a_listed_name_goes_to_a_person(house):
    open_case(customer=CustomerFactory(kind="individual", name="Zoran"), actor=CUSTOMER, now=NOW)
    imported(ZORAN)
    screening.screen_round(now=clock.now())
    assert Likeness.objects.get().why == "MISSING_NAME"


def test_from_how_much_on_names_sound_alike_is_a_house_rule_and_its_change_screens_everybody_again(zoran):
    type(zoran.customer).objects.filter(pk=zoran.customer.pk).update(name="Zoran Veksley Kvill")
    HouseRule.objects.filter(key=screening.SIMILAR_NAME).update(amount=100)
    imported(ZORAN)
    assert screening.screen_round(now=clock.now()) == 1
    assert not Likeness.objects.exists()
    assert screening.screen_round(now=clock.now()) == 0, "once"
    HouseRule.objects.filter(key=screening.SIMILAR_NAME).update(amount=86)
    assert screening.screen_round(now=clock.now()) == 1
    assert Likeness.objects.get().why == "SIMILAR_SOUND"
    versions = Screening.objects.order_by("pk").values_list("names_version", flat=True)
    assert [version.rpartition("/")[2] for version in versions] == ["100", "86"]


def test_who_is_erased_leaves_no_likeness_and_the_screening_stays(likeness, zoran, maker, checker):
    agreed(likeness, maker, checker)
    KycDocuments("kyc").erase(subject_ref=zoran.subject_ref, before=None)
    assert not Likeness.objects.exists()
    assert not LikenessAnswer.objects.exists()
    assert Screening.objects.count() == 1


def copy_of(case: Any) -> str:
    """What every section of the copy of a person's data has for the customer of the case."""
    return json.dumps(
        {one.name: one.collect(subject_refs=[case.subject_ref]) for one in core_ports.sections},
        default=str,
        sort_keys=True,
    )


@pytest.mark.parametrize("said", ["open", "proposed", "somebody_else", "same"])
def test_the_copy_of_ones_data_is_the_same_with_a_match_and_without_one(zoran, maker, checker, said):
    """Whoever reads that they are like somebody on a list is warned; a gap that only they have would warn them too."""
    checked(zoran.customer)
    without = copy_of(zoran)
    imported(ZORAN, OTHER)
    screening.screen_round(now=clock.now())
    match = Likeness.objects.get()
    if said == "same":
        sanctions_matches.say_same(match, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    elif said == "somebody_else":
        agreed(match, maker, checker)
    elif said == "proposed":
        sanctions_matches.propose_somebody_else(match, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    assert copy_of(zoran) == without
    assert "kyc" in json.loads(without)
    assert json.loads(without)["kyc"], "the document is in it"
    assert not any("kyc.Likeness" in one.covers for one in core_ports.sections)


def test_a_customer_who_left_is_not_screened(zoran):
    type(zoran.customer).objects.filter(pk=zoran.customer.pk).update(state="closed", closed_at=clock.now())
    imported(ZORAN)
    assert screening.screen_round(now=clock.now()) == 0


class TestImport:
    """The command."""

    def test_the_same_file_again_changes_nothing_and_an_older_one_is_refused(self, house, tmp_path):
        path = tmp_path / "un.xml"
        path.write_bytes(lists.united_nations([ZORAN]))
        for _time in range(2):
            call_command("import_sanctions", "un", str(path))
        assert SanctionsList.objects.count() == 1
        assert AuditEvent.objects.filter(kind="kyc.sanctions.imported").count() == 1
        path.write_bytes(lists.united_nations([ZORAN, OTHER], made="2026-11-19"))
        with pytest.raises(CommandError, match="newer edition"):
            call_command("import_sanctions", "un", str(path))

    def test_the_same_file_is_imported_anew_where_it_is_read_otherwise_than_before(self, house, tmp_path):
        """An edition from before a reader was corrected: its births would go on hiding people until the list changes."""
        path = tmp_path / "un.xml"
        path.write_bytes(lists.united_nations([ZORAN]))
        call_command("import_sanctions", "un", str(path))
        ListedEntry.objects.update(births=["1950"])
        for _time in range(2):
            call_command("import_sanctions", "un", str(path))
        assert SanctionsList.objects.count() == 2
        assert ListedEntry.objects.get().births == ["1965-03-12"]

    def test_both_files_of_ofac_make_one_edition(self, house, tmp_path, capsys):
        sdn, alt = tmp_path / "sdn.csv", tmp_path / "alt.csv"
        sdn.write_bytes(lists.ofac(("36", "QUILL, Zoran", "individual", "-0- ")))
        alt.write_bytes(lists.names(("36", "ABU ZORAN")))
        call_command("import_sanctions", "ofac", str(sdn), "--names", str(alt), "--as-of", "2026-11-20")
        edition = SanctionsList.objects.get()
        assert edition.names_sha256 == hashlib.sha256(alt.read_bytes()).hexdigest()
        assert edition.sha256 in capsys.readouterr().out
        assert ListedEntry.objects.get().names == ["QUILL, Zoran", "ABU ZORAN"]

    @pytest.mark.parametrize("form", [lists.european_union_xml, lists.european_union_csv])
    def test_the_list_of_the_european_union_says_its_own_day(self, house, tmp_path, form):
        path = tmp_path / "eu"
        path.write_bytes(form(("EU.1.1", "P", ["Zoran Vexley Quill"], [], [])))
        call_command("import_sanctions", "eu", str(path))
        assert SanctionsList.objects.get().version == date(2026, 11, 20)
        with pytest.raises(CommandError, match="as-of"):
            call_command("import_sanctions", "eu", str(path), "--as-of", "2026-11-20")

    def test_the_schedules_of_the_uapa_are_imported_with_the_day_of_their_publication(self, house, tmp_path):
        path = tmp_path / "uapa.csv"
        path.write_text("schedule,number,name,other_names,born\n4,1,Zoran Vexley Quill,,1965\n")
        for given in ([], ["--as-of", "2026-11-20", "--names", str(path)]):
            with pytest.raises(CommandError, match="Give --"):
                call_command("import_sanctions", "uapa", str(path), *given)
        call_command("import_sanctions", "uapa", str(path), "--as-of", "2026-11-20")
        assert ListedEntry.objects.get().uid == "4.1"

    def test_an_edition_that_looks_cut_is_taken_only_by_who_has_compared_it(self, house, tmp_path):
        sdn, alt = tmp_path / "sdn.csv", tmp_path / "alt.csv"
        rows = [(str(number), f"NOBODY {number}", "individual", "-0- ") for number in range(1, 101)]
        sdn.write_bytes(lists.ofac(*rows))
        alt.write_bytes(lists.names(("36", "ABU ZORAN")))
        call_command("import_sanctions", "ofac", str(sdn), "--names", str(alt), "--as-of", "2026-11-20")
        with pytest.raises(CommandError, match="--names"):
            call_command("import_sanctions", "ofac", str(sdn), "--as-of", "2026-11-21")
        given = ("import_sanctions", "ofac", str(sdn), "--names", str(alt), "--as-of")
        sdn.write_bytes(lists.ofac(*rows[:89]))
        with pytest.raises(CommandError, match="100 entries, this one 89"):
            call_command(*given, "2026-11-21")
        assert SanctionsList.objects.get().size == ListedEntry.objects.count() == 100
        sdn.write_bytes(lists.ofac(*rows[:90]))
        call_command(*given, "2026-11-21")
        sdn.write_bytes(lists.ofac(*rows[:40]))
        call_command(*given, "2026-11-22", "--compared")
        assert SanctionsList.objects.get(superseded_at=None).size == 40
        told = AuditEvent.objects.filter(kind="kyc.sanctions.imported").order_by("pk")
        assert [event.facts["compared"] for event in told] == [False, False, True]

    def test_an_edition_of_a_day_that_has_not_come_is_refused_and_keeps_no_later_one_out(self, house, tmp_path):
        path = tmp_path / "sdn.csv"
        path.write_bytes(lists.ofac(("36", "QUILL", "individual", "")))
        today = clock.day(clock.now())
        for ahead in (today.replace(year=today.year + 70, day=1), today + timedelta(days=2)):
            with pytest.raises(CommandError, match="that day has not come"):
                call_command("import_sanctions", "ofac", str(path), "--as-of", ahead.isoformat())
        assert not SanctionsList.objects.exists()
        call_command("import_sanctions", "ofac", str(path), "--as-of", (today + timedelta(days=1)).isoformat())
        assert SanctionsList.objects.get().size == 1

    @pytest.mark.parametrize("extra", [[], ["--as-of", "soon"]])
    def test_an_edition_without_a_day_is_refused(self, house, tmp_path, extra):
        path = tmp_path / "sdn.csv"
        path.write_bytes(lists.ofac(("36", "QUILL", "individual", "")))
        with pytest.raises(CommandError):
            call_command("import_sanctions", "ofac", str(path), *extra)

    def test_a_file_that_is_cut_changes_nothing(self, house, tmp_path):
        imported(ZORAN)
        path = tmp_path / "un.xml"
        path.write_bytes(lists.united_nations([ZORAN, OTHER], made="2026-11-25")[:-40])
        with pytest.raises(CommandError):
            call_command("import_sanctions", "un", str(path))
        assert SanctionsList.objects.get().version == date(2026, 11, 20)


def test_a_likeness_is_said_in_words_and_its_names_to_who_has_opened_it(likeness, zoran, maker):
    desk = staff_client(maker)
    page = reverse("admin:kyc_likeness_change", args=[likeness.pk])
    act = reverse("admin:kyc_likeness_do_one", args=[likeness.pk, "somebody-else"])
    unopened = desk.get(act).text
    assert "Not opened yet" in unopened
    assert "Zoran" not in unopened
    desk.post(page, {"open_record": "1", "purpose": "kyc_review", "ticket": likeness.reference})
    shown = desk.get(page).text
    for said in ("The customer itself", "The same words, in any order.", "Not known to us or not in the list"):
        assert said in shown
    for code in ("AUTO", "SAME_WORDS"):
        assert code not in shown
    assert "Zoran Vexley Quill" in desk.get(act).text
    assert f"{zoran.reference}: United Nations Security Council, 20 Nov 2026" in str(Screening.objects.get())


def test_who_answers_anew_reads_why_a_colleague_refused(likeness, maker, checker):
    sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    sanctions_matches.answer(
        likeness, approve=False, reason="Look at the photo.", actor=actor.staff(checker.pk), now=clock.now()
    )
    desk = staff_client(maker)
    page = reverse("admin:kyc_likeness_change", args=[likeness.pk])
    desk.post(page, {"open_record": "1", "purpose": "kyc_review", "ticket": likeness.reference})
    assert f"{checker.full_name}" in desk.get(page).text
    assert "Look at the photo." in desk.get(page).text


def test_the_list_says_whose_turn_a_likeness_is(likeness, maker):
    desk, listed = staff_client(maker), reverse("admin:kyc_likeness_changelist")
    assert "a first person&#x27;s" in desk.get(listed).text
    sanctions_matches.propose_somebody_else(likeness, note=NOTE, actor=actor.staff(maker.pk), now=clock.now())
    assert "a second person&#x27;s" in desk.get(listed).text
