"""Law as rows: rules, promises of our own, the profile, purposes and running clocks."""

from portal.kernel.law.models.deadlines import Clock, ClockEvent
from portal.kernel.law.models.profile import OrganisationProfile
from portal.kernel.law.models.purposes import Purpose
from portal.kernel.law.models.rules import HouseRule, LegalRule

__all__ = ["Clock", "ClockEvent", "HouseRule", "LegalRule", "OrganisationProfile", "Purpose"]
