"""How the installation is: what the system page shows, what alerts are sent about, what ``/metrics`` counts."""

from portal.fronts.workplace.health.result import Finding, Health
from portal.fronts.workplace.health.runner import BROKEN, findings

__all__ = ["BROKEN", "Finding", "Health", "findings"]
