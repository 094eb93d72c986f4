"""Who looked at a person and why, and every act that no other room tells, for the one-person file."""

from django.utils.translation import gettext_lazy as _

from portal.kernel.core.timeline_api import Strand

STRANDS = (
    Strand(
        code="looks",
        label=_("Who looked, and why"),
        needs="audit.event:view",
        acts=("admin.", "evidence.", "vault.file.opened"),
    ),
    #: The shortest beginning there is: whatever an act is, it is told by somebody.
    Strand(code="others", label=_("Other acts"), needs="audit.event:view", acts=("",)),
)
