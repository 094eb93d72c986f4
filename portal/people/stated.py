"""What audit events state of the roles that people hold: check V11 holds the rows against them."""

from typing import Final

from portal.audit.kinds import AuditKind
from portal.audit.services import StatedRows
from portal.people.models import RoleGrant

GRANTS: Final = StatedRows(
    model=RoleGrant,
    about="people.user",
    key="user_id",
    of=lambda row, facts: facts.get("grant") == row["pk"],
    fields={
        "starts_at": {AuditKind.ROLES_GRANT_GIVEN: "starts_at"},
        "ends_at": dict.fromkeys(
            (AuditKind.ROLES_GRANT_GIVEN, AuditKind.ROLES_GRANT_CHANGED, AuditKind.ROLES_GRANT_ENDED), "ends_at"
        ),
        "role__code": {AuditKind.ROLES_GRANT_GIVEN: "role"},
        "data_from": {AuditKind.ROLES_GRANT_GIVEN: "data_from"},
        "data_to": {AuditKind.ROLES_GRANT_GIVEN: "data_to"},
    },
)
