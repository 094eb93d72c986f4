"""What scripts and auditors rely on: exit codes and one JSON object."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from consent.models import Notice, NoticeVersion
from portal.kernel.core import clock
from portal.kernel.core.command_line import explain
from portal.kernel.core.errors import PortalError
from tests.consent.factories import ASHA_PHONE, person, published_notice, said
from tests.consent.test_policy_rules import FAULTY
from tests.consent.test_publishing import CLEAN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]


def run(capsys, *arguments):
    """The exit code and both outputs, as the command line gives them; the test's database stays open."""
    name, *rest = map(str, arguments)
    code, said = 0, ""
    try:
        call_command(name, *rest)
    except SystemExit as ended:
        code = ended.code
    except CommandError as wrong:
        code, said = wrong.returncode, str(wrong)
    except (PortalError, OSError) as error:
        code, said = explain(error) or pytest.fail(repr(error))
    printed = capsys.readouterr()
    return code, printed.out, printed.err + said


@pytest.fixture
def policy(tmp_path):
    def write(text):
        path = tmp_path / "policy.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_import_policy_makes_a_draft_with_its_clauses_and_defects(capsys, policy):
    code, out, _err = run(capsys, "import_policy", policy(FAULTY), "--effective", "2026-12-15", "--json")
    body = json.loads(out)
    assert code == 0
    assert body["draft"] == "privacy-policy@1"
    assert {"number": "2.1", "title": "Names"} in body["clauses"]
    assert {(d["code"], d["clause"]) for d in body["defects"]} >= {("EMPTY_LIST", "3"), ("NO_CONTENT", "4")}
    assert all(d["message"] for d in body["defects"])
    assert NoticeVersion.objects.get().state == "draft"


def test_import_policy_refuses_to_publish_a_faulty_text_and_even_a_clean_one_alone(capsys, policy):
    code, _out, err = run(capsys, "import_policy", policy(FAULTY), "--effective", "2026-12-15", "--publish")
    assert code == 1
    faults = NoticeVersion.objects.get().defects
    assert faults.exclude(code="MISSING_FIELD").count() == 9
    assert f"{faults.count()} defects are open" in err
    code, _out, err = run(capsys, "import_policy", policy(CLEAN), "--effective", "2026-12-15", "--publish")
    assert code == 1
    assert "another person" in err
    assert not NoticeVersion.objects.exclude(state="draft").exists()


@pytest.mark.parametrize(
    ("text", "effective", "code"), [("", "2026-12-15", 1), (CLEAN, "15-12-2026", 2), (None, "2026-12-15", 3)]
)
def test_import_policy_with_bad_input_says_so_and_keeps_nothing(capsys, policy, tmp_path, text, effective, code):
    path = policy(text) if text is not None else tmp_path / "missing.txt"
    ended, _out, err = run(capsys, "import_policy", path, "--effective", effective)
    assert ended == code
    assert err.strip()
    assert "Traceback" not in err
    assert not Notice.objects.exists()


def test_import_policy_takes_a_day_that_has_passed_for_a_first_version_only_and_says_what_that_means(capsys, policy):
    code, _out, err = run(capsys, "import_policy", policy(CLEAN), "--effective", "2020-01-01")
    assert code == 0
    assert "only if it was in force elsewhere" in err
    published_notice(asks=[], code="privacy-policy", kind="privacy_policy")
    code, _out, err = run(capsys, "import_policy", policy(CLEAN), "--effective", "2020-01-01")
    assert code == 1
    assert "Choose today or a later day" in err
    assert NoticeVersion.objects.count() == 2


def test_may_contact_answers_with_an_exit_code_and_one_object(capsys):
    published_notice()
    said(person(), "given")
    asked = ("may_contact", ASHA_PHONE, "--purpose", "marketing", "--channel", "sms", "--json", "--at")
    code, out, _err = run(capsys, *asked, "2027-01-05T14:00")
    body = json.loads(out)
    assert code == 0
    names = "allowed reason sentence entry rules registers unchecked valid_until signature salt"
    assert body.keys() == set(names.split())
    assert (body["allowed"], body["valid_until"]) == (True, "2027-01-05T15:30:00.000Z")
    assert body["unchecked"] == ["header", "template"]
    code, out, _err = run(capsys, *asked, "2027-01-05T22:00")
    assert code == 1
    assert json.loads(out)["reason"] == "OUTSIDE_HOURS"
    assert run(capsys, *asked, "tomorrow")[0] == 2
    for command in (asked, ("may_process", str(uuid4()), "--purpose", "analytics", "--at")):
        code, out, err = run(capsys, *command, "2099-01-05T14:00", "--sign")
        assert (code, out) == (1, "")
        assert "signed about now only" in err


def test_may_process_and_consents_as_of_answer_for_a_subject(capsys):
    published_notice()
    asha = person()
    event = said(asha, "given", channel="none", purpose="analytics")
    subject = str(asha.subject.ref)
    code, out, _err = run(capsys, "may_process", subject, "--purpose", "analytics", "--json")
    assert (code, json.loads(out)["entry"]) == (0, str(event.entry.event_id))
    assert run(capsys, "may_process", subject, "--purpose", "call_recording")[0] == 1
    code, out, _err = run(capsys, "consents_as_of", subject, clock.now().isoformat(), "--json")
    found = json.loads(out)["consents"]
    assert (code, [row["answer"] for row in found]) == (0, ["given"])
    assert run(capsys, "consents_as_of", "nobody", clock.now().isoformat())[0] == 1
    code, out, err = run(capsys, "consents_as_of", subject, (clock.now() + timedelta(days=1)).isoformat())
    assert (code, out) == (2, "")
    assert "has not come yet" in err


def test_a_scrub_never_writes_over_the_list_it_reads(capsys, tmp_path):
    published_notice()
    source, other_name = tmp_path / "in.csv", tmp_path / "link.csv"
    source.write_text("+919812345678\n")
    other_name.symlink_to(source)
    for target in (source, other_name):
        code, _out, err = run(capsys, "scrub", str(source), str(target), "--purpose", "marketing", "--channel", "sms")
        assert code == 2
        assert "another name" in err
    assert source.read_text() == "+919812345678\n"


def test_rebuild_consent_state_says_what_it_did(capsys):
    published_notice()
    said(person(), "given")
    code, out, _err = run(capsys, "rebuild_consent_state", "--json")
    assert (code, json.loads(out)) == (0, {"checked": 1, "mended": 0, "removed": 0, "sealed": 0, "refused": 0})
