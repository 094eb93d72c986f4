"""The places of this room's pages in the workplace."""

from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.permissions import Permission
from portal.kernel.core.records import Place, StaffPage

PAGES = (
    StaffPage(Place.entry("evidence"), _("Controls"), "evidence:controls", Permission.MAP_VIEW),
    StaffPage(Place.tab("evidence", 10), _("Policy map"), "evidence:promises", Permission.MAP_VIEW),
    StaffPage(Place.tab("evidence", 20), _("Reports"), "evidence:reports", Permission.REPORT_VIEW),
    StaffPage(
        Place.tab("evidence", 30),
        _("Auditor requests"),
        "evidence:requests",
        Permission.REQUEST_VIEW,
        _("Information requests"),
    ),
    StaffPage(Place.tab("evidence", 40), _("Audit samples"), "evidence:samples", Permission.SAMPLE_MAKE, _("Samples")),
    StaffPage(Place.tab("evidence", 50), _("Evidence packs"), "evidence:packs", Permission.PACK_VIEW),
    StaffPage(Place.tab("evidence", 60), _("Data inventory"), "evidence:inventory", Permission.MAP_VIEW),
)
