from typing import Any

from portal.core.commands import PortalCommand
from portal.ledger import notes, services, tree
from portal.ledger.models import Head
from portal.ledger.services import anchor, public, witnesses


class Command(PortalCommand):
    help = (
        "Show the ledger's name, public key (vkey), size and root, the anchor and the witnesses outside the database."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reads only."""
        head = Head.objects.first()
        known = anchor.read()
        body = {
            "origin": services.verifier().name,
            "vkey": services.verifiers()[0].vkey,
            "keys": public.key_terms(),
            "size": 0 if head is None else head.size,
            "root": notes.to_base64(tree.EMPTY_ROOT if head is None else bytes(head.root)),
            "anchor": None if known is None else {"size": known.size, "root": notes.to_base64(known.root)},
            "witnesses": witnesses.told(witnesses.seen()),
        }
        independent = witnesses.independent()
        witnessed = f"{len(independent)} independent witnesses" if independent else "no independent witness"
        anchored = "no anchor yet" if known is None else f"anchored at {known.size}"
        line = f"{body['origin']}: {body['size']} leaves, root {body['root']}, {anchored}, {witnessed}.\n{body['vkey']}"
        self.answer(body, line, options=options)
