"""What is shown beside its destruction, and public tiles beside their sealing."""

import hashlib

import pytest
from django.db import transaction
from django.test import Client

from kyc.outcomes.services import deletion_requests
from kyc.review.services import protected_access
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.ledger import notes, services
from portal.kernel.ledger.models import Entry
from portal.kernel.vault.models import StoredFile
from portal.kernel.vault.services import files
from tests.api.test_ledger_tiles import get, split
from tests.campaigns.counts import conclude
from tests.campaigns.racing import rounds, several_writers, together
from tests.kyc.factories import checked
from tests.ledger import reference_tree
from tests.ledger.factories import EntryFactory
from tests.people.factories import CustomerFactory

pytestmark = [several_writers, pytest.mark.django_db(transaction=True)]
REFUSALS = {"", "SHREDDED", "NOT_FOUND"}


def whole(document) -> str:
    """The hash of a page as it is drawn."""
    drawn = protected_access.page_of(document, 1, actor=actor.SYSTEM, reason="test")
    return hashlib.sha256(drawn).hexdigest()


@rounds
def test_a_page_beside_the_destruction_of_its_document_is_whole_or_refused(rounds, house, same_process, monkeypatch):
    monkeypatch.setattr(protected_access, "page_as_png", lambda data, **_look: data)
    lost = []
    shown = refused = 0
    for _round in range(rounds):
        document = checked(CustomerFactory(kind="individual"), now=clock.now())

        def destroy(document=document):
            with transaction.atomic():
                deletion_requests.erase_document(document, actor=actor.SYSTEM, now=clock.now())

        end, *looks = together(destroy, *[lambda document=document: whole(document)] * 2)
        assert end.is_done
        assert {each.refusal for each in looks} <= REFUSALS
        shown += sum(each.is_done for each in looks)
        refused += sum(not each.is_done for each in looks)
        lost += [document.reference for each in looks if each.is_done and each.value != document.kept.sha256]
        (late,) = together(lambda document=document: whole(document))
        lost += [document.reference] * (late.refusal != "SHREDDED")
        opened = AuditEvent.objects.filter(kind=AuditKind.VAULT_FILE_OPENED, about=files.about(document.kept))
        assert opened.count() >= sum(each.is_done for each in looks)
    assert not StoredFile.objects.filter(shredded_at=None).exists()
    conclude("A page beside its destruction", attempts=shown + refused, refused=refused, acknowledged=shown, lost=lost)


def seen_by_a_stranger() -> str:
    """The root of the newest head as its tiles give it; empty where that is the root that was signed."""
    client = Client()
    text, _ = notes.open_note(get(client, "checkpoint").content, [services.verifier()])
    head = notes.parse_tree_head(text)
    leaves = []
    for tile in range((head.size + 255) // 256):
        wide = min(256, head.size - 256 * tile)
        part = "" if wide == 256 else f".p/{wide}"
        leaves += split(get(client, f"tile/0/{tile:03d}{part}").content)
    return "" if reference_tree.mth(leaves) == head.root else str(head.size)


@rounds
def test_the_tiles_of_a_head_hold_its_tree_while_others_seal(rounds, ledger_alone):
    EntryFactory.create_batch(250)
    services.seal_now(wait=10)
    lost = []

    def seal():
        EntryFactory.create_batch(3)
        services.seal_now(wait=10)

    for _round in range(rounds):
        _first, _second, *looks = together(seal, seal, *[seen_by_a_stranger] * 2)
        lost += [each.value for each in looks if each.value or not each.is_done]
    assert services.verify().failures == []
    assert not Entry.objects.filter(leaf=None).exists()
    conclude("Public tiles beside two sealers", attempts=2 * rounds, refused=0, acknowledged=2 * rounds, lost=lost)
