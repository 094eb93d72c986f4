"""What a role may allow in this room."""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical. Which role holds which is data: ``portal/kernel/people/data/roles.toml``."""

    ABSENCE_NOTE = "people.absence:note"
    ABSENCE_VIEW = "people.absence:view"
    API_KEY_END = "people.api_key:end"
    API_KEY_PROPOSE = "people.api_key:propose"
    API_KEY_VIEW = "people.api_key:view"
    CUSTOMER_CHANGE = "people.customer:change"
    CUSTOMER_CREATE = "people.customer:create"
    CUSTOMER_EXPORT = "people.customer:export"
    CUSTOMER_IMPORT = "people.customer:import"
    CUSTOMER_INSOLVENCY = "people.customer:insolvency"
    CUSTOMER_INVITE = "people.customer:invite"
    CUSTOMER_REVEAL = "people.customer:reveal"
    CUSTOMER_UNLOCK = "people.customer:unlock"
    CUSTOMER_VIEW = "people.customer:view"
    FIDUCIARY_CREATE = "people.fiduciary:create"
    FIDUCIARY_VIEW = "people.fiduciary:view"
    MFA_RESET = "people.mfa:reset"
    MFA_VIEW = "people.mfa:view"
    NAME_VIEW = "people.name:view"
    PRINCIPAL_MERGE = "people.principal:merge"
    PROTECTION_NOTE = "people.protection:note"
    ROLE_CHANGE = "people.role:change"
    ROLE_EXPORT = "people.role:export"
    ROLE_VIEW = "people.role:view"
    STAFF_DEACTIVATE = "people.staff:deactivate"
    STAFF_EXPORT = "people.staff:export"
    STAFF_INVITE = "people.staff:invite"
    STAFF_SIGN_OUT = "people.staff:sign_out"
    STAFF_UNLOCK = "people.staff:unlock"
    STAFF_VIEW = "people.staff:view"


class Act(StrEnum):
    """What needs two people in this room; who may do which half is data in ``roles.toml``."""

    API_KEY_ISSUE = "people.api_key.issue"
    CUSTOMER_INSOLVENCY = "people.customer.insolvency"
    MFA_RESET = "people.mfa.reset"
    PRINCIPAL_MERGE = "people.principal.merge"
    ROLE_CHANGE = "people.role.change"
