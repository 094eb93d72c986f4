"""How people can be reached: for a batch of them in a few statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from portal.kernel.law.channels import BROWSER, DESCRIPTIONS, EMAIL, LOGIN, PHONE
from portal.kernel.outbox.models import PushSubscription
from portal.kernel.people.choices import ContactKind
from portal.kernel.people.models import ContactPoint, Principal, User


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to be told, and how they can be reached: confirmed addresses (the newest first), a login, a browser that
    shows notices.
    """

    principal: Principal
    has_login: bool
    emails: Sequence[str] = field(default=(), repr=False)
    phones: Sequence[str] = field(default=(), repr=False)
    has_browser: bool = False

    @property
    def ref(self) -> UUID:
        """The subject they are."""
        return self.principal.subject.ref

    @property
    def email(self) -> str:
        """The newest confirmed e-mail address, empty where there is none."""
        return self.emails[0] if self.emails else ""

    @property
    def phone(self) -> str:
        """The newest confirmed number, empty where there is none."""
        return self.phones[0] if self.phones else ""

    def addresses_on(self, channel: str) -> Sequence[str]:
        """Their addresses on a channel, an empty text where the person stands for it; none where it does not reach them."""
        by_way = {
            LOGIN: [""] if self.has_login else [],
            BROWSER: [""] if self.has_browser else [],
            EMAIL: self.emails,
            PHONE: self.phones,
        }
        return by_way[DESCRIPTIONS[channel].reaches]


def reached(batch: Iterable[Principal]) -> list[Addressee]:
    """How each of them can be reached, in their order. Three statements for all of them."""
    people = list(batch)
    logins = set(User.objects.filter(principal__in=people, is_active=True).values_list("principal_id", flat=True))
    refs = [person.subject.ref for person in people]
    browsers = set(PushSubscription.objects.filter(subject_ref__in=refs).values_list("subject_ref", flat=True))
    confirmed: dict[tuple[int, str], list[str]] = defaultdict(list)
    live = ContactPoint.objects.filter(principal__in=people, left_at=None, verified_at__isnull=False)
    for contact in live.order_by("-added_at", "-pk"):
        confirmed[(contact.principal_id, contact.kind)].append(contact.address)
    return [
        Addressee(
            person,
            person.pk in logins,
            confirmed[(person.pk, ContactKind.EMAIL)],
            confirmed[(person.pk, ContactKind.PHONE)],
            person.subject.ref in browsers,
        )
        for person in people
    ]
