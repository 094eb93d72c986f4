"""Law as rows: rules, promises of our own, the profile, purposes and running clocks."""

from portal.law.models.clocks import Clock, ClockEvent
from portal.law.models.profile import OrganisationProfile
from portal.law.models.purposes import Purpose
from portal.law.models.rules import HouseRule, LegalRule

__all__ = ["Clock", "ClockEvent", "HouseRule", "LegalRule", "OrganisationProfile", "Purpose"]
