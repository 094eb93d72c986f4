"""One broadcast: the members of one customer are told of other hours of support, by the dashboard, else by e-mail."""

from collections.abc import Mapping

from django.db.models import Count, Q

from consent.broadcasts.choices import Audience
from consent.broadcasts.models import Broadcast
from consent.broadcasts.selectors.segments import Segment
from consent.broadcasts.services import approval, dispatch
from consent.broadcasts.services.content import Plan
from portal.demo.story.office import by
from portal.kernel.core import clock
from portal.kernel.law.choices import Channel
from portal.kernel.people.choices import CustomerKind
from portal.kernel.people.models import Customer, User

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
    row = approval.propose(plan=plan, actor=by(team["support"]), now=clock.now())
    approval.answer(row=row, approve=True, actor=by(team["data.protection"]), now=clock.now())
    dispatch.run(row.pk, seconds=SECONDS)
    return row


def end(row: Broadcast) -> None:
    """Its letters have left: everybody is counted."""
    dispatch.run(row.pk, seconds=SECONDS)
