"""What Onesetu and two of its clients send from, and their texts: some in use, some waiting with warnings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.demo.story.cast import Cast
from portal.demo.story.customers import People
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.kernel.core.actor import Actor
from portal.kernel.people.models import Customer, Fiduciary, User
from portal.kernel.people.services import fiduciaries
from portal.kernel.registers.senders.models.senders import Sender
from portal.kernel.registers.senders.services import message_templates, sender_entries, senders

ESSENTIAL = ("service", "transactional")
CLIENTS = 2
#: Entries of the story began to hold this many days before it.
HELD_FOR = 60


@dataclass(frozen=True)
class Desk:
    """Two people and a fiduciary's books before them."""

    cast: Cast
    fiduciary: Fiduciary
    maker: Actor
    checker: Actor

    @property
    def then(self) -> datetime:
        return self.cast.ago(days=HELD_FOR)

    @property
    def when(self) -> dict[str, Any]:
        return {"starts_at": self.then, "actor": self.maker, "now": self.then}

    def entity(self, entity_id: str, customer: Customer | None, advertises: str) -> None:
        entity = senders.propose_entity(
            fiduciary=self.fiduciary, entity_id=entity_id, customer=customer, advertises=[advertises], **self.when
        )
        self.agree(entity)

    def sender(self, kind: str, value: str, carries: Sequence[str] = ESSENTIAL, **more: Any) -> Sender:
        sender = senders.propose_sender(
            fiduciary=self.fiduciary, kind=kind, value=value, carries=carries, **more, **self.when
        )
        self.agree(sender)
        return sender

    def link(self, value: str) -> None:
        self.agree(senders.propose_target(fiduciary=self.fiduciary, kind="link", value=value, **self.when))

    def template(self, template_id: str, category: str, text: str, **more: Any) -> Any:
        usual = {"channel": "sms", "language": "en", "template_id": template_id, "category": category, "text": text}
        return message_templates.propose(fiduciary=self.fiduciary, **{**usual, **self.when, **more})

    @property
    def today(self) -> dict[str, datetime]:
        """Of what waits for a second person when the story starts."""
        return {"starts_at": self.cast.start, "now": self.cast.start}

    def agree(self, entry: Any) -> None:
        sender_entries.answer(entry, approve=True, reason="", actor=self.checker, now=self.then)

    def agree_to(self, template: Any) -> None:
        message_templates.answer(template=template, approve=True, actor=self.checker, now=self.then)


def build(cast: Cast, people: People, team: Mapping[str, User], *, actor: Actor) -> None:
    """Onesetu's own books, then those of two clients. Each fiduciary's commit together."""
    maker, checker = by(team["administrator"]), by(team["data.protection"])
    with piece():
        _own(Desk(cast, fiduciaries.ensure_own(actor=actor, now=cast.start), maker, checker))
    for number, customer in enumerate(people.organisations[:CLIENTS]):
        with piece():
            code = "-".join([*customer.name.lower().split()[:2], str(number + 1)])
            client = fiduciaries.add_client(code=code, name=customer.name, actor=actor, now=cast.start)
            _client(Desk(cast, client, maker, checker), customer, number)


def _own(desk: Desk) -> None:
    desk.entity("1101000000000000001", None, "communication")
    header, offers = desk.sender("sms_header", "ONESTU"), desk.sender("sms_header", "600001", ("promotional",))
    number = desk.sender("whatsapp_number", "+919100000002", (*ESSENTIAL, "promotional"))
    code = desk.sender("short_code", "56700", (*ESSENTIAL, "promotional"))
    desk.link("https://onesetu.example/privacy")
    desk.agree_to(
        desk.template(
            "1107000000000000001", "transactional", "Your Onesetu code is {#numeric#}. Tell nobody.", senders=[header]
        )
    )
    desk.agree_to(
        desk.template(
            "1107000000000000002",
            "promotional",
            "Onesetu: new plans from Rs {#numeric#}. Reply STOP to 56700 to stop these messages.",
            senders=[offers],
        )
    )
    desk.agree_to(
        desk.template(
            "1107000000000000003",
            "service",
            "Onesetu: आपकी शिकायत {#alphanumeric#} का उत्तर तैयार है। https://onesetu.example/privacy",
            language="hi",
            senders=[header],
        )
    )
    # Waits for a second person, who sees what the check warns of and the reason for it.
    desk.template(
        "1107000000000000004",
        "service",
        "Onesetu: your bill {#alphanumeric#} is ready. Paying it by UPI is free of charge.",
        senders=[header],
        why="Says what paying costs; it offers nothing.",
        **desk.today,
    )
    order = desk.template(
        "bill_ready", "service", "Onesetu: your bill {{1}} is ready.", channel="whatsapp", senders=[number]
    )
    desk.agree_to(order)
    for state in ("submitted", "approved"):
        message_templates.move_to(template=order, state=state, actor=desk.maker, now=desk.cast.start)
    desk.agree(
        message_templates.propose_consent(
            fiduciary=desk.fiduciary,
            template_id="1307000000000000001",
            short_code=code,
            language="en",
            scope="Offers and news of Onesetu by SMS and calls.",
            revocation_text="Reply STOP to 56700 at any time.",
            **desk.when,
        )
    )


def _client(desk: Desk, customer: Customer, number: int) -> None:
    desk.entity(f"110100000000000001{number}", customer, ("food", "goods")[number])
    brand = desk.fiduciary.name
    header = desk.sender("sms_header", f"CLIEN{'AB'[number]}")
    desk.sender(
        "voice_number", f"160000000{number}", records_calls=number == 0,
        announcement=f"This call with {brand} is recorded. Say no, and it is not." if number == 0 else "",
    )  # fmt: skip
    desk.agree_to(
        desk.template(
            f"110700000000000001{number}",
            "transactional",
            f"{brand}: order {{#alphanumeric#}} has left. It arrives on {{#alphanumeric#}}.",
            senders=[header],
        )
    )
    desk.template(
        f"110700000000000002{number}",
        "service",
        f"{brand}: returning order {{#alphanumeric#}} is free of charge.",
        senders=[header],
        why="Says what a return costs; it offers nothing.",
        **desk.today,
    )
