"""Tables of the room: logins, absences, subjects, customers, persons, roles, proposals, invitations, devices, API keys."""

from portal.people.models.absences import Absence
from portal.people.models.address_changes import AccountChange, AddressChange
from portal.people.models.ages import AgeStatement
from portal.people.models.api_keys import ApiKey
from portal.people.models.customers import Customer, Membership
from portal.people.models.devices import Device, MfaReset, SignIn
from portal.people.models.fiduciaries import Fiduciary
from portal.people.models.four_eyes import FourEyesModel, FourEyesRule
from portal.people.models.insolvencies import Insolvency
from portal.people.models.invitations import Invitation, OneTimeCode, WrongCode
from portal.people.models.merges import MergeProposal
from portal.people.models.principals import ContactPoint, Principal
from portal.people.models.protections import Protection
from portal.people.models.rests import Rest
from portal.people.models.roles import Role, RoleGrant, RolePermission, RoleProposal
from portal.people.models.subjects import RegimeEvidence, Subject, SubjectAlias
from portal.people.models.user import User, UserManager

__all__ = [
    "Absence",
    "AccountChange",
    "AddressChange",
    "AgeStatement",
    "ApiKey",
    "ContactPoint",
    "Customer",
    "Device",
    "Fiduciary",
    "FourEyesModel",
    "FourEyesRule",
    "Insolvency",
    "Invitation",
    "Membership",
    "MergeProposal",
    "MfaReset",
    "OneTimeCode",
    "Principal",
    "Protection",
    "RegimeEvidence",
    "Rest",
    "Role",
    "RoleGrant",
    "RolePermission",
    "RoleProposal",
    "SignIn",
    "Subject",
    "SubjectAlias",
    "User",
    "UserManager",
    "WrongCode",
]
