"""How the installation is: what the system page shows, what alerts are sent about, what ``/metrics`` counts."""

from portal.workplace.health.asking import BROKEN, findings
from portal.workplace.health.finding import Finding, Health

__all__ = ["BROKEN", "Finding", "Health", "findings"]
