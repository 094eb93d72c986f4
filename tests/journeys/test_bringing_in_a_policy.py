"""The data protection officer brings in a policy text as a file and sees its defects: four clicks from Today."""

from datetime import timedelta

import pytest
from django.conf import settings

from consent.models import NoticeVersion
from consent.notices.services import policy_files
from portal.kernel.core import clock
from tests.consent.documents import as_word
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import CLEAN, draft
from tests.journeys.test_ten_tasks import Hands

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SEED = (settings.BASE_DIR / "portal/demo/data/policy.en.txt").read_text(encoding="utf-8")


def test_four_clicks_bring_a_policy_in_from_a_file_and_show_its_defects(window):
    law_is_loaded()
    draft(CLEAN)
    hands = Hands(window())
    hands.begin("data_protection_officer")
    hands.turn(hands.link("Policies and law"))
    hands.turn(hands.link("New version"))
    page = hands.page
    page.locator("input[type=file]").set_input_files(
        {"name": "policy.docx", "mimeType": "application/octet-stream", "buffer": as_word(policy_files.neat(SEED))}
    )
    page.get_by_label("In force from").fill((clock.day(clock.now()) + timedelta(days=60)).isoformat())
    hands.turn(hands.button("Show how it is split"))
    assert page.get_by_role("button", name="Join with above").count() > 10
    hands.turn(hands.button("Save draft").first)
    assert "Draft saved." in page.content()
    assert NoticeVersion.objects.count() == 2
    assert (hands.clicks, hands.keys) == (4, 0)
