"""The closed lists of this room and the moves between states."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DocumentKind(TextChoices):
    """What a customer may be asked to show. Each has its row in ``kyc/data/plans.toml``."""

    PAN_CARD = "pan_card", _("PAN card")
    GST_CERTIFICATE = "gst_certificate", _("GST certificate")
    AADHAAR_OFFLINE_EKYC = "aadhaar_offline_ekyc", _("Aadhaar offline e-KYC file")
    AADHAAR_QR = "aadhaar_qr", _("QR code of the Aadhaar card")
    EAADHAAR_PDF = "eaadhaar_pdf", _("e-Aadhaar PDF")
    DIGILOCKER_XML = "digilocker_xml", _("Document from DigiLocker")
    PASSPORT = "passport", _("Passport")
    FOREIGN_PASSPORT = "foreign_passport", _("Passport of another country")
    DRIVING_LICENCE = "driving_licence", _("Driving licence")
    EPIC = "epic", _("Voter ID card")
    ADDRESS_PROOF = "address_proof", _("Proof of address")
    INCORPORATION_CERTIFICATE = "incorporation_certificate", _("Certificate of incorporation")
    LLP_CERTIFICATE = "llp_certificate", _("Certificate of incorporation of the LLP")
    LLP_AGREEMENT = "llp_agreement", _("LLP agreement")
    PARTNERSHIP_DEED = "partnership_deed", _("Partnership deed")
    TRUST_DEED = "trust_deed", _("Trust deed")
    SOCIETY_REGISTRATION = "society_registration", _("Registration certificate of the society")
    GOVERNMENT_LETTER = "government_letter", _("Letter of the government office")
    FOREIGN_REGISTRATION = "foreign_registration", _("Registration certificate from abroad")
    UDYAM_CERTIFICATE = "udyam_certificate", _("Udyam certificate")
    BOARD_RESOLUTION = "board_resolution", _("Board resolution")
    AUTHORISATION_LETTER = "authorisation_letter", _("Letter of authorisation")
    OWNERSHIP_DECLARATION = "ownership_declaration", _("Declaration of owners")
    CANCELLED_CHEQUE = "cancelled_cheque", _("Cancelled cheque")
    BANK_STATEMENT = "bank_statement", _("Bank statement")
    TAX_RESIDENCY = "tax_residency", _("Tax residency certificate")
    EDUCATION_CERTIFICATE = "education_certificate", _("Education certificate")
    EMPLOYMENT_LETTER = "employment_letter", _("Letter of an earlier employer")
    SIGNED_AGREEMENT = "signed_agreement", _("Signed agreement")


#: A signature is what proves these; a number typed beside them, or a picture, is no proof.
PROVED_BY_SIGNATURE = frozenset(
    [
        DocumentKind.AADHAAR_OFFLINE_EKYC,
        DocumentKind.AADHAAR_QR,
        DocumentKind.EAADHAAR_PDF,
        DocumentKind.DIGILOCKER_XML,
    ]
)


class Relation(TextChoices):
    """What somebody is to us; each relation asks for its own papers and keeps them for its own time."""

    CUSTOMER = "customer", _("Customer")
    RESELLER = "reseller", _("Reseller")
    VENDOR = "vendor", _("Vendor")
    DEVELOPER = "developer", _("Developer")
    APPLICANT = "applicant", _("Job applicant")


class CustomerType(TextChoices):
    """The form in law. "Not said yet" is the empty text."""

    INDIVIDUAL = "individual", _("A person, acting for themself")
    PROPRIETOR = "proprietor", _("Sole proprietor")
    PARTNERSHIP = "partnership", _("Partnership firm")
    LLP = "llp", _("Limited liability partnership (LLP)")
    COMPANY = "company", _("Company")
    TRUST = "trust", _("Trust")
    SOCIETY = "society", _("Society or association")
    GOVERNMENT = "government", _("Government office or body")
    FOREIGN = "foreign", _("Organisation registered abroad")


class PartyRole(TextChoices):
    """In what capacity somebody stands behind a customer."""

    SIGNATORY = "signatory", _("Signs for you")
    DIRECTOR = "director", _("Director, partner or trustee")
    OWNER = "owner", _("Owner")


class Turn(TextChoices):
    """Whose turn a task is."""

    CUSTOMER = "customer", _("Your turn")
    US = "us", _("With us")
    NOBODY = "nobody", _("Done")


class CaseState(TextChoices):
    OPEN = "open", _("Waiting for the customer")
    IN_REVIEW = "in_review", _("With us")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


#: The state follows from what the case needs: a changed type, or a person who left, may put it anywhere.
CASE_MOVES: dict[str, set[str]] = {
    str(state): {str(other) for other in CaseState if other != state} for state in CaseState
}


class Risk(TextChoices):
    """How closely a customer is watched. "Not rated yet" is the empty text, and counts as high."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class RiskReason(TextChoices):
    """Why two people set a risk against the points. A closed list: nothing about a person is typed."""

    EXPLAINED = "explained", _("What raised the points was explained and reviewed")
    SUPERVISED = "supervised", _("It is listed on an exchange, or watched by a regulator")
    COMPLAINTS = "complaints", _("Complaints about its messages")
    NEWS = "news", _("What was published about it")
    AUTHORITY = "authority", _("The word of an authority")
    POINTS_AGAIN = "points_again", _("The earlier reason no longer applies")


class Standing(TextChoices):
    """What the KYC of a customer is worth on one day."""

    NONE = "none", _("Not verified")
    VERIFIED = "verified", _("Verified")
    EXPIRING = "expiring", _("Verified, to be renewed")
    EXPIRED = "expired", _("Lapsed")


class NamesFit(TextChoices):
    """How well a name we know fits one of a list (``kyc.names.Decision``)."""

    AUTO = "AUTO", _("The same")
    REVIEW = "REVIEW", _("May be the same")


class YearsFit(TextChoices):
    """Whether a year of birth that a signature proved agrees with the list."""

    SAME = "same", _("The year agrees, or is one apart")
    UNKNOWN = "unknown", _("Not known to us or not in the list")


class RenewalReason(TextChoices):
    """Why KYC is done again: a closed list. What is shown anew, and by when, stands in ``kyc/data/renewals.toml``."""

    PERIOD = "period", _("The time after which we look again is over")
    DOCUMENT_ENDS = "document_ends", _("A document ends")
    NAME_CHANGED = "name_changed", _("The name has changed")
    PAN_CHANGED = "pan_changed", _("The PAN has changed")
    BANK_CHANGED = "bank_changed", _("The bank account has changed")
    SIGNATORY_CHANGED = "signatory_changed", _("Another person signs")
    GSTIN_CANCELLED = "gstin_cancelled", _("The GST registration was cancelled or suspended")
    COMPLAINTS = "complaints", _("Many recipients complained in a short time")


#: Those that somebody has to notice; the time, and the end of a document, name themselves.
EVENTS = frozenset(RenewalReason) - {RenewalReason.PERIOD, RenewalReason.DOCUMENT_ENDS}


class DocumentState(TextChoices):
    RECEIVED = "received", _("Being checked by machine")
    REFUSED = "refused", _("The file cannot be used")
    STALLED = "stalled", _("Automatic check failed: we find out why")
    CHECKED = "checked", _("Waiting for a person")
    APPROVED = "approved", _("Approved")
    ASKED_AGAIN = "asked_again", _("Asked for again")
    REJECTED = "rejected", _("Rejected")
    REPLACED = "replaced", _("Replaced by a newer file")
    REMOVED = "removed", _("Removed before a decision")
    DESTROYED = "destroyed", _("Destroyed")
    EXPIRED = "expired", _("No longer valid: its last day has passed")


DOCUMENT_MOVES: dict[str, set[str]] = {
    DocumentState.RECEIVED: {
        DocumentState.REFUSED,
        DocumentState.STALLED,
        DocumentState.CHECKED,
        DocumentState.REPLACED,
        DocumentState.REMOVED,
        DocumentState.DESTROYED,
    },
    DocumentState.STALLED: {
        DocumentState.RECEIVED,
        DocumentState.REPLACED,
        DocumentState.REMOVED,
        DocumentState.DESTROYED,
    },
    DocumentState.REFUSED: {DocumentState.REPLACED, DocumentState.REMOVED, DocumentState.DESTROYED},
    DocumentState.CHECKED: {
        DocumentState.REFUSED,
        DocumentState.APPROVED,
        DocumentState.ASKED_AGAIN,
        DocumentState.REJECTED,
        DocumentState.REPLACED,
        DocumentState.REMOVED,
        DocumentState.DESTROYED,
    },
    # Back to people, where a second look found a fault.
    DocumentState.APPROVED: {
        DocumentState.CHECKED,
        DocumentState.EXPIRED,
        DocumentState.REPLACED,
        DocumentState.DESTROYED,
    },
    DocumentState.EXPIRED: {DocumentState.REPLACED, DocumentState.DESTROYED},
    DocumentState.ASKED_AGAIN: {DocumentState.REPLACED, DocumentState.DESTROYED},
    # For good, unless a person decides otherwise about an appeal.
    DocumentState.REJECTED: {DocumentState.ASKED_AGAIN, DocumentState.REPLACED, DocumentState.DESTROYED},
    DocumentState.REPLACED: {DocumentState.DESTROYED},
    # By the customer before it was sent, or as nobody decided about it before its person left. Its keys end at once, or once
    # a hold does: the state is the same, so that it tells nobody of a hold.
    DocumentState.REMOVED: set(),
    # At the customer's request.
    DocumentState.DESTROYED: set(),
}
#: No longer in its place: another file may stand there.
GONE = frozenset({DocumentState.REPLACED, DocumentState.REMOVED, DocumentState.DESTROYED})
#: The customer may send another file in place of one in these states.
REPLACEABLE = frozenset(
    [
        DocumentState.RECEIVED,
        DocumentState.STALLED,
        DocumentState.REFUSED,
        DocumentState.ASKED_AGAIN,
        DocumentState.EXPIRED,
    ]
)


class Method(TextChoices):
    """By what means a check finds what it says."""

    FILE = "file", _("by checking the file")
    OCR = "ocr", _("by machine, from its pictures")
    CRYPTO = "crypto", _("by a signature")
    CHECKSUM = "checksum", _("by form and check digit")
    COMPARISON = "comparison", _("by comparing what we have")
    REGISTRY = "registry", _("by asking a register")


class InquiryState(TextChoices):
    """Where a question to a provider stands."""

    DUE = "due", _("To be asked")
    WAITING = "waiting", _("Taken, the answer comes later")
    ANSWERED = "answered", _("Answered")
    GIVEN_UP = "given_up", _("Not answered: a person decides without it")


INQUIRY_MOVES: dict[str, set[str]] = {
    InquiryState.DUE: {InquiryState.WAITING, InquiryState.ANSWERED, InquiryState.GIVEN_UP},
    InquiryState.WAITING: {InquiryState.ANSWERED, InquiryState.GIVEN_UP},
    InquiryState.ANSWERED: set(),
    # A message of the provider may come after we have stopped asking.
    InquiryState.GIVEN_UP: {InquiryState.ANSWERED},
}


class ListSource(TextChoices):
    """Who publishes a list of persons under sanctions."""

    UN = "un", _("United Nations Security Council")
    OFAC = "ofac", _("United States Treasury (OFAC, SDN)")
    EU = "eu", _("European Union (consolidated list)")
    UAPA = "uapa", _("India (UAPA, First and Fourth Schedule)")


class LikenessState(TextChoices):
    """What people said of somebody whose name is like one on a list."""

    OPEN = "open", _("To be answered")
    SOMEBODY_ELSE = "somebody_else", _("Someone else")
    SAME = "same", _("The same")


LIKENESS_MOVES: dict[str, set[str]] = {
    LikenessState.OPEN: {LikenessState.SOMEBODY_ELSE, LikenessState.SAME},
    LikenessState.SOMEBODY_ELSE: set(),
    # One person's word: two correct it.
    LikenessState.SAME: {LikenessState.SOMEBODY_ELSE},
}


class Provenance(TextChoices):
    """How a document came to us."""

    PAGE = "page", _("Sent on the pages")
    STAFF = "staff", _("Sent in by staff")
    API = "api", _("Sent by a program")
    LEGACY = "legacy", _("Imported from an old system")


class CameBy(TextChoices):
    """How a document reached the staff who bring it in."""

    POST = "post", _("By post")
    EMAIL = "email", _("By email")
    IN_PERSON = "in_person", _("In person")


class Revealed(TextChoices):
    """What of a document is shown without its cover, for a minute."""

    NUMBER = "number", _("the number in clear")
    PAGES = "pages", _("the pages without the mark over them")


class DecisionOutcome(TextChoices):
    """What the maker proposes about one document."""

    APPROVE = "approve", _("Approve")
    ASK_AGAIN = "ask_again", _("Ask the customer to send it again")
    REJECT = "reject", _("Reject for good; the customer may appeal")


class DecisionReason(TextChoices):
    """Why a document is not approved. All but ``FINAL_REASONS`` can be mended by sending another file."""

    UNREADABLE = "unreadable", _("Too blurred or too small to read")
    CUT_OFF = "cut_off", _("Part of the document is missing")
    WRONG_DOCUMENT = "wrong_document", _("Another document than asked for")
    NUMBER_DIFFERS = "number_differs", _("The number typed is not the one on the document")
    COPY_OF_COPY = "copy_of_copy", _("A copy of a copy, or a photo of a screen")
    EXPIRED = "expired", _("No longer valid")
    NUMBER_OF_ANOTHER = "number_of_another", _("The document belongs to someone else")
    ALTERED = "altered", _("The document looks altered")
    APPEAL = "appeal", _("We review it again because you asked for it")


#: Only these reject a document for good.
FINAL_REASONS = frozenset({DecisionReason.NUMBER_OF_ANOTHER, DecisionReason.ALTERED})

OUTCOME_MOVES = {
    DecisionOutcome.APPROVE: DocumentState.APPROVED,
    DecisionOutcome.ASK_AGAIN: DocumentState.ASKED_AGAIN,
    DecisionOutcome.REJECT: DocumentState.REJECTED,
}


class LookResult(TextChoices):
    """What a second look at an approval found."""

    OPEN = "open", _("Not reviewed yet")
    FINE = "fine", _("Right as it was decided")
    FAULT = "fault", _("A fault")


class SignerChange(TextChoices):
    """What two people do about a signer's certificate."""

    ADD = "add", _("Trust it")
    END = "end", _("Trust it no longer")


class DeletionState(TextChoices):
    ASKED = "asked", _("Waiting for an answer")
    ERASED = "erased", _("Destroyed")
    REFUSED = "refused", _("Kept")
    # Its document was removed as its person left: whether a hold still keeps it, the state does not tell.
    REMOVED = "removed", _("Removed with its person")


DELETION_MOVES: dict[str, set[str]] = {
    DeletionState.ASKED: {DeletionState.ERASED, DeletionState.REFUSED, DeletionState.REMOVED},
    DeletionState.ERASED: set(),
    DeletionState.REFUSED: set(),
    DeletionState.REMOVED: set(),
}


class DeletionRefusal(TextChoices):
    """What keeps a document although its customer wants it gone. The customer reads it."""

    LAW = "law", _("A law asks us to keep it")
    HOLD = "hold", _("A duty of law or a legal claim stops us from deleting it now")
    CLAIM = "claim", _("It is needed to submit or to answer a claim")
