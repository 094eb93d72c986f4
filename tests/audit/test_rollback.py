import io

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from portal.audit.models import AuditEvent
from portal.core import clock, read_only
from portal.core.errors import Refused
from portal.ledger import notes
from portal.ledger import services as ledger
from portal.ledger.errors import SigningStopped
from portal.ledger.models import KeyRotation
from portal.ledger.services import anchor, public
from portal.ledger.states import RotationCause
from portal.workplace.models import KeyRotationProposal
from tests.ledger.factories import EntryFactory
from tests.people.factories import PASSWORD, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone")]


def remember_more(size: int, origin: str) -> anchor.Anchored:
    """As after a restore: the anchor remembers a larger tree than the database has."""
    head = notes.TreeHead(origin, size + 5, b"\1" * 32)
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
    assert public.policy().count("\nlog ") == 1, "nobody trusts what the old key says of later sizes"
    with pytest.raises(Refused, match="nothing was lost"):
        call_command("accept_rollback", "--evidence", str(evidence))


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
