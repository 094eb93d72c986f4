"""Rows of the law room. A test that needs the whole rulebook asks for the fixture ``rulebook``."""

import hashlib
from datetime import UTC, date, datetime

import factory

from portal.kernel.law.models import Clock, HouseRule, LegalRule, OrganisationProfile, Purpose


class LegalRuleFactory(factory.django.DjangoModelFactory[LegalRule]):
    class Meta:
        model = LegalRule

    key = factory.Sequence(lambda n: f"IN-TEST-{n}")
    version = 1
    kind = "deadline"
    amount = 7
    unit = "calendar_day"
    start_event = "received"
    counting = "calendar_days"
    roll = "none"
    law = "A law of tests"
    provision = "s. 1"
    jurisdiction = "IN"
    applies_to = "all"
    confidence = "R"
    effective_from = date(2020, 1, 1)
    source = "A law of tests s. 1"
    sha256 = factory.LazyAttribute(lambda row: hashlib.sha256(f"{row.key}{row.version}".encode()).hexdigest())


class HouseRuleFactory(factory.django.DjangoModelFactory[HouseRule]):
    class Meta:
        model = HouseRule

    key = factory.Sequence(lambda n: f"tests.promise_{n}")
    version = 1
    kind = "promise"
    amount = 5
    unit = "calendar_day"
    start_event = "received"
    counting = "calendar_days"
    effective_from = date(2020, 1, 1)
    source = "House rules of tests"
    note = "A test needs it."
    sha256 = factory.LazyAttribute(lambda row: hashlib.sha256(f"{row.key}{row.version}".encode()).hexdigest())


class ProfileFactory(factory.django.DjangoModelFactory[OrganisationProfile]):
    class Meta:
        model = OrganisationProfile

    effective_from = date(2025, 12, 15)
    made_by_ref = "user:1"
    checked_by_ref = "user:2"
    shown_sha256 = "0" * 64


class PurposeFactory(factory.django.DjangoModelFactory[Purpose]):
    class Meta:
        model = Purpose

    code = factory.Sequence(lambda n: f"purpose-{n}")
    version = 1
    names = factory.LazyAttribute(lambda row: {"en": f"Purpose {row.code}"})
    descriptions = factory.LazyAttribute(lambda row: {"en": f"What {row.code} is for."})
    message_category = "promotional"
    bases = factory.LazyFunction(lambda: {"IN": "consent", "EU": "consent", "US-CA": "notice_and_opt_out"})
    used_categories = factory.LazyFunction(lambda: ["name", "contact"])
    channels = factory.LazyFunction(lambda: ["sms", "email"])
    retention_class = "consent_evidence"
    effective_from = date(2025, 12, 15)
    notice_published_at = datetime(2025, 12, 15, tzinfo=UTC)
    made_by_ref = "user:1"
    checked_by_ref = "user:2"
    shown_sha256 = "0" * 64


class ClockFactory(factory.django.DjangoModelFactory[Clock]):
    class Meta:
        model = Clock

    owner = factory.Sequence(lambda n: f"tests.thing:{n}")
    kind = "answer"
    legal_rule = factory.SubFactory(LegalRuleFactory)
    rule_key = factory.LazyAttribute(lambda row: row.legal_rule.key)
    started_at = datetime(2026, 11, 1, tzinfo=UTC)
    due_at = datetime(2026, 11, 8, tzinfo=UTC)
    target_at = factory.LazyAttribute(lambda row: row.due_at)
    outer_limit_at = factory.LazyAttribute(lambda row: row.due_at)
