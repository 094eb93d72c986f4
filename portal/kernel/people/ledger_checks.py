"""What audit events state of roles that people hold and of joined references: check V11 holds the rows against them."""

from typing import Final

from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.services import StatedRows
from portal.kernel.people.models import RoleGrant, SubjectAlias

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
#: Who is one person decides whose word counts at an address: a row with which no event began is found too (``at_first``).
ALIASES: Final = StatedRows(
    model=SubjectAlias,
    about="people.subject",
    key="new_ref",
    of=lambda row, facts: facts.get("old") == str(row["old_ref"]),
    fields={
        "old_ref": {AuditKind.PEOPLE_SUBJECT_JOINED: "old"},
        "new_ref": {AuditKind.PEOPLE_SUBJECT_JOINED: "new"},
    },
    at_first={"old_ref": "", "new_ref": ""},
)
