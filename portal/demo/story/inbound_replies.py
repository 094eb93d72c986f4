"""What people write back, a letter that they may stop from its foot, and a consent manager in the book."""

import base64
import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from consent.collection.services import inbound_replies
from consent.collection.services.inbound_replies import Inbound
from consent.records.models.state import ConsentState
from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.kernel.core.actor import Actor
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.services import post
from portal.kernel.people.models import User
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.entries.services import consent_managers
from portal.kernel.registers.senders.services import sender_entries

#: What some recipients answer, and what a number answers that nobody knows.
WORDS = ("STOP", "बंद करो", "थांबा", "ok")
UNKNOWN = "+919810000001"
LETTERS = 3


def build(cast: Cast, people: People, team: Mapping[str, User], *, actor: Actor) -> None:
    """Each act through the service that does it in life."""
    with piece():
        own = fiduciaries.ensure_own(actor=actor, now=cast.start)
        then = cast.ago(days=30)
        key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"consent manager of the story").digest())
        manager = consent_managers.propose(
            fiduciary=own,
            board_number="DPB/CM/0001",
            name="Sahaj Consent Example Private Limited",
            public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            starts_at=then,
            actor=by(team["administrator"]),
            now=then,
        )
        sender_entries.answer(manager, approve=True, reason="", actor=by(team["data.protection"]), now=then)
    recipients = [phone for person, _email, phone in people.reachable if phone and person.pk not in people.with_login]
    numbers = [*recipients[: len(WORDS)], UNKNOWN]
    with piece():
        inbound_replies.take(
            Inbound(f"story-{place}", Channel.SMS, number, "600001", text, said_at=cast.ago(hours=2))
            for place, (number, text) in enumerate(zip(numbers, (*WORDS, "STOP"), strict=False))
        )
    _letters(people)


def _letters(people: People) -> None:
    """A letter about a change to those owners who said yes to such letters by e-mail; it goes at any hour."""
    by_ref = {person.subject.ref: (person, email) for person, email, _phone in people.reachable if email}
    yes = ConsentState.objects.filter(
        subject_ref__in=by_ref, purpose="product_updates", channel="email", answer="given", fiduciary__code="onesetu"
    )
    with piece():
        for ref in yes.order_by("pk").values_list("subject_ref", flat=True)[:LETTERS]:
            person, email = by_ref[ref]
            post(
                kind="updates.service_changed",
                subject_ref=ref,
                channel=Channel.EMAIL,
                address=email,
                language=person.language,
                purpose="product_updates",
                about="updates.change:demo",
                context={"url": f"{settings.SITE_URL}/privacy/policies/"},
            )
