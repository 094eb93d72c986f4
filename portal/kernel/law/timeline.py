"""The times by which we had to act for a person, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.timeline_api import Strand

STRANDS = (Strand(code="clocks", label=_("Times to keep"), needs="law.clock:view", acts=("law.clock.",)),)
