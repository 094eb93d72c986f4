"""Two people change the ledger's signing key: in the admin, and by the command for the first half."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from portal.fronts.workplace import rotation
from portal.fronts.workplace.models import KeyRotationProposal
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.ledger import notes
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.models import KeyRotation
from portal.kernel.people.choices import Answer
from tests.ledger.factories import EntryFactory
from tests.people.factories import StaffFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone")]

NEXT = "ab" * 32


@pytest.fixture(autouse=True)
def begun(request, settings):
    """A first head. Roles come before it: their rows are as old as the process (``tests/copied_rows.py``)."""
    for name in {"maker", "checker"} & set(request.fixturenames):
        request.getfixturevalue(name)
    EntryFactory()
    ledger.seal_now()
    settings.LEDGER_KEY_NEXT = NEXT


@pytest.fixture
def maker():
    return StaffFactory(roles=["administrator"])


@pytest.fixture
def checker():
    return StaffFactory(roles=["data_protection_officer"])


def acting(user):
    return actor.staff(user.pk)


def propose(maker, **changes):
    return rotation.propose_key(**{"cause": "routine", "good_size": None, "actor": acting(maker), **changes})


def answer(proposal, who, *, approve=True):
    rotation.answer_key(proposal=proposal, approve=approve, reason="" if approve else "Not now.", actor=acting(who))


def test_the_key_changes_only_when_another_person_approves(maker, checker):
    proposal = propose(maker)
    assert not KeyRotation.objects.exists()
    with pytest.raises(NotAllowed):
        answer(proposal, maker)
    answer(proposal, checker)
    made = KeyRotation.objects.get()
    assert made.new_vkey == ledger.next_signer().verifier.vkey
    kinds = AuditEvent.objects.filter(kind__startswith="ledger.key").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["ledger.key.proposed", "ledger.key.rotated"]
    _text, lines = notes.split_note(bytes(ledger.seal_now().note))
    assert lines[0].key_id == ledger.next_signer().verifier.key_id
    assert ledger.verify().failures == []


def test_a_refusal_changes_nothing_and_makes_room(maker, checker):
    proposal = propose(maker)
    with pytest.raises(Refused, match="proposed already"):
        propose(maker)
    answer(proposal, checker, approve=False)
    assert not KeyRotation.objects.exists()
    assert AuditEvent.objects.filter(kind="ledger.key.refused").exists()
    propose(maker)


def test_a_next_key_that_was_exchanged_meanwhile_is_not_approved(maker, checker, settings):
    proposal = propose(maker)
    settings.LEDGER_KEY_NEXT = "cd" * 32
    with pytest.raises(Refused, match="not the key that was proposed"):
        answer(proposal, checker)
    assert KeyRotationProposal.objects.get().answer == Answer.PENDING
    assert not KeyRotation.objects.exists()


@pytest.mark.parametrize(("cause", "good"), [("compromise", None), ("routine", 2)])
def test_a_last_good_size_goes_with_a_compromise_and_only_with_one(maker, cause, good):
    with pytest.raises(Refused):
        propose(maker, cause=cause, good_size=good)


def test_a_role_that_may_not_propose_or_answer(checker, maker):
    with pytest.raises(NotAllowed):
        propose(checker)
    with pytest.raises(NotAllowed):
        answer(propose(maker), StaffFactory(roles=["support"]))


def test_the_pages_show_both_keys_and_take_the_answer(staff):
    one, two = staff("administrator"), staff("data_protection_officer")
    add = reverse("admin:workplace_keyrotationproposal_add")
    assert one.post(add, {"cause": "compromise", "good_size": ""}).status_code == 422
    assert not KeyRotationProposal.objects.exists()
    assert one.post(add, {"cause": "compromise", "good_size": "2"}).status_code == 302
    proposal = KeyRotationProposal.objects.get()
    page = two.get(reverse("admin:workplace_keyrotationproposal_change", args=[proposal.pk])).text
    assert proposal.old_vkey in page
    assert proposal.new_vkey in page
    assert "Another person may have the key" in page
    assert str(proposal) in two.get(reverse("admin:approvals")).text
    act = reverse("admin:workplace_keyrotationproposal_do_one", args=[proposal.pk, "answer-proposal"])
    one.post(act, {"decision": "approve", "reason": "", "answer": "1"})
    assert not KeyRotation.objects.exists()
    two.post(act, {"decision": "approve", "reason": "", "answer": "1"})
    assert KeyRotation.objects.get().good_size == 2
    page = one.get(reverse("admin:ledger")).text
    assert "vouched for up to size 2 only" in page


def run(*args, **options):
    out = io.StringIO()
    try:
        call_command("rotate_ledger_key", *args, stdout=out, **options)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_makes_a_key_proposes_and_tells(maker, checker, tmp_path, monkeypatch, settings):
    path = tmp_path / "next.key"
    code, text = run(new_key=path)
    assert code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    settings.LEDGER_KEY_NEXT = path.read_text()
    assert ledger.next_signer().verifier.vkey in text
    assert path.read_text() not in text
    with pytest.raises(CommandError, match="is there already"):
        run(new_key=path)
    maker.set_password("correct horse battery")
    maker.save(update_fields=["password"])
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    with pytest.raises(CommandError, match="No staff login"):
        run(propose=maker.email, password_stdin=True)
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert run(propose=maker.email, password_stdin=True)[0] == 0
    proposal = KeyRotationProposal.objects.get()
    assert f"proposal: {proposal.pk}" in run()[1]
    answer(proposal, checker)
    settings.LEDGER_KEY_NEXT = ""
    code, text = run()
    assert code == 1
    assert "NOT THE ONE AGREED TO" in text
