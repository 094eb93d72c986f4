"""The closed lists of this room."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

#: Types of authenticators with which a staff login may finish signing in; recovery codes only stand in for them.
SECOND_FACTORS = ("totp", "webauthn")


class SubjectKind(TextChoices):
    """Whom an opaque subject reference stands for."""

    PRINCIPAL = "principal", _("Person")
    CUSTOMER = "customer", _("Customer")
    STRANGER = "stranger", _("Person without an account")
    STAFF = "staff", _("Staff member")


class CustomerKind(TextChoices):
    INDIVIDUAL = "individual", _("Individual")
    ORGANISATION = "organisation", _("Organisation")


class CustomerState(TextChoices):
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")


CUSTOMER_MOVES: dict[str, set[str]] = {
    CustomerState.ACTIVE: {CustomerState.CLOSED},
    CustomerState.CLOSED: {CustomerState.ACTIVE},
}


class MemberRole(TextChoices):
    OWNER = "owner", _("Owner")
    MEMBER = "member", _("Member")


class AccountChangeKind(TextChoices):
    """What of an account a letter tells with a link that cancels it."""

    INVITED = "invited", _("a person was invited")
    REMOVED = "removed", _("a person was removed")
    ROLE = "role", _("the role of a person was changed")
    NOMINEE_NAMED = "nominee_named", _("a nominee was named")
    NOMINEE_CHANGED = "nominee_changed", _("a nominee was changed")
    NOMINEE_ENDED = "nominee_ended", _("a nominee was removed")


class ContactKind(TextChoices):
    EMAIL = "email", _("Email")
    PHONE = "phone", _("Phone")


class Answer(TextChoices):
    """What the second person said to a proposal."""

    PENDING = "pending", _("Waiting for a second person")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class AuditArea(TextChoices):
    """What an auditor's scope may be narrowed to. Which permissions belong to each stands in ``scopes.py``."""

    CONSENT = "consent", _("Consent")
    GRIEVANCES = "grievances", _("Grievances and requests")
    KYC = "kyc", _("KYC")
    LAW = "law", _("Law and deadlines")
    MESSAGES = "messages", _("Messages")
    PEOPLE = "people", _("Customers, people and staff")
    RECORDS = "records", _("Audit events, ledger and background jobs")
    REGISTERS = "registers", _("Registers")
    RETENTION = "retention", _("Retention")


class ApiScope(TextChoices):
    """What a key of another system may do, for the one fiduciary it belongs to."""

    CONSENTS_READ = "consents:read", _("Read consents")
    CONSENTS_WRITE = "consents:write", _("Record and withdraw consents")
    DECISIONS_ASK = "decisions:ask", _("Ask whether a message may be sent")
    GRIEVANCES_WRITE = "grievances:write", _("File grievances, and follow their state")
    KYC_WRITE = "kyc:write", _("Send in KYC documents, and follow their state")
    NOMINEES_WRITE = "nominees:write", _("Name and end nominees for a signed-in person")


class RoleChange(TextChoices):
    GRANT = "grant", _("Give the role")
    CHANGE = "change", _("Change its dates")
    END = "end", _("End the role")


class ProtectionKind(TextChoices):
    """Why somebody else answers for a person."""

    CHILD = "child", _("Under 18")
    GUARDED = "guarded", _("Has a lawful guardian")


class ProtectionGround(TextChoices):
    """How we know."""

    DECLARED = "declared", _("Stated by the person")
    REPORTED = "reported", _("Reported by someone")
    DOCUMENT = "document", _("A document shows it")
    ORDER = "order", _("A court or authority appointed a guardian")


class InsolvencyStep(TextChoices):
    """What an order says of an organisation."""

    BEGUN = "begun", _("An insolvency professional acts for it")
    ENDED = "ended", _("The proceedings ended: it continues by itself")
    DISSOLVED = "dissolved", _("It is dissolved")


class RestCause(TextChoices):
    """What is said of a person who does not act any more."""

    DEATH = "death", _("The person died")
    INCAPACITY = "incapacity", _("The person can no longer act")


class RestState(TextChoices):
    NOTED = "noted", _("Reported: nothing promotional is sent")
    RESTING = "resting", _("Verified death")
    LIFTED = "lifted", _("Lifted")


REST_MOVES: dict[str, set[str]] = {
    RestState.NOTED: {RestState.RESTING, RestState.LIFTED},
    RestState.RESTING: {RestState.LIFTED},
    RestState.LIFTED: set(),
}


class InvitationKind(TextChoices):
    STAFF = "staff", _("Staff member")
    CUSTOMER = "customer", _("Customer")
    MEMBER = "member", _("Member of an organisation")


class CodePurpose(TextChoices):
    """What a six-digit code opens."""

    SIGN_IN = "sign_in", _("Sign in")
    CONTACT = "contact", _("Confirm an address")
    TRACK = "track", _("Follow a grievance or request")
    RESET = "reset", _("Set a new password")
    STOP = "stop", _("Stop messages")
    ACT = "act", _("Confirm a change")


class ProvenAct(TextChoices):
    """What a session alone does not do: a code to the address of the login confirms it."""

    EMAIL = "email", _("change the email address of your account")
    PHONE = "phone", _("add a mobile number to your account")
    ADDRESS = "address", _("remove an address from your account")
    NOMINEES = "nominees", _("change your nominees")
    MEMBERS = "members", _("change who acts for a company")
    COPY = "copy", _("download the copy of your data")
    DOCUMENT = "document", _("delete a document")


class SignInOutcome(TextChoices):
    SIGNED_IN = "signed_in", _("Signed in")
    WRONG_PASSWORD = "wrong_password", _("Wrong password")
    WRONG_CODE = "wrong_code", _("Wrong code")
    LOCKED = "locked", _("Refused: too many tries")
    SIGNED_OUT = "signed_out", _("Signed out")
    FORGIVEN = "forgiven", _("Unlocked by staff")


class TakeOverState(TextChoices):
    """Where what was brought of an old system stands."""

    TRYING = "trying", _("Being tried")
    TRIED = "tried", _("Tried: nothing is imported yet")
    TAKING = "taking", _("Being imported")
    DONE = "done", _("Imported")
    GIVEN_UP = "given_up", _("Cancelled")


TAKE_OVER_MOVES: dict[str, set[str]] = {
    TakeOverState.TRYING: {TakeOverState.TRIED, TakeOverState.GIVEN_UP},
    TakeOverState.TRIED: {TakeOverState.TAKING, TakeOverState.GIVEN_UP},
    TakeOverState.TAKING: {TakeOverState.DONE, TakeOverState.GIVEN_UP},
    TakeOverState.DONE: set(),
    TakeOverState.GIVEN_UP: set(),
}
