"""Every page that a customer or a stranger can reach, in Hindi and in Marathi: no English in it but names and codes."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from consent.base.selectors import contact_rulebook
from consent.records.services import receipts
from portal.kernel.core import actor, clock
from portal.kernel.law.models import LegalRule
from portal.kernel.people.models import User
from portal.kernel.people.services import guardianships
from tests.consent.factories import ASHA, law_is_loaded, person, published_notice, said
from tests.consent.test_answering_for import answered_on_paper
from tests.grievances.factories import ticket
from tests.people.factories import CustomerUserFactory, MembershipFactory
from tests.registers.factories import company_in_force, entity_of, own, registered_recipient, registered_sender
from tests.signin.people_who_sign_in import customer_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]

#: Names, and codes that are written so in every language (ux.md (e) 5).
WORDS = """
AA AI API CIN CSV DLT DND DPDP English GST GSTIN IEC ISO IST IT JPG JSON JavaScript KYC LLP LLPIN MB OTP Onesetu PAN PDF PNG RCS REG SHA
SMS STOP TS UTC URL WCAG WhatsApp XXXX
"""
LATIN = frozenset(WORDS.split())
#: Written as one name: what the standard, the register of operators and the law are called.
NAMES = (
    "Web Content Accessibility Guidelines",
    "IT (Intermediary Guidelines) Rules",
    "SPDI Rules",
    "Kantara Consent Receipt",
    "Do Not Disturb",
    "JSON-LD",
    "tlog-proof",
    "C2SP",
    "Sec-GPC",
    "Asia/Kolkata",
)
#: What is no language: addresses, references, hashes, provisions, numbers of documents with letters.
CODES = re.compile(
    r"\S+@\S+|https?://\S+|\b[\w-]+(?:\.[\w-]+)+\S*|\bOS-[A-Z]{2}-[\w-]+|\b[0-9a-f]{8,}\b|\b\w*\d\w*\b|\bs\.\d\S*|\b[ivx]+\)|\([a-z]\)+|-[PST]\b"
)
WORD = re.compile(r"[A-Za-z]{2,}(?:[ '’-]+[A-Za-z]{2,})*")
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
NO_LANGUAGE = frozenset(["script", "style", "code", "pre", "svg", "textarea"])
SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-label")


class Reader(HTMLParser):
    """The words that a page says in the reader's language, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._goes_on = False

    @property
    def _is_quiet(self) -> bool:
        return any(is_quiet for _tag, is_quiet in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._goes_on = tag == "wbr"  # an address broken for narrow screens is one word all the same
        is_other = bool(named.get("lang")) and tag != "html"
        if tag == "a" and named.get("href"):
            self.links.append(str(named["href"]))
        if not is_other and not self._is_quiet:
            self.said.extend(str(named[name]) for name in SPOKEN if named.get(name))
        if tag not in VOID:
            is_reference = "reference" in str(named.get("class", "")).split()
            self._open.append((tag, is_other or tag in NO_LANGUAGE or is_reference))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._goes_on and self.said:
            self.said[-1] += data
        elif not self._is_quiet and data.strip():
            self.said.append(data)


def english_in(page: Reader, names: frozenset[str]) -> list[str]:
    found = []
    for text in page.said:
        plain = text
        for name in (*NAMES, *sorted(names, key=len, reverse=True)):
            plain = plain.replace(name, " ")
        runs = WORD.findall(CODES.sub(" ", plain))
        found.extend(run for run in runs if not set(re.split(r"[ '’-]+", run)) <= LATIN)
    return found


def pages(client: Client, start: str = "/privacy/") -> Iterator[tuple[str, Reader]]:
    """Each page that links lead to, one of each shape."""
    waiting, shapes = [start], set()
    while waiting:
        address = waiting.pop()
        shape = re.sub(r"OS-[A-Z]{2}-[\w-]+|\d+", "0", urlsplit(address).path)
        if shape in shapes or not shape.startswith("/privacy/"):
            continue
        shapes.add(shape)
        answer = client.get(address)
        if answer.status_code in (301, 302):
            waiting.append(urljoin(address, answer.headers["Location"]))
            continue
        assert answer.status_code == 200, address
        if answer.headers["Content-Type"].startswith("text/html"):
            page = Reader()
            page.feed(answer.text)
            yield address, page
            waiting.extend(urljoin(address, link) for link in page.links)


@pytest.fixture
def names(transactional_db: None) -> frozenset[str]:
    """One row of all that a customer may see; the names and texts that stand in them."""
    contact_rulebook.forget()
    law_is_loaded()
    company = company_in_force()
    notice = published_notice(asks=["marketing", "product_updates", "call_recording"])
    recipient = registered_recipient(channels=["sms", "none"])
    registered_sender("1600123456", kind="voice_number", records_calls=True, announcement="This call is recorded.")
    asha = person(email=None, full_name="Asha")
    user = CustomerUserFactory(email=ASHA, principal=asha)
    member = MembershipFactory(principal=asha, role="owner")
    entity_of(own(), customer=member.customer)
    event = said(asha, "given")
    assert receipts.seal(event.receipt)
    child = person(phone="+919811112222", email=None, full_name="Ravi")
    guardianships.protect(
        subject_ref=child.subject.ref, kind="child", ground="declared", actor=actor.SYSTEM, now=clock.now()
    )
    answered_on_paper(child, asha, notice)
    ticket(principal=asha)
    found = {
        recipient.name,
        user.principal.full_name,
        "Asha",
        "Ravi",
        member.customer.name,
        company.legal_name,
        company.postal_address,
    }
    found.update(company.postal_address.split("\n"))
    found.add("They wrote to me at night")
    # Provisions are cited as the law itself is printed.
    cited = LegalRule.objects.values_list("source", flat=True)
    return frozenset(name for name in {*found, *cited} if name)


#: Forms sent empty or wrong: what is then said, too, is in the reader's language.
WRONG = {
    "/privacy/sign-in/": {},
    "/privacy/stop/": {"address": "\x00"},
    "/privacy/track/": {"reference": "OS-GR-1", "address": ""},
    "/privacy/check/": {"pasted": "\x00"},
    "/privacy/grievances/new/who/": {},
}
OWN_WRONG = {
    "/privacy/account/phone/": {"phone": "12"},
    "/privacy/account/email/": {"email": "nobody"},
    "/privacy/preferences/": {"choices": "pigeon"},
    "/privacy/preferences/when/": {"pace": "never", "paused_until": "tomorrow", "language": "xx"},
    "/privacy/preferences/do-not-disturb/": {"categories": "weather"},
    "/privacy/questions/guardian/": {"why": "child"},
}


@pytest.mark.one_stack
@pytest.mark.parametrize("language", ["hi", "mr"])
def test_no_page_of_a_customer_or_a_stranger_leaves_english(language: str, names: frozenset[str]) -> None:
    """Longer than others: some eighty pages, each rendered and read."""
    hers = customer_client(User.objects.get(email=ASHA))
    left: dict[str, list[str]] = {}
    seen = 0
    for client, wrong in ((Client(), WRONG), (hers, OWN_WRONG)):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        for address, page in pages(client):
            seen += 1
            if found := english_in(page, names):
                left[address] = found
        for address, values in wrong.items():
            page = Reader()
            page.feed(client.post(address, values, follow=True).text)
            if found := english_in(page, names):
                left[f"POST {address}"] = found
    assert seen > 40
    assert left == {}
