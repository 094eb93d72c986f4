"""An impact assessment begins from the register of processing, is judged by someone else, and is proved by the ledger."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.registers.entries import rules
from portal.kernel.registers.entries.services import assessments, attachments
from portal.kernel.registers.models import Attachment, Dpia, DpiaQuestionnaire, Measure, ProcessingActivity, Product
from tests.consent.factories import law_is_loaded
from tests.people.factories import StaffFactory
from tests.registers.entered import agreed
from tests.registers.factories import as_actor, two_people

NOW = datetime(2026, 7, 15, 6, 30, tzinfo=UTC)
ANSWERS = {
    "nature": "Pages count visits with a random mark.",
    "new_technology": "None.",
    "necessary": "Addresses are cut before they are stored.",
    "rights": "The notice, and the preferences page.",
    "children": "possible",
    "views": "Ten customers were asked.",
    "authority": "not_needed",
}


def risk(**changes):
    return {
        "risk": "A visitor is recognised",
        "likelihood": "low",
        "severity": "high",
        "residual": "low",
        "measures": [],
        **changes,
    }


@pytest.fixture
def people(db):
    with time_machine.travel(NOW, tick=False):
        law_is_loaded()
        yield two_people()


@pytest.fixture
def begun(people):
    activity = agreed(ProcessingActivity)
    agreed(Product, activities=[activity.code])
    return assessments.begin(code="counting", activities=[activity.code], actor=people[0], now=clock.now())


def saved(found, people, *, answers=ANSWERS, risks=None):
    assessments.save(
        found,
        answers=answers,
        risks=[risk(measures=[measure()])] if risks is None else risks,
        actor=people[0],
        now=clock.now(),
    )


def measure():
    return (Measure.objects.first() or agreed(Measure)).code


def judged(found, people):
    shown = assessments.digest(DpiaQuestionnaire.objects.get(pk=found.pk))
    assessments.give_opinion(found, opinion="Go ahead.", shown_sha256=shown, actor=people[1], now=clock.now())


def finished(found, people):
    saved(found, people)
    judged(found, people)
    assessments.finish(found, actor=people[0], now=clock.now())
    return found


def test_it_is_filled_with_what_the_register_of_processing_says(begun) -> None:
    activity, product = ProcessingActivity.objects.get(), Product.objects.get()
    assert begun.prefilled["systems"] == [product.name]
    assert begun.prefilled["data"] == sorted(activity.used_categories)
    assert begun.prefilled["people"] == sorted(activity.subjects)
    assert begun.prefilled["purposes"] == sorted(activity.purposes)
    assert begun.prefilled["recipients"] == sorted(activity.recipients)
    assert begun.prefilled["transfers"] == sorted(activity.transfers)
    assert begun.prefilled["retention"] == sorted(activity.retention_classes)
    assert f"IN {activity.basis_in}" in begun.prefilled["bases"]


def test_it_needs_records_that_are_in_force_and_is_open_once(begun, people) -> None:
    with pytest.raises(Refused, match="in force"):
        assessments.begin(code="other", activities=["nothing-like-it"], actor=people[0], now=clock.now())
    with pytest.raises(LostRace, match="open already"):
        assessments.begin(code="counting", activities=begun.activities, actor=people[0], now=clock.now())
    assert DpiaQuestionnaire.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "risks", "place"),
    [
        ({**ANSWERS, "unknown": "x"}, [], "unknown"),
        ({**ANSWERS, "systems": "not asked"}, [], "systems"),
        ({**ANSWERS, "children": "many"}, [], "children"),
        ({**ANSWERS, "nature": "x" * 4_001}, [], "nature"),
        (ANSWERS, [risk(likelihood="certain")], "risk 1"),
        (ANSWERS, [risk(measures=["no-such-measure"])], "risk 1"),
        (ANSWERS, [risk(), {"risk": "half"}], "risk 2"),
    ],
)
def test_what_is_no_answer_is_refused_by_its_place_and_nothing_changes(begun, people, answers, risks, place) -> None:
    with pytest.raises(Refused, match=place) as refused:
        saved(begun, people, answers=answers, risks=risks)
    assert refused.value.code == "FORM"
    begun.refresh_from_db()
    assert (begun.answers, begun.risks) == ({}, [])


def test_the_number_of_an_identity_document_is_not_kept(begun, people) -> None:
    with pytest.raises(Refused) as refused:
        saved(begun, people, answers={**ANSWERS, "views": "Her PAN is ABCPE1234F."})
    assert refused.value.code == "NUMBER_IN_WORDS"


@pytest.mark.parametrize(
    ("answers", "risks", "place"),
    [
        ({**ANSWERS, "rights": " "}, None, "rights"),
        (ANSWERS, [], "risks"),
        (ANSWERS, [risk(severity="high", likelihood="high")], "risk 1"),
        (ANSWERS, [risk(residual="high", likelihood="low", severity="low")], "authority"),
    ],
)
def test_it_is_not_finished_while_something_is_missing(begun, people, answers, risks, place) -> None:
    saved(begun, people, answers=answers, risks=risks)
    judged(begun, people)
    with pytest.raises(Refused, match=place) as refused:
        assessments.finish(begun, actor=people[0], now=clock.now())
    assert refused.value.code == "LACKING"


def test_it_needs_the_opinion_of_someone_else_and_of_these_very_words(begun, people) -> None:
    saved(begun, people)
    with pytest.raises(Refused, match="opinion"):
        assessments.finish(begun, actor=people[0], now=clock.now())
    shown = assessments.digest(begun)
    with pytest.raises(NotAllowed):
        assessments.give_opinion(begun, opinion="I agree.", shown_sha256=shown, actor=people[0], now=clock.now())
    judged(begun, people)
    saved(begun, people)
    assert begun.opinion
    saved(begun, people, answers={**ANSWERS, "views": "Nobody was asked: it is not public yet."})
    assert (begun.opinion, begun.opinion_by, begun.opinion_at) == ("", None, None)


def test_who_answered_gives_no_opinion_on_it_and_nobody_on_what_they_have_not_read(begun, people) -> None:
    other, officer = (as_actor(StaffFactory(roles=["administrator", "data_protection_officer"])) for _ in range(2))
    assessments.save(begun, answers=ANSWERS, risks=[risk()], actor=other, now=clock.now())
    shown = assessments.digest(begun)
    with pytest.raises(NotAllowed, match="worked on"):
        assessments.give_opinion(begun, opinion="Mine.", shown_sha256=shown, actor=other, now=clock.now())
    saved(begun, people, answers={**ANSWERS, "views": "Other words."})
    with pytest.raises(Refused, match="Read it again"):
        assessments.give_opinion(begun, opinion="Fine.", shown_sha256=shown, actor=officer, now=clock.now())
    shown = assessments.digest(begun)
    assessments.give_opinion(begun, opinion="Fine.", shown_sha256=shown, actor=officer, now=clock.now())
    assert AuditEvent.objects.get(kind="registers.dpia.judged").facts["sha256"] == shown


def test_a_finished_one_changes_no_more_and_its_hash_is_in_the_ledger(begun, people) -> None:
    finished(begun, people)
    event = AuditEvent.objects.get(kind="registers.dpia.finished")
    assert event.facts == {"version": 1, "sha256": assessments.digest(begun)}
    assert event.about == f"registers.dpiaquestionnaire:{begun.pk}"
    for act in (saved, judged, finished):
        with pytest.raises(IllegalMove, match="finished"):
            act(begun, people)
    DpiaQuestionnaire.objects.filter(pk=begun.pk).update(opinion="Changed by hand.")
    begun.refresh_from_db()
    assert assessments.digest(begun) != event.facts["sha256"]


def test_its_pdf_is_attached_to_the_register_entry(begun, people) -> None:
    entry = agreed(Dpia, code="counting")
    with pytest.raises(IllegalMove, match="not finished"):
        assessments.attach(begun, entry, actor=people[0], now=clock.now())
    finished(begun, people)
    found = assessments.attach(begun, entry, actor=people[0], now=clock.now())
    assert (found.kind, found.about) == ("assessment", f"registers.dpia:{entry.pk}")
    with attachments.open_file(found, actor=people[1]) as clear, pikepdf.open(io.BytesIO(clear.read())) as paper:
        assert len(paper.pages) == found.pages >= 1
    with pytest.raises(Refused, match="another code"):
        assessments.attach(begun, agreed(Dpia, code="something-else"), actor=people[0], now=clock.now())
    assert Attachment.objects.count() == 1
    assert assessments.pdf(begun, at=NOW) == assessments.pdf(begun, at=NOW)


@pytest.mark.django_db
def test_who_may_not_propose_begins_nothing() -> None:
    with pytest.raises(NotAllowed):
        assessments.begin(code="x", activities=[], actor=as_actor(StaffFactory(roles=["support"])), now=NOW)


def test_every_question_has_a_text_and_every_pair_of_levels_a_level() -> None:
    form = rules.questionnaire()
    codes = [each.code for section in form.sections for each in section.questions]
    assert len(codes) == len(set(codes)) > 10
    assert all(each.text and (each.kind != rules.CHOICE or each.choices) for s in form.sections for each in s.questions)
    assert set(ANSWERS) == set(form.asked)


@given(st.sampled_from(rules.LEVELS), st.sampled_from(rules.LEVELS))
def test_a_risk_is_never_lower_for_being_likelier_or_graver(likelihood: str, severity: str) -> None:
    form, order = rules.questionnaire(), rules.LEVELS.index
    level = order(form.level(risk(likelihood=likelihood, severity=severity)))
    for step in rules.LEVELS[order(likelihood) :]:
        assert order(form.level(risk(likelihood=step, severity=severity))) >= level
    for step in rules.LEVELS[order(severity) :]:
        assert order(form.level(risk(likelihood=likelihood, severity=step))) >= level
