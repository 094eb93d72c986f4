from typing import Any

from portal.kernel.core.commands import PortalCommand
from portal.kernel.ledger import notes, services, tree
from portal.kernel.ledger.models import Checkpoint, Head
from portal.kernel.ledger.services import anchor, checkpoints, public_log, witnesses


class Command(PortalCommand):
    help = (
        "Show the ledger's name, public key (vkey), size and root, the anchor and the witnesses outside the database."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads only."""
        head = Head.objects.first()
        known = anchor.read()
        signed = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
        body = {
            "origin": services.verifier().name,
            "vkey": services.verifiers()[0].vkey,
            "keys": public_log.key_terms(),
            "size": 0 if head is None else head.size,
            "root": notes.to_base64(tree.EMPTY_ROOT if head is None else bytes(head.root)),
            "signed_size": signed,
            "anchor": None if known is None else {"size": known.size, "root": notes.to_base64(known.root)},
            "witnesses": witnesses.told(witnesses.cosigned()),
        }
        independent = witnesses.independent()
        witnessed = f"{len(independent)} independent witnesses" if independent else "no independent witness"
        anchored = "no anchor yet" if known is None else f"anchored at {known.size}"
        last = "nothing signed yet" if signed is None else f"signed last at {signed}"
        line = f"{body['origin']}: {body['size']} leaves, root {body['root']}, {last}, {anchored}, {witnessed}.\n{body['vkey']}"
        # A head that is being signed stands in the anchor before it stands here: that is no loss.
        size = 0 if head is None else head.size
        if known and signed and known.size > signed and (known.size > size or checkpoints.is_stopped()):
            line += f"\nThe anchor is ahead: sealed entries are lost. The good size is {signed}, not {known.size}."
        self.answer(body, line, options=options)
