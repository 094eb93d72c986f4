"""A list is answered line by line as one by one, however it is written; what came of it is one row and one leaf."""

import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consent.base.selectors import contact_rulebook
from consent.decisions.services import decision_batches, list_scrub, scrub_jobs
from consent.decisions.services.bulk_decisions import Question
from consent.decisions.services.contact_decisions import may_contact
from consent.models import AnswerSet
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import Refused
from portal.kernel.jobs.choices import JobState
from portal.kernel.jobs.models import Job
from portal.kernel.jobs.services import result_files, runner
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files
from portal.kernel.vault.services.keys import Shredded
from tests.consent.factories import person, published_notice, said
from tests.consent.plain_reading import OF_THE_QUESTION, expected
from tests.consent.test_suppressing import stopped
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

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


@pytest.fixture
def texts(law):
    register()
    return published_texts()


@pytest.fixture
def notice(law):
    return published_notice(effective_on=clock.now().date().replace(year=2020))


def scrubbed(text, question):
    scrub = list_scrub.Scrub(question)
    out = b"".join(scrub.lines(io.BytesIO(text if isinstance(text, bytes) else text.encode())))
    lines = [line.rsplit(",", 2) for line in out.decode().split("\r\n")[1:-1]]
    return lines, scrub.done, out


def question(purpose="marketing", hour=12, **more):
    return Question(purpose, "sms", at_hour(hour), **more)


@example(asked_there=(blocking_world(), EVERY_WAY), has_new_key=False, size=2)
@example(asked_there=(stopped_world(), EVERY_WAY), has_new_key=True, size=1000)
@settings(max_examples=MANY_WORLDS, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked_there=worlds(), has_new_key=st.booleans(), size=st.sampled_from([2, 1000]))
def test_a_scrub_and_a_plain_reading_agree(texts, emptied, monkeypatch, asked_there, has_new_key, size):
    from django.conf import settings as configured

    with emptied(), monkeypatch.context() as patch:
        patch.setattr(list_scrub, "BATCH", size)
        world, questions = asked_there
        build(world, texts)
        if has_new_key:
            patch.setattr(configured, "LOOKUP_KEYS_OLD", [configured.LOOKUP_KEY])
            patch.setattr(configured, "LOOKUP_KEY", "another lookup key of more than thirty-two characters")
        for asked in questions:
            if kind_of(asked.channel) == "subject" or asked.is_free_text:
                continue  # a list holds addresses, and has no such question
            listed = world.addresses_on(asked.channel)
            right = [expected(world, each, asked).reason for each in listed]
            if set(right) <= OF_THE_QUESTION:
                with pytest.raises(Refused) as refusal:
                    list_scrub.Scrub(asked.question)
                assert {refusal.value.code} == set(right), asked
                continue
            lines, done, _out = scrubbed("\n".join([*listed, NO_ADDRESS, f" {listed[0]} "]), asked.question)
            answers = [*zip(listed, right, strict=True), (NO_ADDRESS, "NO_SUCH_ADDRESS"), (listed[0], right[0])]
            assert lines == [
                [each, "true" if reason.startswith("ALLOWED") else "false", reason] for each, reason in answers
            ], asked
            assert (done.total, done.allowed) == (len(answers), sum(line[1] == "true" for line in lines))


@pytest.mark.parametrize(
    "text",
    [
        "address\n+919800000000\n\n12\n",
        "\ufeffAddress\r\n+919800000000\r\n12",
        '"address"\n"+919800000000"\n"12"\n',
        "+919800000000\n12\n",
    ],
)
def test_a_list_may_have_a_heading_quotes_blank_lines_and_any_line_ends(notice, text):
    lines, done, _out = scrubbed(text, question())
    assert lines == [["+919800000000", "false", "NO_CONSENT"], ["12", "false", "NO_SUCH_ADDRESS"]]
    assert (done.total, done.invalid, done.blocked) == (2, 1, 1)


def test_what_is_no_address_is_written_as_a_cell_and_bytes_that_are_no_text_harm_nobody(notice):
    _lines, done, out = scrubbed(b'a "b", c\n\xff\xfe\n', question())
    assert out.splitlines()[1] == b'"a ""b"", c",false,NO_SUCH_ADDRESS'
    assert done.invalid == 2


@pytest.mark.parametrize("text", ["=cmd|x", "@sum(a1)", "-2+3", "=a@x.in", "=1+9876543210"])
def test_no_line_of_a_result_is_run_by_a_spreadsheet(notice, text):
    for channel in ("sms", "email"):
        scrub = list_scrub.Scrub(Question("marketing", channel, at_hour(12)))
        (_heading, row) = b"".join(scrub.lines(io.BytesIO(text.encode()))).decode().splitlines()
        assert row.startswith(f"'{text},")


@pytest.mark.parametrize(("text", "code"), [(b"x" * 100_000, "NOT_A_LIST"), (b"", None)])
def test_a_file_without_lines_is_refused_and_an_empty_one_has_no_answers(notice, text, code):
    if code is None:
        assert scrubbed(text, question())[0] == []
        return
    with pytest.raises(Refused) as refusal:
        scrubbed(text, question())
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "no_such"}, "NO_SUCH_PURPOSE"),
        ({"fiduciary": "nobody"}, "NO_SUCH_FIDUCIARY"),
        ({"header": "AD-NOBODY-P"}, "UNKNOWN_HEADER"),
    ],
)
def test_a_question_that_is_a_no_to_everybody_scrubs_nothing(notice, changes, code):
    with pytest.raises(Refused) as refusal:
        list_scrub.Scrub(question(**changes))
    assert refusal.value.code == code


def test_a_yes_to_another_meaning_of_the_purpose_is_none(notice, monkeypatch):
    said(person(phone=NUMBERS[0]), "given", address=NUMBERS[0], occurred_at=clock.now() - timedelta(days=2))
    assert scrubbed(NUMBERS[0], question())[0][0][2] == "ALLOWED_BY_CONSENT"
    frame = list_scrub.frame_of(question())
    from dataclasses import replace

    changed = replace(frame, terms=replace(frame.terms, meaning_since=clock.now().date()))
    monkeypatch.setattr(list_scrub, "frame_of", lambda asked: changed)
    assert scrubbed(NUMBERS[0], question())[0][0][2] == "PURPOSE_CHANGED"


def assert_ended(job):
    """No file of the job can be opened any more."""
    kept = StoredFile.objects.filter(subject_ref=job.file_ref)
    assert kept
    for file in kept:
        with pytest.raises(Shredded):
            files.open_stream(file, actor=actor.SYSTEM, reason="test")


def bring(text, officer):
    contact_rulebook.forget()
    return scrub_jobs.bring(
        question=question(), content=io.BytesIO(text.encode()), actor=actor.staff(officer), now=clock.now()
    )


def test_a_job_scrubs_an_encrypted_list_into_an_encrypted_result_that_ends_with_it(notice):
    said(person(phone=NUMBERS[0]), "given", address=NUMBERS[0])
    job = bring("\n".join(NUMBERS), 7)
    assert NUMBERS[0] not in json.dumps(job.parameters)
    assert runner.run(job.pk, now=clock.now()) == JobState.DONE
    job.refresh_from_db()
    with result_files.open_result(job, actor=actor.staff(7)) as stream:
        out = stream.read()
    assert out.decode().splitlines()[1] == f"{NUMBERS[0]},true,ALLOWED_BY_CONSENT"
    kept = AnswerSet.objects.get()
    assert (kept.total, kept.allowed, kept.answered_as) == (5, 1, "scrub")
    salt = decision_batches.salt_of(kept.reference).encode()
    assert kept.answers_sha256 == hashlib.sha256(salt + out).hexdigest()
    assert kept.asked_sha256 == hashlib.sha256(salt + "\n".join(NUMBERS).encode()).hexdigest()
    assert (job.done, job.total) == (5, 5)
    result_files.expire(now=clock.now() + timedelta(days=400), limit=10)
    assert_ended(job)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"\xef\xbb\xbf \r\n", "EMPTY"),
        (bytes(range(256)) * 20, "NOT_A_LIST"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "NOT_A_LIST"),
        (b"+919800000000\x00\n", "NOT_A_LIST"),
        ("+919800000000\n".encode("utf-16"), "NOT_A_LIST"),
        ("a@x.in\n\u0905".encode()[:-1], "NOT_A_LIST"),
        (b"x" * 100_000, "NOT_A_LIST"),
    ],
)
def test_a_file_that_is_no_list_is_refused_before_it_is_kept(notice, content, code):
    with pytest.raises(Refused, match=r"one address a line\.$") as refusal:
        scrub_jobs.bring(question=question(), content=io.BytesIO(content), actor=actor.staff(7), now=clock.now())
    assert refusal.value.code == code
    assert not StoredFile.objects.exists()
    assert not Job.objects.exists()


def test_a_job_says_from_its_start_how_much_there_is_to_do(notice, monkeypatch):
    told = []
    monkeypatch.setattr(runner.JobHandle, "progress", lambda handle, done, total=None: told.append((done, total)))
    monkeypatch.setattr(list_scrub, "BATCH", 2)
    job = bring("address\n" + "\n".join(NUMBERS) + "\n", 7)
    assert runner.run(job.pk, now=clock.now()) == JobState.DONE
    assert told[:2] == [(0, 6), (2, 6)]
    assert told[-1] == (5, 5)


def test_a_list_whose_job_never_ran_ends_too(notice):
    job = bring(NUMBERS[0], 7)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    result_files.expire(now=clock.now() + timedelta(days=400), limit=10)
    assert_ended(job)


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_the_list_whole_and_names_its_place_in_the_ledger(law, tmp_path, capsys):
    published_notice()
    said(person(phone=NUMBERS[0]), "given", address=NUMBERS[0])
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("address\n" + "\n".join([*NUMBERS, "12"]) + "\n")
    before = AuditEvent.objects.count()
    call_command(
        "scrub", str(source), str(target), "--purpose", "marketing", "--channel", "sms",
        "--at", at_hour(12).isoformat(), "--json",
    )  # fmt: skip
    body = json.loads(capsys.readouterr().out)
    kept = AnswerSet.objects.get()
    assert body == {
        "total": 6, "allowed": 1, "blocked": 4, "invalid": 1,
        "by_reason": {"ALLOWED_BY_CONSENT": 1, "NO_CONSENT": 4, "NO_SUCH_ADDRESS": 1},
            "unchecked": ["header", "template"],
        "reference": kept.reference, "salt": body["salt"], "ledger_index": kept.entry.index,
    }  # fmt: skip
    assert isinstance(body["ledger_index"], int)
    assert AuditEvent.objects.count() - before == 1
    assert target.read_bytes().startswith(b"address,allowed,reason\r\n")
    assert hashlib.sha256(body["salt"].encode() + target.read_bytes()).hexdigest() == kept.answers_sha256
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("has_new_key", [False, True])
def test_a_stop_at_an_address_blocks_it_in_a_list_until_a_later_yes(notice, settings, has_new_key):
    said(person(phone=NUMBERS[0]), "given", address=NUMBERS[0])
    said(person(phone=NUMBERS[1]), "given", address=NUMBERS[1], occurred_at=clock.now() - timedelta(days=2))
    stopped(NUMBERS[0])
    stopped(NUMBERS[1], at=clock.now() - timedelta(days=3))
    stopped(NUMBERS[2])
    if has_new_key:
        settings.LOOKUP_KEYS_OLD = [settings.LOOKUP_KEY]
        settings.LOOKUP_KEY = "another lookup key of more than thirty-two characters"
    lines, _done, _out = scrubbed("\n".join(NUMBERS[:4]), question())
    alone = [may_contact(address=each, purpose="marketing", channel="sms", at=at_hour(12)) for each in NUMBERS[:4]]
    assert [reason for _address, _allowed, reason in lines] == [str(one.reason) for one in alone]
    assert [reason for _address, _allowed, reason in lines] == [
        "SUPPRESSED",
        "ALLOWED_BY_CONSENT",
        "SUPPRESSED",
        "NO_CONSENT",
    ]
