"""Header, template, purpose and answer together: what the gate permits, against a plain reading of what is registered."""

import io
import json
import re
from datetime import datetime, time, timedelta
from itertools import count, product
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import time_machine
from cryptography.exceptions import InvalidSignature
from django.conf import settings as configured
from django.contrib import admin
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consent.base.choices import Answer, Way
from consent.base.rules.contact import Reason
from consent.base.selectors import contact_rulebook
from consent.decisions.services import decision_signatures
from consent.decisions.services.bulk_decisions import Question, decide_all
from consent.decisions.services.contact_decisions import may_contact
from consent.decisions.services.list_scrub import Scrub
from consent.decisions.services.reason_texts import NEXT_STEPS, SENTENCES
from consent.models import ConsentEvent, GivenAnswer, NoticeText
from consent.records.services.addresses import address_of
from consent.records.services.consent_events import Choice, record_all
from portal.kernel.core import actor, addresses, clock
from portal.kernel.core.errors import Refused
from portal.kernel.registers.models import ContentTemplate, Sender
from portal.kernel.registers.senders.services import sender_entries
from tests.consent.factories import person, published_notice
from tests.people.factories import FiduciaryFactory, StaffFactory
from tests.registers.factories import agreed_template, registered_sender

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("law")]
NOW = datetime(2027, 2, 3, 12, tzinfo=clock.IST)
NOON = NOW + timedelta(days=1)
P, S, T = "promotional", "service", "transactional"
LETTERS = {"P": P, "S": S, "T": T}
STRICTEST_FIRST = [P, S, T]

#: What each purpose is; policy and security is registered nowhere and goes as service or transactional.
PURPOSES = {"marketing": {P}, "product_updates": {S}, "account_service": {T}, "policy_and_security": {S, T}}
NEEDS_YES = {"marketing", "product_updates"}
#: The headers of Onesetu that hold, and what each is registered for. OLDSTU has ended, ACMEBK is another's, GONEXX nobody's.
HEADERS = {"560001": {P}, "SRVICE": {S}, "TRANSA": {T}, "ONESTU": {S, T}, "MIXEDP": {P, S}, "EVERYX": {P, S, T}}
HELD_BY_NOBODY_OR_ANOTHER = ["OLDSTU", "ACMEBK", "GONEXX"]
#: The templates that are agreed to and hold: what each is registered for, and from which headers.
TEMPLATES = {
    "1101": (P, {"560001", "MIXEDP", "EVERYX"}),
    "1102": (S, {"SRVICE", "ONESTU", "MIXEDP"}),
    "1103": (T, {"TRANSA", "ONESTU"}),
}
#: Ended, another's, nobody's.
NO_TEMPLATES = ["1104", "1105", "1106"]
ANSWERS = {"+919800000001": "given", "+919800000002": "withdrawn", "+919800000003": None}
#: What was answered there for each purpose, in its order: about all senders (no name), or about one.
OF_SENDERS: dict[str, list[tuple[str, str]]] = {
    "+919800000004": [("given", "MIXEDP")],
    "+919800000005": [("given", ""), ("withdrawn", "560001"), ("withdrawn", "SRVICE")],
    "+919800000006": [("withdrawn", ""), ("given", "EVERYX"), ("given", "ONESTU")],
    "+919800000007": [("given", "560001"), ("withdrawn", "")],
    "+919800000008": [("withdrawn", "TRANSA"), ("given", "")],
    "+919800000009": [("given", ""), ("withdrawn", "ACMEBK")],
}
SAID: dict[str, list[tuple[str, str]]] = {
    **{number: [(answer, "")] if answer else [] for number, answer in ANSWERS.items()},
    **OF_SENDERS,
}
TEXTS = {P: "Onesetu: 20% off. Reply STOP to stop.", S: "Your meter was read.", T: "Your code is {#numeric#}."}


class Asked(NamedTuple):
    purpose: str
    header: str | None
    template: str | None


def questions() -> list[Asked]:
    """Every header with every last letter and without one, every template, every purpose."""
    names = [*HEADERS, *HELD_BY_NOBODY_OR_ANOTHER]
    written = [None, *(f"AD-{name}{end}" for name in names for end in ("", "-P", "-S", "-T", "-G", "-X"))]
    return [Asked(*each) for each in product(PURPOSES, written, [None, *TEMPLATES, *NO_TEMPLATES])]


def is_lawful(asked: Asked, answer: str | None) -> bool:
    """Whether the message could go out as something that header and template are both registered for, and that the purpose
    may be; and whether as that it has the yes that it needs. No code of the product is asked.
    """
    may_carry, name = {P, S, T}, ""
    if asked.header:
        _prefix, name, *letter = asked.header.split("-")
        may_carry = HEADERS.get(name, set())
        if letter:
            may_carry = may_carry & {LETTERS.get(letter[0], "")}
    may_say = {P, S, T}
    if asked.template:
        category, senders = TEMPLATES.get(asked.template, ("", set()))
        may_say = {category} if category and (not name or name in senders) else set()
    together = may_carry & may_say
    own = PURPOSES[asked.purpose]
    if together & own:
        has_yes = answer == "given"
        return has_yes if asked.purpose in NEEDS_YES else True
    # Something stricter is named: then the message is that, and promotion needs a yes to this very purpose.
    strictest_own = min(STRICTEST_FIRST.index(each) for each in own)
    stricter = [each for each in STRICTEST_FIRST[:strictest_own] if each in together]
    if not stricter:
        return False
    return answer == "given" if stricter[0] == P or asked.purpose in NEEDS_YES else answer != "withdrawn"


def name_of(asked: Asked) -> str:
    """The header as registered; empty where none is named."""
    return asked.header.split("-")[1] if asked.header else ""


def heard(said_there: list[tuple[str, str]], name: str) -> str | None:
    """What counts for a sender: the last word about it or about all. Without a name a refusal of any sender counts first."""

    def last(one: str) -> str | None:
        return next((answer for answer, of in reversed(said_there) if of in {"", one}), None)

    if not name and any(last(one) == "withdrawn" for _answer, one in said_there):
        return "withdrawn"
    return last(name)


def say(who: Any, number: str, words: list[tuple[str, str]]) -> None:
    """Each a second after the one before it, about every purpose."""
    notice = NoticeText.objects.first()
    place = address_of(subject_ref=who.subject.ref, channel="sms", kind="phone", text=number)
    first = clock.now() - timedelta(seconds=len(words))
    for later, (answer, sender) in enumerate(words):
        record_all(
            subject_ref=who.subject.ref, fiduciary="onesetu", way=Way.PAGE, actor=actor.SYSTEM,
            occurred_at=first + timedelta(seconds=later),
            choices=[Choice(place, purpose, "sms", Answer(answer), notice, sender=sender) for purpose in PURPOSES],
        )  # fmt: skip


@pytest.fixture
def registered(law):
    with time_machine.travel(NOW):
        published_notice()
        for name, carries in HEADERS.items():
            registered_sender(name, carries=sorted(carries))
        acme = FiduciaryFactory(code="acme-bank", name="Acme Bank")
        its = registered_sender("ACMEBK", fiduciary=acme, carries=[P, S, T])
        rows = {row.value: row for row in Sender.objects.all()}
        for template_id, (category, senders) in TEMPLATES.items():
            agreed_template(
                template_id=template_id,
                category=category,
                senders=[rows[name] for name in sorted(senders)],
                text=f"Onesetu: {TEXTS[category]}",
            )
        agreed_template(template_id="1105", fiduciary=acme, senders=[its], text="Acme Bank: your code is {#numeric#}.")
        ended = agreed_template(template_id="1104", senders=[rows["ONESTU"]])
        gone = registered_sender("OLDSTU", carries=[P, S, T])
        administrator = actor.staff(StaffFactory(roles=["administrator"]).pk)
        for entry in (ended, gone):
            sender_entries.end(entry, actor=administrator, now=clock.now())
        for number, words in SAID.items():
            say(person(email=None, phone=number), number, words)
        contact_rulebook.forget()
        yield


@pytest.mark.parametrize("every", [11, pytest.param(1, marks=pytest.mark.full)])
def test_no_way_of_asking_permits_what_the_registers_refuse_nor_refuses_what_they_permit(registered, every):
    """Singly, of many, and for a list: every header, template, purpose and answer there is."""
    numbers = list(SAID)
    for asked in questions()[::every]:
        right = [is_lawful(asked, heard(words, name_of(asked))) for words in SAID.values()]
        alone = [may_contact(address=each, channel="sms", at=NOON, **asked._asdict()).allowed for each in numbers]
        assert alone == right, asked
        question = Question(asked.purpose, "sms", NOON, header=asked.header, template=asked.template)
        assert [answer.allowed for answer in decide_all(question, numbers)] == right, asked


def test_a_list_is_scrubbed_as_its_addresses_are_decided(registered):
    numbers = list(SAID)
    for asked in questions()[::13]:
        question = Question(asked.purpose, "sms", NOON, header=asked.header, template=asked.template)
        right = [is_lawful(asked, heard(words, name_of(asked))) for words in SAID.values()]
        try:
            lines = b"".join(Scrub(question).lines(io.BytesIO("\n".join(numbers).encode()))).decode().split()[1:]
        except Refused:
            assert right == [False] * len(numbers), asked
            continue
        assert [line.split(",")[1] == "true" for line in lines] == right, asked


WORDS = st.lists(
    st.tuples(st.sampled_from(["given", "given", "withdrawn"]), st.sampled_from(["", "", *HEADERS, "ACMEBK"])),
    max_size=5,
)
NUMBERS = count(30_000_000)


@pytest.mark.parametrize("examples", [8, pytest.param(150, marks=pytest.mark.full)])
def test_whatever_was_answered_about_senders_the_gate_and_its_explanation_agree_with_a_plain_account(
    registered, examples
):
    """A question of each header, with a template that fits and with one that does not; and what staff read of the answer."""

    @settings(max_examples=examples, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(words=WORDS, purpose=st.sampled_from(sorted(PURPOSES)), template=st.sampled_from([None, *TEMPLATES]))
    def live(words: list[tuple[str, str]], purpose: str, template: str | None) -> None:
        number = f"+9197{next(NUMBERS):08d}"
        say(person(email=None, phone=number), number, words)
        for header in [None, *(f"AD-{name}" for name in [*HEADERS, "ACMEBK"])]:
            asked = Asked(purpose, header, template)
            right = is_lawful(asked, heard(words, name_of(asked)))
            decision = may_contact(address=number, channel="sms", at=NOON, **asked._asdict())
            assert decision.allowed is right, (asked, words)
            (of_many,) = decide_all(Question(purpose, "sms", NOON, header=header, template=template), [number])
            assert (of_many.allowed, of_many.reason) == (right, decision.reason), (asked, words)
            explained = explanation(decision, number)
            assert decision.reason in explained["why"]
            assert explained["why"].startswith("Yes:" if right else "No:"), (asked, words)
            assert (explained["what_to_do"] == "Nothing. The message may be sent.") is right, (asked, words)
            if decision.entry:
                deciding = ConsentEvent.objects.get(entry__event_id=decision.entry)
                assert deciding.sender in {"", *([name_of(asked)] if header else [of for _answer, of in words])}
                assert f"({deciding.sender or 'all senders'})" in explained["decided_by"]

    live()


def explanation(decision: Any, number: str) -> dict[str, str]:
    """What the page of a decision says to staff, of the row that the log would keep."""
    row = GivenAnswer(
        purpose=decision.about[2], channel="sms", reason=decision.reason, allowed=decision.allowed,
        entry_ref=UUID(decision.entry) if decision.entry else None, header=decision.sent_as.header or "",
        template=decision.sent_as.template or "", address_key=addresses.address_key(number),
    )  # fmt: skip
    page = admin.site._registry[GivenAnswer]
    return {name: str(getattr(page, name)(row)) for name in ("why", "what_to_do", "decided_by", "unnamed")}


def test_every_reason_of_the_gate_has_its_words_and_a_next_step():
    assert set(NEXT_STEPS) == set(SENTENCES) == set(Reason)
    nothing = {reason for reason in Reason if "Nothing." in str(NEXT_STEPS[reason])}
    assert nothing == {reason for reason in Reason if reason.startswith("ALLOWED_")}


def test_the_hour_of_promotion_holds_for_what_only_the_header_makes_promotion(registered):
    night = datetime.combine(NOON.date(), time(23), tzinfo=clock.IST)
    asked = {"address": "+919800000001", "purpose": "product_updates", "channel": "sms", "at": night}
    assert may_contact(**asked).allowed
    assert may_contact(**asked, header="560001").reason == "OUTSIDE_HOURS"


# ------------------------------------------------------------------------------------------------ what is signed

#: A question from parts; two that differ in one part are two questions.
PARTS = st.fixed_dictionaries(
    {
        "address": st.sampled_from([*ANSWERS, "98000 00001", "12"]),
        "purpose": st.sampled_from([*PURPOSES, "no_such_purpose"]),
        "channel": st.sampled_from(["sms", "whatsapp", "voice"]),
        "fiduciary": st.sampled_from(["onesetu", "acme-bank"]),
        "header": st.sampled_from([None, "560001", "AD-560001-P", "AD-ONESTU-S", "ACMEBK"]),
        "template": st.sampled_from([None, "1101", "1102", "1106"]),
        "free_text": st.booleans(),
    }
)


def as_the_interface_says(decision: Any) -> dict[str, Any]:
    return {**decision.as_json(), "signed": decision_signatures.signed_text(decision).decode()}


def integrators_check() -> Any:
    """The function that the integrators' page gives, as it is printed there."""
    page = (Path(configured.BASE_DIR) / "portal" / "docs" / "integrators.md").read_text(encoding="utf-8")
    shown: dict[str, Any] = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], shown)
    return shown["check_decision"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=PARTS, other=PARTS, part=st.sampled_from(["address", "header", "template", "purpose", "channel", "fiduciary"])
)
def test_a_signed_answer_proves_its_own_question_and_none_that_differs_in_one_part(registered, asked, other, part):
    check, key = integrators_check(), decision_signatures.public_key().hex()
    answer = as_the_interface_says(may_contact(**asked, at=NOON, sign=True))
    assert check(answer, key, **asked)["allowed"] is answer["allowed"]
    for name in (part, "free_text"):
        changed = {**asked, name: not asked[name] if name == "free_text" else other[name]}
        if changed != asked:
            with pytest.raises(ValueError, match="another message"):
                check(answer, key, **changed)
    replayed = as_the_interface_says(may_contact(**{**asked, part: other[part]}, at=NOON, sign=True))
    if other[part] != asked[part]:
        with pytest.raises(ValueError, match="another message"):
            check(replayed, key, **asked)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=PARTS,
    at=st.integers(1, 40_000),
    place=st.integers(0),
    letter=st.characters(min_codepoint=33, max_codepoint=126),
)
def test_no_time_and_no_letter_of_a_signed_answer_can_be_changed(registered, asked, at, place, letter):
    check, key = integrators_check(), decision_signatures.public_key().hex()
    answer = as_the_interface_says(may_contact(**asked, at=NOON, sign=True))
    later = json.loads(answer["signed"])
    later["at"] = clock.stamp(NOON + timedelta(seconds=at))
    place %= len(answer["signed"])
    changed = answer["signed"][:place] + letter + answer["signed"][place + 1 :]
    for text in {json.dumps(later, separators=(",", ":"), ensure_ascii=False), changed} - {answer["signed"]}:
        with pytest.raises(InvalidSignature):
            check({**answer, "signed": text}, key, **asked)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=PARTS, length=st.integers(-32, 12).filter(bool))
def test_no_part_of_an_address_passes_as_a_part_of_the_salt(registered, asked, length):
    check, key = integrators_check(), decision_signatures.public_key().hex()
    answer = as_the_interface_says(may_contact(**asked, at=NOON, sign=True))
    hashed, border = answer["salt"] + asked["address"], 32 + min(length, len(asked["address"]))
    with pytest.raises(ValueError, match="salt"):
        check({**answer, "salt": hashed[:border]}, key, **{**asked, "address": hashed[border:]})


def test_the_versions_of_what_was_read_are_signed(registered):
    decision = may_contact(
        address="+919800000001",
        purpose="marketing",
        channel="sms",
        at=NOON,
        header="560001",
        template="1101",
        sign=True,
    )
    said_so = json.loads(decision_signatures.signed_text(decision))
    header, template = Sender.objects.get(value="560001"), ContentTemplate.objects.get(template_id="1101")
    assert said_so["registers"] == [
        f"sender:{header.pk}@{header.shown_sha256}",
        f"template:{template.pk}@{template.shown_sha256}",
    ]
    assert [label.split("@")[0] for label in said_so["rules"]] == ["marketing", "IN-TRAI-HOURS"]
    assert said_so["unchecked"] == []


def test_an_answer_of_the_release_before_verifies_for_what_it_says_and_for_no_header(law):
    """Its signed text as it was written then: no version, and neither header nor template."""
    check, key = integrators_check(), decision_signatures.public_key().hex()
    text = (
        '{"about":["onesetu","00","marketing","sms","promotional"],"allowed":true,"at":"2026-11-30T06:30:00.000Z",'
        '"entry":null,"reason":"ALLOWED_BY_CONSENT","rules":["marketing@1"],"valid_until":null}'
    )
    signature = decision_signatures._private_key(configured.LEDGER_KEY).sign(text.encode()).hex()
    answer, asked = {"signed": text, "signature": signature}, dict.fromkeys(["address"], "+919800000001")
    asked |= {"fiduciary": "onesetu", "purpose": "marketing", "channel": "sms"}
    assert check(answer, key, **asked)["allowed"]
    with pytest.raises(ValueError, match="version 1"):
        check(answer, key, **asked, header="560001")
    with pytest.raises(ValueError, match="another message"):
        check(answer, key, **{**asked, "purpose": "product_updates"})
