"""One broadcast: the members of one customer are told of other hours of support, by the dashboard, else by e-mail."""

from collections.abc import Mapping

from django.db.models import Count, Q

from consent.models.broadcast_states import Audience
from consent.models.broadcasts import Broadcast
from consent.selectors.segments import Segment
from consent.services.broadcasts import proposing, sending
from consent.services.broadcasts.wording import Plan
from portal.core import clock
from portal.demo.story.office import by
from portal.law.states import Channel
from portal.people.models import Customer, User
from portal.people.states import CustomerKind

WORDS = {
    "en": {
        "subject": "Support on 31 December",
        "text": "Our support answers until 14:00 on 31 December. Messages are sent as on any other day.",
    },
    "hi": {
        "subject": "31 दिसंबर को सहायता",
        "text": "31 दिसंबर को हमारी सहायता टीम दोपहर 2 बजे तक जवाब देगी। संदेश हर दिन की तरह भेजे जाएँगे।",
    },
    "mr": {
        "subject": "31 डिसेंबरला मदत",
        "text": "31 डिसेंबरला आमचा मदत विभाग दुपारी 2 वाजेपर्यंत उत्तर देईल. संदेश नेहमीप्रमाणेच पाठवले जातील.",
    },
}
#: Longer than a handful of people takes.
SECONDS = 10.0


def build(team: Mapping[str, User]) -> Broadcast:
    """Proposed by support, agreed to by the data protection officer, posted; the letters leave with those of the story."""
    is_member = Q(memberships__ended_at=None)
    organisations = Customer.objects.filter(kind=CustomerKind.ORGANISATION)
    customer = organisations.annotate(members=Count("memberships", filter=is_member)).order_by("-members", "pk")[0]
    plan = Plan(
        title="Hours of support at the end of the year",
        purpose="account_service",
        channels=[Channel.DASHBOARD, Channel.EMAIL],
        segment=Segment(audience=Audience.MEMBERS, customer=customer.reference),
        per_minute=600,
        words=WORDS,
    )
    row = proposing.propose(plan=plan, actor=by(team["support"]), now=clock.now())
    proposing.answer(row=row, approve=True, actor=by(team["data.protection"]), now=clock.now())
    sending.run(row.pk, seconds=SECONDS)
    return row


def end(row: Broadcast) -> None:
    """Its letters have left: everybody is counted."""
    sending.run(row.pk, seconds=SECONDS)
