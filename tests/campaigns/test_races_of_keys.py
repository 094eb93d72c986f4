"""An API key that is ended while a batch is asked with it: the batch is answered whole or refused whole."""

import pytest

from consent.models import AnswerSet
from portal.kernel.core import actor, clock
from portal.kernel.people.models import ApiKey, Fiduciary
from portal.kernel.people.services import api_keys
from tests.api.asking import post
from tests.campaigns.counts import conclude
from tests.campaigns.racing import rounds, several_writers, together
from tests.consent.factories import law_is_loaded, person, published_notice, said
from tests.consent.worlds import at_hour
from tests.people.factories import StaffFactory, issued_api_key

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESSES = [f"+9198{number:08d}" for number in range(50)]


@several_writers
@rounds
def test_a_batch_beside_the_end_of_its_key_is_answered_whole_or_refused(rounds, settings):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    law_is_loaded()
    published_notice()
    said(person(email=None, phone=ADDRESSES[0]), "given", address=ADDRESSES[0])
    asked = {"purpose": "marketing", "channel": "sms", "at": at_hour(12).isoformat(), "addresses": ADDRESSES}
    admin = actor.staff(StaffFactory(roles=["administrator"]).pk)
    lost = []
    done = refused = 0
    for _round in range(rounds):
        text = issued_api_key(Fiduciary.objects.get(code="onesetu"))
        key = ApiKey.objects.latest("pk")
        before = AnswerSet.objects.count()
        end, *batches = together(
            lambda key=key: api_keys.end(key=key, actor=admin, now=clock.now()),
            *[lambda text=text: post("decisions/batch", asked, key=text)] * 2,
        )
        assert end.is_done
        for batch in batches:
            answer = batch.value
            assert answer.status_code in {200, 401}
            done, refused = done + (answer.status_code == 200), refused + (answer.status_code == 401)
            if answer.status_code == 200:
                kept = AnswerSet.objects.filter(reference=answer.json()["reference"]).first()
                lost += [key.pk] * (kept is None or kept.total != len(ADDRESSES) or kept.entry_id is None)
        answered = sum(batch.value.status_code == 200 for batch in batches)
        lost += [key.pk] * (AnswerSet.objects.count() - before != answered)
        lost += [key.pk] * (post("decisions/batch", asked, key=text).status_code != 401)
    conclude(
        "A batch beside the end of its key", attempts=done + refused, refused=refused, acknowledged=done, lost=lost
    )
