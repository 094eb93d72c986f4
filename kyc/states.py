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


class DocumentState(TextChoices):
    RECEIVED = "received", _("Being checked by machine")
    REFUSED = "refused", _("The file cannot be used")
    STALLED = "stalled", _("Could not be checked by machine: we look at why")
    CHECKED = "checked", _("Waiting for a person")
    APPROVED = "approved", _("Approved")
    ASKED_AGAIN = "asked_again", _("Asked for again")
    REJECTED = "rejected", _("Rejected")
    REPLACED = "replaced", _("Replaced by a newer file")


DOCUMENT_MOVES: dict[str, set[str]] = {
    DocumentState.RECEIVED: {
        DocumentState.REFUSED,
        DocumentState.STALLED,
        DocumentState.CHECKED,
        DocumentState.REPLACED,
    },
    DocumentState.STALLED: {DocumentState.RECEIVED, DocumentState.REPLACED},
    DocumentState.REFUSED: {DocumentState.REPLACED},
    DocumentState.CHECKED: {
        DocumentState.APPROVED,
        DocumentState.ASKED_AGAIN,
        DocumentState.REJECTED,
        DocumentState.REPLACED,
    },
    DocumentState.APPROVED: {DocumentState.REPLACED},
    DocumentState.ASKED_AGAIN: {DocumentState.REPLACED},
    DocumentState.REJECTED: {DocumentState.REPLACED},
    DocumentState.REPLACED: set(),
}
#: The customer may send another file in place of one in these states.
REPLACEABLE = frozenset(
    [
        DocumentState.RECEIVED,
        DocumentState.STALLED,
        DocumentState.REFUSED,
        DocumentState.ASKED_AGAIN,
        DocumentState.REJECTED,
    ]
)


class Provenance(TextChoices):
    """How a document came to us."""

    PAGE = "page", _("Sent on the pages")
    STAFF = "staff", _("Sent in by staff")
    API = "api", _("Sent by a program")
    LEGACY = "legacy", _("Taken over from an old system")


class DecisionOutcome(TextChoices):
    """What the maker proposes about one document."""

    APPROVE = "approve", _("Approve")
    ASK_AGAIN = "ask_again", _("Ask the customer to send it again")
    REJECT = "reject", _("Reject")


class DecisionReason(TextChoices):
    """Why a document is not approved. The first six can be mended by sending another file."""

    UNREADABLE = "unreadable", _("Too blurred or too small to read")
    CUT_OFF = "cut_off", _("Part of the document is missing")
    WRONG_DOCUMENT = "wrong_document", _("Another document than asked for")
    NUMBER_DIFFERS = "number_differs", _("The number typed is not the one on the document")
    COPY_OF_COPY = "copy_of_copy", _("A copy of a copy, or a photo of a screen")
    EXPIRED = "expired", _("No longer valid")
    NUMBER_OF_ANOTHER = "number_of_another", _("The document belongs to somebody else")
    ALTERED = "altered", _("The document looks altered")


OUTCOME_MOVES = {
    DecisionOutcome.APPROVE: DocumentState.APPROVED,
    DecisionOutcome.ASK_AGAIN: DocumentState.ASKED_AGAIN,
    DecisionOutcome.REJECT: DocumentState.REJECTED,
}


class SignerChange(TextChoices):
    """What two people do about a signer's certificate."""

    ADD = "add", _("Trust it")
    END = "end", _("Trust it no longer")
