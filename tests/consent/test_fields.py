"""What the law wants a notice to say, as data: the names are the law's, and a text that lacks one has a defect."""

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

import consent
import portal.kernel.law
from consent.base.rules import policy_parser
from consent.models import NoticeVersion
from consent.notices.rules import notice_requirements
from consent.notices.selectors import languages
from consent.notices.services import draft_checks
from portal.fronts.evidence.violations import governance
from portal.fronts.evidence.violations.findings import Window
from portal.kernel.core import clock
from portal.kernel.law.models import LegalRule
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import ASKING, CLEAN, draft

DATA = Path(consent.__file__).parent / "data"
LAW = {
    row["key"]: row
    for row in tomllib.loads((Path(portal.kernel.law.__file__).parent / "data" / "legal_rules.toml").read_text())[
        "rule"
    ]
}
BEFORE, AFTER = date(2026, 12, 1), date(2027, 6, 1)


def test_every_field_is_one_of_the_law_and_none_of_a_rule_is_left_out():
    named: dict[str, set[str]] = {}
    for field in draft_checks.wanted():
        named.setdefault(field.rule, set()).add(field.value)
    assert len(named) >= 8
    assert named == {key: set(LAW[key]["values"]) for key in named}


def test_the_languages_are_those_of_the_law():
    assert set(languages.languages()) == set(LAW["IN-DPDP-LANG"]["values"])
    assert {code for code, one in languages.languages().items() if one.dir == "rtl"} == {"ur", "sd", "ks"}


def test_there_are_thirteen_named_patterns():
    rows = tomllib.loads((DATA / "dark_patterns.toml").read_text())["pattern"]
    assert len({row["code"] for row in rows}) == 13


def found(text, kind, on, purposes=()):
    defects = draft_checks.defects_in(policy_parser.parse(text), kind=kind, effective_on=on, purposes=purposes)
    return [defect.message for defect in defects if defect.code == policy_parser.Code.MISSING_FIELD]


@pytest.mark.django_db
def test_a_consent_notice_is_held_to_the_rules_of_its_day():
    law_is_loaded()
    bare = "May we send you offers?"
    before, after = found(bare, "consent_notice", BEFORE), found(bare, "consent_notice", AFTER)
    assert all(said.startswith("IN-SPDI-CONSENT (r.5(1)-(3)) wants: ") for said in before)
    assert len([said for said in after if said.startswith("IN-DPDP-NOTICE")]) == 6
    assert not any(said.startswith("IN-SPDI") for said in after)
    assert any("contact of DPO" in said for said in after)
    assert found(ASKING, "consent_notice", BEFORE) == found(ASKING, "consent_notice", AFTER) == []


@pytest.mark.django_db
def test_a_notice_that_asks_for_aadhaar_says_what_else_would_do():
    law_is_loaded()
    asked = found(ASKING, "consent_notice", BEFORE, ["kyc_verification"])
    assert [said for said in asked if "alternatives" in said]
    assert not [said for said in found(ASKING, "consent_notice", BEFORE, ["marketing"]) if "alternatives" in said]


@pytest.mark.django_db
def test_a_policy_is_held_to_spdi_until_it_ends_and_to_the_gdpr():
    law_is_loaded()
    assert found(CLEAN, "privacy_policy", BEFORE) == []
    less = CLEAN.replace("legitimate interest", "whim")
    assert found(less, "privacy_policy", BEFORE) == ["EU-13 (Art 13) wants: legitimate interests."]
    assert LegalRule.objects.filter(key="EU-13").exists()


BOARD = ", in the end to the Data Protection Board"
FIRST = LAW["IN-DPDP-NOTICE"]["effective_from"]


@pytest.mark.django_db
def test_a_policy_is_asked_for_the_fields_of_the_dpdp_rules_from_their_first_day():
    law_is_loaded()
    assert LAW["IN-DPDP-RIGHTPUB"]["effective_from"] == FIRST
    less = CLEAN.replace(BOARD, "").replace("Ask for your data with your\nreference.", "")
    assert less != CLEAN
    assert found(less, "privacy_policy", FIRST - timedelta(days=1)) == []
    assert found(less, "privacy_policy", FIRST) == [
        "IN-DPDP-NOTICE (s.5(1); r.3) wants: link and other means to complain to the Board.",
        "IN-DPDP-RIGHTPUB (r.14(1)) wants: means of request.",
        "IN-DPDP-RIGHTPUB (r.14(1)) wants: identifiers needed.",
    ]
    assert found(CLEAN, "privacy_policy", FIRST) == []


@pytest.mark.django_db
def test_a_published_policy_lacks_a_field_from_the_day_on_which_a_law_asks_for_it():
    law_is_loaded()
    version = draft(CLEAN.replace(BOARD, ""), on=BEFORE)
    assert not version.defects.filter(code="MISSING_FIELD").exists()
    assert draft_checks.missing_since(version, on=FIRST - timedelta(days=1)) == []
    assert [one.message for one in draft_checks.missing_since(version, on=FIRST)] == [
        "IN-DPDP-NOTICE (s.5(1); r.3) wants: link and other means to complain to the Board."
    ]
    NoticeVersion.objects.filter(pk=version.pk).update(state="published", published_at=at_noon(BEFORE))
    for on, broken in ((FIRST - timedelta(days=1), 0), (FIRST, 1)):
        window = Window(at_noon(BEFORE), at_noon(on))
        assert governance.policy_defects_open((), window).broken == broken


def at_noon(on):
    return datetime.combine(on, time(12), tzinfo=clock.IST)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Hurry, this is your last chance.", "False urgency"),
        ("No thanks, I like spam.", "Confirm shaming"),
        ("You must agree to go on.", "Forced action"),
        ("Untick the box if you do not want this.", "Trick question"),
        ("It cannot be withdrawn.", "Subscription trap"),
        ("We will ask you again until you say yes.", "Nagging"),
    ],
)
def test_words_of_a_dark_pattern_are_a_defect_of_their_clause(words, code):
    defects = notice_requirements.tricks([policy_parser.Clause("4", "Offers", words)], draft_checks.tricks())
    assert [(d.code, d.clause) for d in defects] == [("DARK_PATTERN", "4")]
    assert defects[0].message.startswith(code)


def test_plain_words_are_none():
    assert notice_requirements.tricks(policy_parser.parse(CLEAN), draft_checks.tricks()) == []
