"""Choices of the registers."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.law.channels import DESCRIPTIONS
from portal.kernel.law.choices import Channel


class OfficerKind(models.TextChoices):
    GRIEVANCE_OFFICER = "grievance_officer", _("Grievance Officer")
    DATA_PROTECTION_OFFICER = "data_protection_officer", _("Data Protection Officer")
    DEPUTY = "deputy", _("Deputy Grievance Officer")


class SenderKind(models.TextChoices):
    """What a message can come from. Each is one fiduciary's at a time."""

    SMS_HEADER = "sms_header", _("SMS header")
    SHORT_CODE = "short_code", _("Short code")
    WHATSAPP_NUMBER = "whatsapp_number", _("WhatsApp number")
    RCS_AGENT = "rcs_agent", _("RCS agent")
    VOICE_NUMBER = "voice_number", _("Voice number")
    OPT_OUT_NUMBER = "opt_out_number", _("Opt-out number (a missed call stops promotion)")


#: What a message on a channel can come from. The other channels have no registered senders.
SENDERS_OF_CHANNEL: Mapping[str, tuple[SenderKind, ...]] = {
    Channel(code): tuple(map(SenderKind, channel.senders)) for code, channel in DESCRIPTIONS.items() if channel.senders
}


class TargetKind(models.TextChoices):
    """Where a message may lead a person. Only what is listed may stand in a template."""

    LINK = "link", _("Link")
    NUMBER = "number", _("Phone number")


class TemplateState(models.TextChoices):
    """Where a template stands with whoever carries the message (the platform, the operators)."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


TEMPLATE_MOVES: Mapping[str, frozenset[TemplateState]] = {
    TemplateState.DRAFT: frozenset({TemplateState.SUBMITTED}),
    TemplateState.SUBMITTED: frozenset({TemplateState.APPROVED, TemplateState.REJECTED}),
    TemplateState.APPROVED: frozenset({TemplateState.PAUSED, TemplateState.DISABLED}),
    TemplateState.REJECTED: frozenset({TemplateState.SUBMITTED}),
    TemplateState.PAUSED: frozenset({TemplateState.APPROVED, TemplateState.DISABLED}),
    TemplateState.DISABLED: frozenset(),
}


class FindingCode(models.TextChoices):
    """What the linter finds in a template, with the sentence that staff read."""

    BRAND_MISSING = "BRAND_MISSING", _("The brand is not in the text: people must see who writes.")
    HEADER_MISMATCH = (
        "HEADER_MISMATCH",
        _("A chosen sender may not carry this category. Choose another, or correct it."),
    )
    HIDDEN_CHARACTER = "HIDDEN_CHARACTER", _("There is an invisible character here. Remove it.")
    LINK_NOT_LISTED = (
        "LINK_NOT_LISTED",
        _("This link is not on the list of allowed links. Have it listed, or remove it."),
    )
    NUMBER_NOT_LISTED = (
        "NUMBER_NOT_LISTED",
        _("This number is not on the list of allowed numbers. Have it listed, or remove it."),
    )
    OPT_OUT_MISSING = "OPT_OUT_MISSING", _("A promotional message must say how to stop it.")
    PROMOTIONAL_WORD = "PROMOTIONAL_WORD", _("This is promotion. It makes the whole message promotional.")
    PROMOTIONAL_WORD_MAYBE = "PROMOTIONAL_WORD_MAYBE", _("This may be promotion. Say why it is not.")
    SENDER_MISSING = "SENDER_MISSING", _("No sender is chosen. Choose the headers or numbers it will come from.")
    TEXT_EMPTY = "TEXT_EMPTY", _("There is no text.")
    TOO_LONG = "TOO_LONG", _("The text is longer than the channel carries. What is marked is too much.")
    TOO_MANY_VARIABLES = "TOO_MANY_VARIABLES", _("There are more variables than the direction allows without a reason.")
    VARIABLE_BROKEN = "VARIABLE_BROKEN", _("A bracket here opens or closes no variable.")
    VARIABLE_NOT_TAGGED = "VARIABLE_NOT_TAGGED", _("This variable does not say what it will contain, like {#numeric#}.")


class Severity(models.TextChoices):
    ERROR = "error", _("Must be fixed")
    WARNING = "warning", _("Needs a reason")


class RecipientKind(models.TextChoices):
    PROCESSOR = "processor", _("Processor")
    SENDER = "sender", _("Sending system")
    SERVICE = "service", _("Service that keeps or checks data for us")


class AddressForm(models.TextChoices):
    """How a recipient is told whom a word is about: by what it needs, no more."""

    PLAIN = "plain", _("The address itself")
    KEYED = "keyed", _("A keyed hash of the address, which it can calculate from the addresses it has")


class InstructionKind(models.TextChoices):
    STOP = "stop", _("Stop")
    CORRECT = "correct", _("Correct")
    ERASE = "erase", _("Erase")


class FactKind(models.TextChoices):
    """The steps of an instruction, each a fact of its own."""

    DELIVERED = "delivered", _("Delivered")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ACTED = "acted", _("Done")


class ActivityRole(models.TextChoices):
    """Who decides about a processing: GDPR Art 4(7), (8) and 26, DPDP s.2(i) and (k)."""

    CONTROLLER = "controller", _("We decide (controller, Data Fiduciary)")
    JOINT = "joint", _("We decide with others (joint controllers)")
    PROCESSOR = "processor", _("Others decide, we carry out (processor)")


class DpdpRole(models.TextChoices):
    FIDUCIARY = "fiduciary", _("Data Fiduciary (s.2(i))")
    PROCESSOR = "processor", _("Data Processor (s.2(k))")
    NOT_CONCERNED = "none", _("The Act does not reach it")


class SubjectGroup(models.TextChoices):
    """Whose data it is."""

    CUSTOMERS = "customers", _("Customers and the people who act for them")
    RECIPIENTS = "message_recipients", _("People who get messages and calls")
    VISITORS = "visitors", _("Visitors of our pages")
    PARTNERS = "partners", _("Partners, vendors, resellers and developers")
    APPLICANTS = "applicants", _("Applicants")
    STAFF = "staff", _("Staff")


class ProductKind(models.TextChoices):
    WEBSITE = "website", _("Website")
    DASHBOARD = "dashboard", _("Dashboard or portal")
    APP = "app", _("Application on a phone")
    INTERFACE = "interface", _("Interface for other systems (API)")
    CHANNEL = "channel", _("Service that carries messages or calls")
    BACKEND = "backend", _("System behind these, seen by staff only")


class ContractKind(models.TextChoices):
    PROCESSING = "processing", _("Contract with a processor (GDPR Art 28, DPDP s.8(2))")
    JOINT = "joint", _("Agreement between joint controllers (GDPR Art 26)")
    CONFIDENTIALITY = "confidentiality", _("Agreement to keep data confidential")
    CARRIAGE = "carriage", _("Contract with an operator or carrier")


class Clause(models.TextChoices):
    """What a contract says: GDPR Art 28(3)(a) to (h), DPDP Rules r.6(1)(f), our policy 6."""

    INSTRUCTIONS = "instructions", _("Acts on our instructions only")
    CONFIDENTIALITY = "confidentiality", _("Keeps the data confidential")
    SECURITY = "security", _("Takes security measures")
    SUB_PROCESSORS = "sub_processors", _("Hands on only with our permission")
    RIGHTS = "rights", _("Helps us with people's requests")
    BREACHES = "breaches", _("Notifies us of a breach without delay")
    ERASURE = "erasure", _("Erases or gives back at the end")
    AUDIT = "audit", _("Lets us review how it complies with this")
    NO_SALE = "no_sale", _("Neither sells nor uses the data for itself")


class ServiceKind(models.TextChoices):
    """What a recipient does, by the headings of our policy 6.1 to 6.4."""

    TELECOM = "telecom", _("Operator or carrier of messages and calls")
    HOSTING = "hosting", _("Hosting, storage or backup")
    PAYMENT = "payment", _("Payment gateway or bank")
    VERIFICATION = "verification", _("Verification agency")
    ANALYTICS = "analytics", _("Analytics")
    AI_TOOL = "ai_tool", _("AI tool")
    SECURITY = "security", _("Security monitoring")
    DESK = "desk", _("Software or service for customers and campaigns")


class TrainingUse(models.TextChoices):
    NONE = "none", _("Trains nothing on the data")
    OWN = "own", _("Trains models for us alone")
    GENERAL = "general", _("Trains models that others use too")


class CheckOutcome(models.TextChoices):
    FIT = "fit", _("Fit")
    CONDITIONS = "conditions", _("Fit, with conditions")
    UNFIT = "unfit", _("Not fit")


class Mechanism(models.TextChoices):
    """On what a transfer abroad rests: GDPR Art 45 to 49, SPDI Rules r.7, DPDP s.16 and Rules r.15."""

    UNRESTRICTED = "unrestricted", _("No order restricts it (DPDP s.16, Rules r.15)")
    ADEQUACY = "adequacy", _("Adequacy decision (GDPR Art 45)")
    CLAUSES = "clauses", _("Standard contractual clauses (GDPR Art 46, 2021/914)")
    BINDING_RULES = "binding_rules", _("Binding corporate rules (GDPR Art 47)")
    CONTRACT = "contract", _("Contract with the same level of protection (SPDI Rules r.7)")
    DEROGATION = "derogation", _("Exception for a single case (GDPR Art 49)")


class CountrySays(models.TextChoices):
    ALLOWED = "allowed", _("Allowed")
    CONDITIONS = "conditions", _("Allowed under conditions")
    DENIED = "denied", _("Denied")


class Control(models.TextChoices):
    """What a measure is for: DPDP Rules r.6(1)(a) to (g), and the yearly audit of SPDI Rules r.8."""

    PROTECTION = "protection", _("Data is encrypted, masked or replaced by marks")
    ACCESS = "access", _("Who may reach data is decided and limited")
    LOGGING = "logging", _("Access is logged, monitored and reviewed")
    CONTINUITY = "continuity", _("Data is backed up and can be restored")
    LOG_KEEPING = "log_keeping", _("Logs are kept for investigations")
    CONTRACTS = "contracts", _("Contracts oblige processors to protect data")
    ORGANISATION = "organisation", _("People and procedures keep to all this")
    AUDIT = "audit", _("An external person reviews it")


class ContentKind(models.TextChoices):
    MESSAGE = "message", _("Content of messages")
    RECORDING = "recording", _("Recordings of calls")


class AccessBasis(models.TextChoices):
    CONSENT = "consent", _("The person's consent")
    ORDER = "order", _("An order of an authority")
    GRIEVANCE = "grievance", _("A grievance or request of the person")


class DatasetKind(models.TextChoices):
    ANALYTICS = "analytics", _("Analytics")
    RESEARCH = "research", _("Research and improvement")
    AI = "ai", _("Training or running of an AI model")


class DatasetForm(models.TextChoices):
    AGGREGATED = "aggregated", _("Counts and averages")
    PSEUDONYMISED = "pseudonymised", _("Marks instead of names")
    IDENTIFIED = "identified", _("People can be known")


class LeftOut(models.TextChoices):
    """Who is not in a dataset."""

    OPTED_OUT = "opted_out", _("Who opted out or withdrew")
    CHILDREN = "children", _("Everyone under 18")
    KYC = "kyc", _("Identity documents and what they say")
    CONTENT = "content", _("Contents of messages and calls")


class Risk(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class DpiaOutcome(models.TextChoices):
    GO = "go", _("May go ahead")
    GO_WITH_MEASURES = "go_with_measures", _("May go ahead with the measures named")
    STOP = "stop", _("Must not go ahead")


class BlockReason(models.TextChoices):
    FRAUD = "fraud", _("Suspicion of fraud")
    SPAM = "spam", _("Unwanted messages were sent from it")
    KYC = "kyc", _("Identity could not be verified")
    PAYMENT = "payment", _("Payments are due")
    SECURITY = "security", _("Its security is in danger")
    ORDER = "order", _("An order of an authority")


class FindingState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Risk accepted")


class Lack(models.TextChoices):
    """Why a recipient may not get data, with the sentence that staff read."""

    NOT_IN_BOOK = "NOT_IN_BOOK", _("It is not in the register of recipients.")
    NO_CONTRACT = "NO_CONTRACT", _("No contract with it was agreed to.")
    CONTRACT_ENDED = "CONTRACT_ENDED", _("Its contract is not valid on that day.")
    CLAUSES_MISSING = "CLAUSES_MISSING", _("Its contract lacks clauses that its kind needs.")
    NO_CHECK = "NO_CHECK", _("It was not checked (due diligence).")
    CHECK_OLD = "CHECK_OLD", _("It was checked too long ago.")
    CHECK_UNFIT = "CHECK_UNFIT", _("The check found it unfit.")
    SALE_NOT_EXCLUDED = "SALE_NOT_EXCLUDED", _("It has not stated that it neither sells nor shares the data.")
    CATEGORY_NOT_ALLOWED = "CATEGORY_NOT_ALLOWED", _("The check does not allow it one of these kinds of data.")
    WOULD_BE_LEARNED = "WOULD_BE_LEARNED", _("It trains models, and one of these kinds of data is never learned from.")
    COUNTRY_DENIED = "COUNTRY_DENIED", _("A law forbids data to go to its country.")
    NO_TRANSFER = "NO_TRANSFER", _("Its data is stored abroad, and no transfer there was approved.")
    TRANSFER_ENDED = "TRANSFER_ENDED", _("The transfer to its country is not valid on that day.")
    TRANSFER_TOO_NARROW = (
        "TRANSFER_TOO_NARROW",
        _("The transfer to its country does not cover one of these kinds of data."),
    )


class OrderKind(models.TextChoices):
    COURT = "court", _("Order of a court")
    AGENCY = "agency", _("Written request of a Government agency (SPDI Rules r.6)")
    REGULATOR = "regulator", _("Demand of a regulator or of the Board")
    TAKEDOWN = "takedown", _("Order to disable content")


class Verified(models.TextChoices):
    CALLED_BACK = "called_back", _("Called back at a published number")
    OFFICIAL_MAIL = "official_mail", _("Confirmed from an official mail domain")
    IN_PERSON = "in_person", _("In person, with an official's card")
    PORTAL = "portal", _("Through the authority's own portal")
    COURT_SEAL = "court_seal", _("Certified copy of a court")


class OrderState(models.TextChoices):
    RECEIVED = "received", _("To be answered")
    GIVEN = "given", _("Data was given")
    REFUSED = "refused", _("Nothing was given")


ORDER_MOVES: Mapping[str, frozenset[OrderState]] = {
    OrderState.RECEIVED: frozenset({OrderState.GIVEN, OrderState.REFUSED}),
    OrderState.GIVEN: frozenset(),
    OrderState.REFUSED: frozenset(),
}


class OrderDecision(models.TextChoices):
    GIVE = "give", _("Give the data named")
    REFUSE = "refuse", _("Give nothing")


class Overdue(models.TextChoices):
    """What the nightly look finds."""

    REVIEW = "review", _("Review the entry again")
    PAPER_ENDS = "paper_ends", _("Its document expires soon: renew it")
    PAPER_ENDED = "paper_ended", _("Its document has expired: nothing is sent there")
    PAPERS_LACK = "papers_lack", _("A recipient lacks documents: nothing is sent there")
    FINDING = "finding", _("The finding should be fixed by now")
    EVIDENCE = "evidence", _("The evidence is old")
    LINK_DEAD = "link_dead", _("The link is dead")
    OWNER_LEFT = "owner_left", _("The owner has left")
    ACCESS_REVIEW = "access_review", _("Review the role assignments")
    RULE_CHANGE = "rule_change", _("Decide the change of a retention rule that this release proposes")
    PROFILE = "profile", _("Decide an open question of the company profile")


class AttachmentKind(models.TextChoices):
    """What a document of a record is."""

    AGREEMENT = "agreement", _("Contract or processing agreement")
    ASSESSMENT = "assessment", _("Assessment or opinion")
    ATTESTATION = "attestation", _("Attestation of a promise")
    CERTIFICATE = "certificate", _("Certificate")
    CORRESPONDENCE = "letter", _("Correspondence")
    EVIDENCE = "evidence", _("Evidence")
    MINUTES = "minutes", _("Minutes or attendance list")
    ORDER = "order", _("Order or request of an authority")
    REPORT = "report", _("Report")
    OTHER = "other", _("Other document")


class TrainingKind(models.TextChoices):
    ON_JOINING = "on_joining", _("On joining")
    YEARLY = "yearly", _("Yearly refresher")
    ROLE = "role", _("For a role")
    AFTER_INCIDENT = "incident", _("After an incident")
