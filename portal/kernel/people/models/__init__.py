"""Tables of the room: logins, absences, subjects, customers, persons, roles, proposals, invitations, devices, API keys."""

from portal.kernel.people.models.absences import Absence
from portal.kernel.people.models.address_changes import AccountChange, AddressChange
from portal.kernel.people.models.age_declarations import AgeStatement
from portal.kernel.people.models.api_keys import ApiKey
from portal.kernel.people.models.customers import Customer, Membership
from portal.kernel.people.models.devices import Device, MfaReset, SignIn
from portal.kernel.people.models.fiduciaries import Fiduciary
from portal.kernel.people.models.guardianships import Protection
from portal.kernel.people.models.incapacity import Rest
from portal.kernel.people.models.insolvencies import Insolvency
from portal.kernel.people.models.invitations import Invitation, OneTimeCode, WrongCode
from portal.kernel.people.models.maker_checker import FourEyesModel, FourEyesRule
from portal.kernel.people.models.merge_requests import MergeProposal
from portal.kernel.people.models.people import ContactPoint, Principal
from portal.kernel.people.models.roles import Role, RoleGrant, RolePermission, RoleProposal
from portal.kernel.people.models.subjects import RegimeEvidence, Subject, SubjectAlias
from portal.kernel.people.models.user import User, UserManager

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
