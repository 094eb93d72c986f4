"""The thirteen dark patterns of the Guidelines of 2023, each asked once of our pages (their words are asked at publishing)."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

import consent
from consent.base.choices import NoticeKind, VersionState, Weight
from consent.models import ConsentEvent
from consent.notices.services import draft_checks, policy_import
from portal.kernel.core import actor, clock
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.people.factories import CustomerUserFactory
from tests.signin.people_who_sign_in import customer_client

pytestmark = pytest.mark.django_db
TEMPLATES = Path(consent.__file__).parents[1] / "templates" / "selfservice"
PATHS = ("/privacy/", "/privacy/preferences/", "/privacy/questions/", "/privacy/policies/2/read/", "/privacy/cookies/")


@pytest.fixture(scope="module")
def named():
    rows = tomllib.loads((Path(consent.__file__).parent / "data" / "dark_patterns.toml").read_text())["pattern"]
    return {row["code"] for row in rows}


@pytest.fixture
def pages(settings):
    """The pages on which somebody says yes or no, with everything asked that can be asked."""
    law_is_loaded()
    published_notice()
    settings.COOKIE_GROUPS = [
        {"group": "analytics", "cookies": [{"name": "visits", "does": {"en": "Counts."}, "ends": {"en": "Soon."}}]}
    ]
    notice = policy_import.notice(code="privacy-policy", kind=NoticeKind.PRIVACY_POLICY, title="Privacy policy")
    today = clock.day(clock.now())
    for days, weight in ((-30, Weight.FIRST), (20, Weight.MATERIAL)):
        version = policy_import.import_text(
            notice=notice, text=f"1. Scope\n\nText of {days}.", effective_on=today + timedelta(days=days),
            purposes=["call_recording"], actor=actor.SYSTEM,
        ).version  # fmt: skip
        version.state, version.weight, version.published_at = VersionState.PUBLISHED, weight, clock.now()
        version.save(update_fields=["state", "weight", "published_at"])
    asha = person(email=None)
    CustomerUserFactory(email=ASHA, principal=asha)
    said(asha, "given")
    her = customer_client(asha.user)
    asked = her.post("/privacy/preferences/", {"choices": ["marketing:email"], "was": ""}).url
    return her, {path: her.get(path).content.decode() for path in (*PATHS, asked)}


def words(page):
    return re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])


def test_none_of_the_thirteen_is_on_our_pages(pages, named):
    her, shown = pages
    asked = set()

    def none(code, holds):
        asked.add(code)
        assert holds, code

    for trick in draft_checks.tricks():
        for path, page in shown.items():
            assert not trick.words.search(words(page)), (trick.code, path)
    whole = "\n".join(shown.values())
    none("FALSE_URGENCY", not re.search(r"countdown|<meter|http-equiv=.refresh", whole))
    none("BASKET_SNEAKING", ConsentEvent.objects.count() == 1)
    answers = [match[1] for match in re.finditer(r'name="answer" value="\w+">([^<]*)<', whole)]
    none("CONFIRM_SHAMING", answers and {re.split("[:,]", text)[0] for text in answers} == {"Yes", "No"})
    none("FORCED_ACTION", all(her.get(path).status_code == 200 for path in PATHS))
    one_press = her.post("/privacy/preferences/stop/")
    none("SUBSCRIPTION_TRAP", one_press.status_code == 302 and ConsentEvent.objects.filter(answer="withdrawn").exists())
    styles = [set(re.findall(r'<button class="([^"]*)" name="answer"', page)) for page in whole.split("<form")]
    ticked = re.findall(r"<input[^>]*checked[^>]*>", whole)
    yes_by_default = [box for box in ticked if 'name="choices"' in box and "marketing:sms" not in box]
    none("INTERFACE_INTERFERENCE", max(map(len, styles)) == 1 and yes_by_default == [])
    none("BAIT_AND_SWITCH", 'name="notice_marketing"' in whole and 'name="list"' in whole)
    none("DRIP_PRICING", not re.search(r"₹|\bRs\.? ?\d", whole))
    none("DISGUISED_ADVERTISEMENT", not re.search(r"<iframe|<img[^>]*src=.http|sponsored", whole))
    before = ConsentEvent.objects.count()
    again = her.get("/privacy/").content.decode()
    none("NAGGING", "<dialog" not in again and ConsentEvent.objects.count() == before)
    labels = " ".join(re.findall(r"<label[^>]*>([^<]*)</label>", whole))
    none("TRICK_QUESTION", not re.search(r"\b(?:not|don.t|untick|unless)\b", labels, re.IGNORECASE))
    none("SAAS_BILLING", "trial" not in words(whole).lower())
    none(
        "ROGUE_MALWARE",
        not re.search(r"<script[^>]*src=.(?!/static/)", whole) and "download" not in words(whole).lower(),
    )
    assert asked == named


#: Where somebody gives or takes back, agrees or does not: the page, and the words on the two buttons. Of a pair on two pages
#: both are named.
PAIRS = [
    (("policies/read.html", "Continue"), ("policies/read.html", "Not now")),
    (("consents/questions.html", "Save my answers"), ("consents/questions.html", "Not now")),
    (("consents/questions.html", "Save my answers"), ("consents/receipt.html", "Withdraw this consent")),
    (("consents/renew.html", "Save my answers"), ("consents/renew.html", "Not now")),
    (("wards/ward.html", "Save my answers"), ("wards/ward.html", "Withdraw this consent")),
    (("signin/push.html", "Switch on in this browser"), ("signin/push.html", "Switch off")),
    (("preferences/managers.html", "Get a code for"), ("includes/manager_link.html", "End the link to")),
    (("preferences/confirm.html", "Yes, send me these again"), ("preferences/confirm.html", "No, leave it as it is")),
    (("preferences/yes.html", "Yes, send me these"), ("preferences/yes.html", "No, leave it as it was")),
    (("preferences/choose.html", "Save my choices"), ("preferences/choose.html", "Stop all promotional messages")),
    (("preferences/senders.html", "Allow this sender"), ("preferences/senders.html", "Stop this sender")),
    (
        ("preferences/allow_sender.html", "Yes, allow this sender"),
        ("preferences/allow_sender.html", "No, leave it as it is"),
    ),
    (("includes/cookie_form.html", "Yes: "), ("includes/cookie_form.html", "No: ")),
    (("track/withdraw.html", "Withdraw it"), ("track/withdraw.html", "Keep it")),
]


def look_of(page, words):
    """The classes of the button or link that says this: its size and its colours follow from nothing else."""
    text = (TEMPLATES / page).read_text()
    found = re.search(
        r'<(?:button|a) class="([^"]*)"[^<]*>\s*{% (?:block)?translate[^%]*%?}?[^<]*?' + re.escape(words), text
    )
    assert found is not None, (page, words)
    return found[1]


@pytest.mark.parametrize(("yes", "no"), PAIRS)
def test_a_no_is_as_large_and_as_plain_to_see_as_a_yes(yes, no):
    assert look_of(*yes) == look_of(*no)
