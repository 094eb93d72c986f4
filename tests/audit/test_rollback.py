import io

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from portal.fronts.workplace import rotation
from portal.fronts.workplace.models import KeyRotationProposal
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock, ports, read_only
from portal.kernel.core.actor import staff
from portal.kernel.core.errors import Refused
from portal.kernel.ledger import notes
from portal.kernel.ledger import services as ledger
from portal.kernel.ledger.choices import RotationCause
from portal.kernel.ledger.errors import SigningStopped
from portal.kernel.ledger.ledger_checks import KeyRotations
from portal.kernel.ledger.models import KeyRotation
from portal.kernel.ledger.services import anchor, public_log
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.people.factories import PASSWORD, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone")]


def remember_more(size: int, origin: str, *, more: int = 5, root: bytes = b"\1" * 32) -> anchor.Anchored:
    """As after a restore: the anchor remembers a larger tree than the database has."""
    head = notes.TreeHead(origin, size + more, root)
    known = anchor.Anchored(head.size, head.root, notes.sign_note(head.text, [ledger.signer()]))
    anchor.write(known)
    return known


def test_lost_entries_are_accepted_only_after_two_people_said_so_and_their_head_is_kept(settings, tmp_path) -> None:
    EntryFactory()
    size = ledger.seal_now().size
    before = remember_more(size, settings.LEDGER_ORIGIN)
    evidence = tmp_path / "lost.json"
    with pytest.raises(SigningStopped, match="rolled back"):
        ledger.sign()
    with pytest.raises(Refused, match=f"good size {size}"):
        call_command("accept_rollback", "--evidence", str(evidence))

    settings.LEDGER_KEY_NEXT = "ab" * 32
    with transaction.atomic():
        ledger.rotate_key(vkey=ledger.next_vkey(), cause="restore", good_size=size, now=clock.now())
    ledger.seal_batch()
    call_command("accept_rollback", "--evidence", str(evidence))
    assert anchor.read(evidence) == before
    assert ledger.seal_now().size > size
    assert ledger.verify().failures == []
    assert AuditEvent.objects.get(kind="ledger.rollback.accepted").facts["anchored_size"] == size + 5
    assert public_log.policy().count("\nlog ") == 1, "nobody trusts what the old key says of later sizes"
    with pytest.raises(Refused, match="nothing was lost"):
        call_command("accept_rollback", "--evidence", str(evidence))


def agree(settings, *, good: int, seed: str) -> KeyRotation:
    """As two people do it: the next key follows because entries after ``good`` are lost."""
    settings.LEDGER_KEY_NEXT = seed * 32
    with transaction.atomic():
        made = ledger.rotate_key(vkey=ledger.next_vkey(), cause="restore", good_size=good, now=clock.now())
    ledger.seal_batch()
    return made


def code_of(act) -> str:
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.code


def accepted(path) -> str:
    return code_of(lambda: call_command("accept_rollback", "--evidence", str(path)))


@pytest.mark.parametrize("other", [{"more": 6}, {"root": b"\2" * 32}])
def test_an_agreement_is_for_the_loss_of_the_head_that_it_names(settings, tmp_path, other) -> None:
    """A larger anchor, or another one of the same size, is another loss: nobody agreed to it."""
    EntryFactory()
    size = ledger.seal_now().size
    remember_more(size, settings.LEDGER_ORIGIN)
    made = agree(settings, good=size, seed="ab")
    assert (made.lost_size, bytes(made.lost_root)) == (size + 5, b"\1" * 32)
    known = remember_more(size, settings.LEDGER_ORIGIN, **other)
    evidence = tmp_path / "lost.json"
    assert accepted(evidence) == "OTHER_LOSS"
    assert anchor.read() == known
    assert not evidence.exists()
    assert not AuditEvent.objects.filter(kind="ledger.rollback.accepted").exists()


def test_a_used_agreement_is_spent_even_if_the_same_loss_seems_to_come_again(settings, tmp_path) -> None:
    """As when one person restores the dump of that day: the anchor, which no restore brings back, names it as used."""
    EntryFactory()
    size = ledger.seal_now().size
    lost = remember_more(size, settings.LEDGER_ORIGIN)
    made = agree(settings, good=size, seed="ab")
    call_command("accept_rollback", "--evidence", str(tmp_path / "lost.json"))
    spent = anchor.read()
    assert spent.spent == (str(made.entry.event_id),)
    anchor.write(anchor.Anchored(lost.size, lost.root, lost.note, spent=spent.spent))
    assert accepted(tmp_path / "again.json") == "AGREEMENT_SPENT"


def test_what_is_spent_stays_so_when_later_heads_are_anchored(settings, tmp_path) -> None:
    EntryFactory()
    size = ledger.seal_now().size
    remember_more(size, settings.LEDGER_ORIGIN)
    made = agree(settings, good=size, seed="ab")
    call_command("accept_rollback", "--evidence", str(tmp_path / "lost.json"))
    for _ in range(2):
        EntryFactory()
        later = ledger.seal_now()
    assert (anchor.read().size, anchor.read().spent) == (later.size, (str(made.entry.event_id),))
    assert ledger.verify().failures == []


def test_an_agreement_from_before_it_named_a_head_is_made_again(settings, tmp_path, monkeypatch) -> None:
    EntryFactory()
    size = ledger.seal_now().size
    remember_more(size, settings.LEDGER_ORIGIN)
    monkeypatch.setattr("portal.kernel.ledger.services.rotation.lost_head", lambda cause: None)
    assert agree(settings, good=size, seed="ab").lost_size is None
    assert accepted(tmp_path / "lost.json") == "OTHER_LOSS"


def test_a_row_that_names_another_loss_than_its_leaf_is_found(settings, monkeypatch) -> None:
    monkeypatch.setattr(ports, "ledger_rows", [KeyRotations()])
    EntryFactory()
    size = ledger.seal_now().size
    remember_more(size, settings.LEDGER_ORIGIN)
    made = agree(settings, good=size, seed="ab")
    assert ledger.verify().checks == ["X1"], "the anchor is ahead, and nothing else is wrong"
    with attacks.unguarded():
        attacks.execute("UPDATE ledger_keyrotation SET lost_size = %s WHERE id = %s", size + 50, made.pk)
    assert "V9" in ledger.verify().checks


def test_a_proposal_is_bound_to_the_head_that_is_given_up(settings) -> None:
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    EntryFactory()
    size = ledger.seal_now().size
    remember_more(size, settings.LEDGER_ORIGIN)
    settings.LEDGER_KEY_NEXT = "ab" * 32
    proposal = rotation.propose_key(cause="restore", good_size=size, actor=staff(maker.pk))
    assert (proposal.lost_size, bytes(proposal.lost_root)) == (size + 5, b"\1" * 32)
    page = reverse("admin:workplace_keyrotationproposal_do_one", args=[proposal.pk, "answer-proposal"])
    assert "01" * 32 in staff_client(checker).get(page).text
    remember_more(size, settings.LEDGER_ORIGIN, more=6)
    answer = {"proposal": proposal, "approve": True, "reason": "", "actor": staff(checker.pk)}
    assert code_of(lambda: rotation.answer_key(**answer)) == "SHOWN_CHANGED"
    assert not KeyRotation.objects.exists()


def test_the_handbooks_way_out_of_a_loss_is_gone_to_its_end_in_read_only_mode(
    settings, tmp_path, monkeypatch, capsys
) -> None:
    """``portal/docs/backups.md``, "When sealed entries are lost", step by step, as after ``restore``."""
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    EntryFactory()
    size = ledger.seal_now().size
    before = remember_more(size, settings.LEDGER_ORIGIN)
    settings.READ_ONLY_SWITCH = tmp_path / "read-only"
    read_only.turn_on(why="restore", now=clock.now())
    assert exit_code("verify_ledger") == 1
    assert f"The last signed head here is of {size}." in capsys.readouterr().out
    assert exit_code("ledger_info") == 0
    assert f"The good size is {size}, not {before.size}." in capsys.readouterr().out

    settings.LEDGER_KEY_NEXT = "ab" * 32
    propose = ["rotate_ledger_key", "--propose", maker.email, "--cause", "restore", "--password-stdin", "--good-size"]
    for wrong in (str(before.size), str(size - 1)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        with pytest.raises(Refused, match=f"good size after this loss is {size},"):
            call_command(*propose, wrong)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="No password was given"):
        call_command(*propose, str(size))
    assert not KeyRotationProposal.objects.exists()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    call_command(*propose, str(size))

    proposal = KeyRotationProposal.objects.get()
    page = reverse("admin:workplace_keyrotationproposal_do_one", args=[proposal.pk, "answer-proposal"])
    staff_client(checker).post(page, {"decision": "approve", "reason": "", "answer": "1"})
    assert KeyRotation.objects.get().good_size == size
    with pytest.raises(SigningStopped, match="rolled back"):
        call_command("seal_ledger")
    call_command("accept_rollback", "--evidence", str(tmp_path / "lost.json"))
    assert exit_code("seal_ledger") == 0
    assert exit_code("verify_ledger") == 0
    assert read_only.turn_off()
    with pytest.raises(Refused, match="nothing was lost"):
        ledger.require_good_size(RotationCause.RESTORE, size)


def exit_code(name: str) -> int:
    try:
        call_command(name)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
