import pytest
from django.core.management import call_command
from django.db import transaction

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.errors import Refused
from portal.ledger import notes
from portal.ledger import services as ledger
from portal.ledger.errors import SigningStopped
from portal.ledger.services import anchor, public
from tests.ledger.factories import EntryFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_alone")]


def test_lost_entries_are_accepted_only_after_two_people_said_so_and_their_head_is_kept(settings, tmp_path) -> None:
    """As after a restore: the anchor remembers a larger tree than the database has."""
    EntryFactory()
    size = ledger.seal_now().size
    head = notes.TreeHead(settings.LEDGER_ORIGIN, size + 5, b"\1" * 32)
    before = anchor.Anchored(head.size, head.root, notes.sign_note(head.text, [ledger.signer()]))
    anchor.write(before)
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
