"""The table: who may open which address. An address that is not in it fails the test beside it.

Customers' and public pages stand in ``PAGES`` by name. Staff's books stand in ``BOOKS`` by model with the permission
codes that open them; which roles carry a code is read from ``roles.toml``, so the table and the roles cannot disagree
without somebody seeing it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

Args = Callable[[Any], list[Any]]


def no_args(world: Any) -> list[Any]:
    return []


def token(world: Any) -> list[Any]:
    """A secret that nobody was given."""
    return ["MQ:never-issued"]


def ticket(world: Any) -> list[Any]:
    """A grievance there is, without the code that opens it."""
    return [world.ticket.reference]


def document(world: Any) -> list[Any]:
    return [world.document]


def pack(world: Any) -> list[Any]:
    return [world.pack]


def own_person(world: Any) -> list[Any]:
    return [world.owner.principal.subject.ref]


def own_customer(world: Any) -> list[Any]:
    return [world.customer.reference]


class For(Enum):
    """Whom a page is for. Everybody else finds it shut: 403, 404, or the way to a sign-in page."""

    ANYBODY = auto()
    #: A page behind a secret in its address or a code: shut to whoever comes without.
    SECRET = auto()
    #: Behind an API key, which no visitor of a page has.
    KEY = auto()
    CUSTOMERS = auto()
    MEMBERS = auto()
    OWNERS = auto()
    #: Where staff sign in: open to strangers and staff, no page of a customer's.
    STAFF_DOOR = auto()
    #: A staff login, before the second factor too.
    HALF_STAFF = auto()
    STAFF = auto()
    #: Staff who hold some role.
    ROLES = auto()
    #: Staff whose roles carry the page's permission code.
    CODE = auto()
    NOBODY = auto()


@dataclass(frozen=True)
class Page:
    audience: For
    args: Args = no_args
    is_post: bool = False
    code: str = ""
    #: What the page is to show need not exist in the world of one visitor; where the whole story is told it does.
    is_empty: bool = False
    #: Nor does it in the told story: whoever may open the page gets 404, as somebody does who asks for what never was.
    is_untold: bool = False
    #: A role that carries the code and finds it shut: it shows more than the days of an auditor's scope.
    shut_to: str = ""


@dataclass(frozen=True)
class Book:
    """One model in the admin: codes that show it, add to it, and do each of its acts; pages of its own beside."""

    view: str
    add: str = ""
    change: str = ""
    acts: dict[str, str] = field(default_factory=dict)
    export: str = ""
    #: Pages of its own beside the list.
    extra: dict[str, str] = field(default_factory=dict)
    #: Pages of its own about one row, with what follows the row's number in the address.
    of_row: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)


PAGES: dict[str, Page] = {
    "root": Page(For.ANYBODY),
    "favicon": Page(For.ANYBODY),
    "healthz": Page(For.ANYBODY),
    "ledger-checkpoint": Page(For.ANYBODY, is_empty=True),
    "ledger-entries": Page(For.ANYBODY, lambda w: [0], is_empty=True),
    "ledger-entries-part": Page(For.ANYBODY, lambda w: [0, 1], is_empty=True),
    "ledger-keys": Page(For.ANYBODY),
    "ledger-policy": Page(For.ANYBODY),
    "ledger-tile": Page(For.ANYBODY, lambda w: [0, 0], is_empty=True),
    "ledger-tile-part": Page(For.ANYBODY, lambda w: [0, 0, 1], is_empty=True),
    "readyz": Page(For.ANYBODY),
    "metrics": Page(For.SECRET),
    "gpc": Page(For.ANYBODY),
    "robots": Page(For.ANYBODY),
    "security-txt": Page(For.ANYBODY),
    # For other systems
    "api-v1:api-root": Page(For.NOBODY),
    "api-v1:openapi-json": Page(For.ANYBODY),
    "api-docs": Page(For.ANYBODY),
    "api-v1:ask_decision": Page(For.KEY, is_post=True),
    "api-v1:ask_decisions": Page(For.KEY, is_post=True),
    "api-v1:ask_process": Page(For.KEY, is_post=True),
    "api-v1:file_grievance": Page(For.KEY, is_post=True),
    "api-v1:find_consents": Page(For.KEY, is_post=True),
    "api-v1:give_consent": Page(For.KEY, is_post=True),
    "api-v1:give_consent_by_key": Page(For.KEY, is_post=True),
    "api-v1:end_nominee": Page(For.KEY, lambda w: [w.nominee], is_post=True),
    "api-v1:find_nominees": Page(For.KEY, is_post=True),
    "api-v1:name_nominee": Page(For.KEY, is_post=True),
    "api-v1:read_grievance": Page(For.KEY, ticket),
    "api-v1:read_grievance_thread": Page(For.KEY, ticket),
    "api-v1:read_document": Page(For.KEY, document, is_empty=True),
    "api-v1:read_key": Page(For.KEY),
    "api-v1:read_sender": Page(For.KEY),
    "api-v1:send_document": Page(For.KEY, is_post=True),
    "api-v1:take_acknowledgements": Page(For.SECRET, lambda w: ["dialer-one"], is_post=True),
    "api-v1:take_provider_answer": Page(For.SECRET, lambda w: ["bank"], is_post=True),
    "api-v1:take_delivery_reports": Page(For.SECRET, is_post=True),
    "api-v1:take_reported_sends": Page(For.SECRET, lambda w: ["dialer-one"], is_post=True),
    "api-v1:withdraw_consent": Page(For.KEY, is_post=True),
    "api-v1:take_inbound_mail": Page(For.SECRET, is_post=True),
    "api-v1:take_inbound_messages": Page(For.SECRET, is_post=True),
    "api-v1:tell_blocks": Page(For.KEY, is_post=True),
    "api-v1:stop_all": Page(For.KEY, is_post=True),
    "api-v1:give_linked_consent": Page(For.SECRET, is_post=True),
    "api-v1:link_consent_manager": Page(For.SECRET, is_post=True),
    "api-v1:list_linked_consents": Page(For.SECRET, is_post=True),
    "api-v1:withdraw_linked_consent": Page(For.SECRET, is_post=True),
    # Customers' pages
    "privacy:accessibility": Page(For.ANYBODY),
    "privacy:account": Page(For.CUSTOMERS),
    "privacy:add-phone": Page(For.CUSTOMERS),
    "privacy:cancel-change": Page(For.SECRET, token),
    "privacy:change-proof": Page(For.CUSTOMERS, lambda w: ["email"]),
    "privacy:age": Page(For.CUSTOMERS),
    "privacy:child-reported": Page(For.ANYBODY),
    "privacy:report-a-child": Page(For.ANYBODY),
    "privacy:nominee": Page(For.OWNERS, lambda w: [w.nominee]),
    "privacy:nominee-claim": Page(For.ANYBODY),
    "privacy:request-for-you": Page(For.ANYBODY),
    "privacy:nominee-here": Page(For.CUSTOMERS, is_post=True),
    "privacy:nominee-end": Page(For.OWNERS, lambda w: [w.nominee], is_post=True),
    "privacy:nominee-new": Page(For.CUSTOMERS),
    "privacy:nominee-receipt": Page(For.OWNERS, lambda w: [w.nominee]),
    "privacy:nominees": Page(For.CUSTOMERS),
    "privacy:change-member": Page(For.OWNERS, lambda w: [w.customer.reference, w.membership.pk], is_post=True),
    "privacy:blocked-file": Page(For.OWNERS, lambda w: [w.receipt.reference, "receipt.json"], is_untold=True),
    "privacy:consent-file": Page(For.OWNERS, lambda w: [w.receipt.reference, 1, "receipt.json"]),
    "privacy:consent-manager-link": Page(For.CUSTOMERS, is_post=True, is_empty=True),
    "privacy:consent-manager-unlink": Page(For.CUSTOMERS, is_post=True, is_empty=True),
    "privacy:consent-managers": Page(For.CUSTOMERS),
    "privacy:consent-receipt": Page(For.OWNERS, lambda w: [w.receipt.reference]),
    "privacy:consent-withdraw": Page(For.OWNERS, lambda w: [w.receipt.reference, 1], is_post=True),
    "privacy:consents": Page(For.CUSTOMERS),
    "privacy:consents-csv": Page(For.CUSTOMERS),
    "privacy:consents-pdf": Page(For.CUSTOMERS),
    "privacy:cookie-choice": Page(For.ANYBODY, is_post=True),
    "privacy:cookies": Page(For.ANYBODY),
    "privacy:grievance-check": Page(For.ANYBODY),
    "privacy:grievance-files": Page(For.ANYBODY),
    "privacy:grievance-question": Page(For.ANYBODY, lambda w: ["who"]),
    "privacy:grievance-closed": Page(For.SECRET, ticket),
    "privacy:grievance-receipt": Page(For.SECRET, ticket),
    "privacy:grievance-sent": Page(For.SECRET, ticket),
    "privacy:grievance-start": Page(For.ANYBODY),
    "privacy:grievances": Page(For.CUSTOMERS),
    "privacy:home": Page(For.ANYBODY),
    "privacy:invitation": Page(For.SECRET, token),
    "privacy:kyc": Page(For.CUSTOMERS),
    "privacy:kyc-appeal": Page(For.MEMBERS, document, is_post=True, is_empty=True),
    "privacy:kyc-certificate": Page(For.MEMBERS, document, is_untold=True),
    "privacy:kyc-check": Page(For.MEMBERS, document, is_empty=True),
    "privacy:kyc-choose": Page(For.MEMBERS, lambda w: [w.customer.reference, "identity"], is_untold=True),
    "privacy:kyc-delete": Page(For.MEMBERS, document, is_empty=True),
    "privacy:kyc-document": Page(For.MEMBERS, document, is_empty=True),
    "privacy:kyc-fetch": Page(For.MEMBERS, lambda w: [w.customer.reference, "PANCR"], is_post=True, is_empty=True),
    "privacy:kyc-fetched": Page(For.CUSTOMERS, is_empty=True),
    "privacy:kyc-party-fetch": Page(
        For.MEMBERS, lambda w: [w.customer.reference, w.party, "PANCR"], is_post=True, is_empty=True
    ),
    "privacy:kyc-looks": Page(For.MEMBERS, lambda w: [w.customer.reference]),
    "privacy:kyc-nobody-else": Page(For.MEMBERS, lambda w: [w.customer.reference], is_empty=True),
    "privacy:kyc-page": Page(For.MEMBERS, lambda w: [*document(w), 1], is_untold=True),
    "privacy:kyc-party-add": Page(For.MEMBERS, lambda w: [w.customer.reference], is_empty=True),
    "privacy:kyc-party-leave": Page(For.MEMBERS, lambda w: [w.customer.reference, w.party], is_empty=True),
    "privacy:kyc-party-shares": Page(For.MEMBERS, lambda w: [w.customer.reference, w.party], is_empty=True),
    "privacy:kyc-party-choose": Page(
        For.MEMBERS, lambda w: [w.customer.reference, w.party, w.party_need], is_empty=True
    ),
    "privacy:kyc-party-upload": Page(
        For.MEMBERS, lambda w: [w.customer.reference, w.party, w.party_kind], is_empty=True
    ),
    "privacy:kyc-type": Page(For.MEMBERS, lambda w: [w.customer.reference]),
    "privacy:kyc-upload": Page(For.MEMBERS, lambda w: [w.customer.reference, w.kind], is_empty=True),
    "privacy:language": Page(For.ANYBODY),
    "privacy:members": Page(For.MEMBERS, own_customer),
    "privacy:message": Page(For.OWNERS, lambda w: [w.message.reference]),
    "privacy:message-times": Page(For.CUSTOMERS),
    "privacy:messages": Page(For.CUSTOMERS),
    "privacy:new-consents": Page(For.CUSTOMERS),
    "privacy:new-email": Page(For.CUSTOMERS),
    "privacy:new-email-code": Page(For.CUSTOMERS),
    "privacy:phone-code": Page(For.CUSTOMERS),
    "privacy:one-click": Page(For.SECRET, token),
    "privacy:residence": Page(For.CUSTOMERS),
    "privacy:profile": Page(For.CUSTOMERS),
    "privacy:correct": Page(For.CUSTOMERS, lambda w: ["name"]),
    "privacy:policies": Page(For.ANYBODY, is_empty=True),
    "privacy:policy": Page(For.ANYBODY, lambda w: [1], is_empty=True),
    "privacy:policy-archive": Page(For.ANYBODY),
    "privacy:policy-changes": Page(For.ANYBODY, lambda w: [2], is_empty=True),
    "privacy:policy-read": Page(For.CUSTOMERS, lambda w: [1], is_empty=True),
    "privacy:preferences": Page(For.CUSTOMERS),
    "privacy:discard-change": Page(For.CUSTOMERS, lambda w: ["email"], is_post=True),
    "privacy:do-not-disturb": Page(For.CUSTOMERS),
    "privacy:push": Page(For.CUSTOMERS),
    "privacy:push-worker": Page(For.ANYBODY),
    "privacy:questions": Page(For.ANYBODY),
    "privacy:remove-contact": Page(For.OWNERS, lambda w: [w.contact.pk], is_post=True),
    "privacy:renew": Page(For.CUSTOMERS),
    "privacy:new-request": Page(For.ANYBODY),
    "privacy:request-details": Page(For.ANYBODY),
    "privacy:request-contact": Page(For.ANYBODY),
    "privacy:request-check": Page(For.ANYBODY),
    "privacy:request-sent": Page(For.SECRET, ticket),
    "privacy:request-copy": Page(For.SECRET, ticket),
    "privacy:request-papers": Page(For.SECRET, ticket),
    "privacy:sender-choices": Page(For.CUSTOMERS),
    "privacy:allow-sender": Page(For.CUSTOMERS, is_untold=True),
    "privacy:stop-sender": Page(For.CUSTOMERS, is_post=True),
    "privacy:senders": Page(For.CUSTOMERS),
    "privacy:sessions": Page(For.CUSTOMERS),
    "privacy:sign-in": Page(For.ANYBODY),
    "privacy:sign-in-code": Page(For.ANYBODY),
    "privacy:sign-out": Page(For.ANYBODY, is_post=True),
    "privacy:sitemap": Page(For.ANYBODY),
    "privacy:somebody-else-answers": Page(For.CUSTOMERS, is_post=True),
    "privacy:somebody-else-mistake": Page(For.CUSTOMERS, is_post=True),
    "privacy:stop-choose": Page(For.SECRET),
    "privacy:stop-code": Page(For.SECRET),
    "privacy:stop-done": Page(For.SECRET),
    "privacy:stop-file": Page(For.SECRET, lambda w: [w.receipt.reference, "receipt.json"]),
    "privacy:stop-messages": Page(For.CUSTOMERS, is_post=True),
    "privacy:stop-receipts": Page(For.ANYBODY),
    "privacy:stop-without-login": Page(For.ANYBODY),
    "privacy:track": Page(For.ANYBODY),
    "privacy:track-appeal": Page(For.SECRET, ticket),
    "privacy:track-code": Page(For.ANYBODY),
    "privacy:track-file": Page(For.SECRET, lambda w: [*ticket(w), 1]),
    "privacy:track-leave": Page(For.ANYBODY, is_post=True),
    "privacy:track-message": Page(For.SECRET, ticket, is_post=True),
    "privacy:track-rate": Page(For.SECRET, ticket, is_post=True),
    "privacy:track-remind": Page(For.SECRET, ticket, is_post=True),
    "privacy:track-reopen": Page(For.SECRET, ticket, is_post=True),
    "privacy:track-settle": Page(For.SECRET, ticket, is_post=True),
    "privacy:track-ticket": Page(For.SECRET, ticket),
    "privacy:track-withdraw": Page(For.SECRET, ticket, is_post=True),
    "privacy:undo-stop": Page(For.CUSTOMERS, is_post=True),
    "privacy:verifier-file": Page(For.ANYBODY),
    "privacy:verifier-program": Page(For.ANYBODY),
    "privacy:verify-in-browser": Page(For.ANYBODY),
    "privacy:verify-receipt": Page(For.ANYBODY),
    "privacy:check": Page(For.ANYBODY),
    "privacy:check-number": Page(For.ANYBODY, lambda w: [w.receipt.reference]),
    "privacy:ward": Page(For.OWNERS, lambda w: [w.receipt.reference], is_untold=True),
    "privacy:standing-file": Page(For.OWNERS, lambda w: [w.receipt.reference, "receipt.json"], is_untold=True),
    "privacy:stopped-file": Page(For.OWNERS, lambda w: [w.receipt.reference, "receipt.json"], is_untold=True),
    "privacy:ward-end": Page(For.OWNERS, lambda w: [w.receipt.reference], is_post=True, is_empty=True),
    "privacy:ward-withdraw": Page(For.OWNERS, lambda w: [w.receipt.reference, 1], is_post=True, is_empty=True),
    "privacy:wards": Page(For.CUSTOMERS),
    "privacy:how-long": Page(For.ANYBODY),
    "privacy:measures": Page(For.ANYBODY),
    "privacy:partners-and-applicants": Page(For.ANYBODY),
    "privacy:transparency": Page(For.ANYBODY),
    "privacy:what-we-hold": Page(For.ANYBODY),
    "privacy:where-data-lies": Page(For.ANYBODY),
    "privacy:leaving": Page(For.ANYBODY, is_empty=True, is_untold=True),
    "privacy:who": Page(For.ANYBODY),
    "privacy:who-complain": Page(For.ANYBODY, is_post=True),
    "privacy:who-result": Page(For.SECRET),
    "privacy:who-has-my-data": Page(For.ANYBODY),
    "privacy:withdraw-invitation": Page(For.OWNERS, lambda w: [w.customer.reference, 1], is_post=True, is_empty=True),
    # There only in the demonstration
    "demo:first-page": Page(For.NOBODY),
    "demo:letter": Page(For.NOBODY, lambda w: [w.message.reference]),
    "demo:mailbox": Page(For.NOBODY),
    # Staff's way in
    "account_change_password": Page(For.HALF_STAFF),
    "account_inactive": Page(For.STAFF_DOOR),
    "account_login": Page(For.STAFF_DOOR),
    "account_logout": Page(For.STAFF_DOOR),
    "account_reauthenticate": Page(For.HALF_STAFF),
    "account_reset_password": Page(For.STAFF_DOOR),
    "account_reset_password_done": Page(For.STAFF_DOOR),
    "account_reset_password_from_key": Page(For.STAFF_DOOR, lambda w: ["1", "never-issued"]),
    "account_reset_password_from_key_done": Page(For.STAFF_DOOR),
    "mfa_activate_totp": Page(For.HALF_STAFF),
    "mfa_authenticate": Page(For.STAFF_DOOR),
    "mfa_add_webauthn": Page(For.HALF_STAFF),
    "mfa_deactivate_totp": Page(For.STAFF_DOOR),
    "mfa_edit_webauthn": Page(For.HALF_STAFF, lambda w: [0], is_empty=True, is_untold=True),
    "mfa_generate_recovery_codes": Page(For.HALF_STAFF),
    "mfa_index": Page(For.HALF_STAFF),
    "mfa_list_webauthn": Page(For.STAFF_DOOR),
    "mfa_login_webauthn": Page(For.STAFF_DOOR),
    "mfa_reauthenticate": Page(For.HALF_STAFF),
    "mfa_reauthenticate_webauthn": Page(For.HALF_STAFF),
    "mfa_remove_webauthn": Page(For.HALF_STAFF, lambda w: [0], is_empty=True, is_untold=True),
    "mfa_view_recovery_codes": Page(For.HALF_STAFF),
    # Without a provider in the settings none of these is there.
    "scim-config": Page(For.NOBODY),
    "scim-schemas": Page(For.NOBODY),
    "scim-types": Page(For.NOBODY),
    "scim-user": Page(For.NOBODY, lambda w: [0]),
    "scim-users": Page(For.NOBODY),
    "signin:company": Page(For.NOBODY, lambda w: ["oidc"]),
    "signin:company-oidc-done": Page(For.NOBODY),
    "signin:company-remove": Page(For.HALF_STAFF, lambda w: [0], is_post=True),
    "signin:saml-answer": Page(For.NOBODY, is_post=True),
    "signin:saml-done": Page(For.NOBODY),
    "signin:saml-metadata": Page(For.NOBODY),
    "signin:second-factor": Page(For.HALF_STAFF),
    "signin:sessions": Page(For.HALF_STAFF),
    "signin:staff-invitation": Page(For.SECRET, token),
    # The admin's own pages
    "admin:app_list": Page(For.ROLES, lambda w: ["people"]),
    "admin:autocomplete": Page(For.NOBODY),
    "admin:chart-file": Page(For.CODE, lambda w: ["kyc"], code="kyc.case:view", shut_to="auditor"),
    "admin:go": Page(For.STAFF),
    "admin:help": Page(For.STAFF),
    "admin:keys": Page(For.STAFF, is_post=True),
    "admin:index": Page(For.STAFF),
    "admin:today-act": Page(
        For.CODE,
        lambda w: ["grievances-unassigned", 0],
        is_post=True,
        code="grievances.ticket:answer",
        is_untold=True,
    ),
    "admin:jsi18n": Page(For.STAFF),
    "admin:jobs_job_result": Page(For.CODE, lambda w: [w.job], code="jobs.job:view", is_untold=True),
    "admin:ledger": Page(For.CODE, code="ledger.checkpoint:view"),
    "admin:system-lookups": Page(For.CODE, is_post=True, code="operations.lookups:renew"),
    "admin:system": Page(For.CODE, code="operations.system:view"),
    "admin:ledger-verify": Page(For.CODE, is_post=True, code="ledger:verify"),
    "admin:login": Page(For.STAFF_DOOR),
    "admin:logout": Page(For.STAFF_DOOR),
    "admin:password_change": Page(For.HALF_STAFF),
    "admin:password_change_done": Page(For.STAFF),
    "admin:approvals": Page(For.STAFF),
    "admin:approval": Page(For.STAFF, lambda w: ["people.ApiKey", 0], is_untold=True),
    "admin:queues": Page(For.STAFF),
    "admin:view-remove": Page(For.STAFF, lambda w: [0], is_post=True, is_untold=True),
    "admin:view-save": Page(For.CODE, lambda w: ["kyc.document"], code="kyc.document:view"),
    "admin:view_on_site": Page(For.NOBODY, lambda w: [0, 0]),
    "evidence:attestation": Page(For.CODE, lambda w: ["0-4"], code="evidence.map:view"),
    "evidence:attestation-file": Page(For.CODE, lambda w: [0], code="evidence.map:view", is_untold=True),
    "evidence:controls": Page(For.CODE, code="evidence.map:view"),
    "evidence:download": Page(For.CODE, pack, code="evidence.pack:view", is_untold=True),
    "evidence:inventory": Page(For.CODE, code="evidence.map:view"),
    "evidence:person": Page(For.CODE, own_person, code="evidence.file:view"),
    "evidence:person-bundle": Page(For.CODE, own_person, code="evidence.file:make"),
    "evidence:person-fetch": Page(For.CODE, lambda w: ["OS-PF-7K4M-9QX2"], code="evidence.file:make", is_untold=True),
    "evidence:person-receipt": Page(For.CODE, lambda w: ["OS-PF-7K4M-9QX2"], code="evidence.file:make", is_untold=True),
    "evidence:promises": Page(For.CODE, code="evidence.map:view"),
    "evidence:packs": Page(For.CODE, code="evidence.pack:view"),
    "evidence:reports": Page(For.CODE, code="evidence.report:view"),
    "evidence:report": Page(For.CODE, lambda w: ["access"], code="audit.event:view"),
    "evidence:kept-report": Page(For.CODE, lambda w: [0], code="evidence.report:view", is_untold=True),
    "evidence:requests": Page(For.CODE, code="evidence.request:view"),
    "evidence:request": Page(For.CODE, lambda w: ["OS-IR-0000-0000"], code="evidence.request:view", is_untold=True),
    "evidence:samples": Page(For.CODE, code="evidence.sample:make"),
    "evidence:receipt": Page(For.CODE, pack, code="evidence.pack:view", is_untold=True),
}

PROPOSAL = {"approve": "people.role:change", "refuse": "people.role:change"}
#: A book of the company: all of them alike.
OF_THE_COMPANY = Book(
    "registers.book:view",
    export="jobs.list:export",
    add="registers.book:propose",
    acts={
        "approve": "registers.book:propose",
        "end-entry": "registers.book:end",
        "refuse": "registers.book:propose",
        "review": "registers.book:review",
    },
)
BOOKS: dict[str, Book] = {
    "audit_auditevent": Book(
        "audit.event:view", export="audit.event:export", acts={"reveal-values": "audit.event:reveal"}
    ),
    "consent_announcement": Book(
        "consent.notice:view",
        export="jobs.list:export",
        acts={"go-on": "consent.notice:propose", "make-proof": "jobs.list:export"},
    ),
    "consent_answerset": Book(
        "consent.answer:view", export="consent.event:export", extra={"scrub": "consent.answer:scrub"}
    ),
    "consent_broadcast": Book(
        "consent.broadcast:view",
        export="jobs.list:export",
        add="consent.broadcast:propose",
        acts={
            "answer-broadcast": "consent.broadcast:propose",
            "cancel": "consent.broadcast:steer",
            "pause": "consent.broadcast:steer",
            "resume": "consent.broadcast:steer",
            "try-out": "consent.broadcast:propose",
        },
    ),
    "consent_broadcastperson": Book("consent.broadcast:view", export="jobs.list:export"),
    "consent_consentevent": Book(
        "consent.event:view",
        export="consent.event:export",
        acts={"withdraw-of-sender": "consent.event:record"},
        extra={"as-of": "consent.event:view"},
    ),
    "consent_consentlist": Book(
        "consent.list:view",
        export="jobs.list:export",
        add="consent.list:bring",
        acts={
            "answer-list": "consent.list:bring",
            "carry-on": "consent.list:bring",
            "give-up": "consent.list:bring",
        },
    ),
    "consent_consentstate": Book(
        "consent.state:view", export="consent.event:export", acts={"withdraw": "consent.event:record"}
    ),
    "consent_inboundmessage": Book("consent.state:view", export="consent.event:export"),
    "consent_preferencechange": Book("consent.state:view", export="consent.event:export"),
    "consent_suppression": Book("consent.state:view", add="consent.event:record", export="consent.event:export"),
    "consent_cookiedefect": Book("consent.notice:view", export="jobs.list:export"),
    "consent_defectoverride": Book(
        "consent.notice:view", export="jobs.list:export", acts={"answer-override": "consent.notice:publish"}
    ),
    "consent_endingtold": Book("consent.event:view", export="jobs.list:export"),
    "consent_guardiananswer": Book(
        "consent.event:view", export="jobs.list:export", acts={"end-standing": "consent.event:record"}
    ),
    "consent_standingended": Book("consent.event:view", export="jobs.list:export"),
    "consent_heldconsent": Book(
        "consent.event:view", export="jobs.list:export", acts={"leave": "consent.event:record"}
    ),
    "consent_givenanswer": Book("consent.answer:view", export="consent.event:export"),
    "consent_latenotice": Book("consent.event:view", export="jobs.list:export"),
    "consent_meeting": Book("consent.event:view", export="jobs.list:export"),
    "consent_noticetext": Book(
        "consent.notice:view", export="jobs.list:export", acts={"review": "consent.notice:publish"}
    ),
    "consent_translationproposal": Book(
        "consent.notice:view", export="jobs.list:export", acts={"answer-translation": "consent.notice:publish"}
    ),
    "consent_noticeversion": Book(
        "consent.notice:view",
        add="consent.notice:import",
        export="jobs.list:export",
        acts={
            "drop-draft": "consent.notice:propose",
            "propose-publication": "consent.notice:propose",
            "record-review": "consent.notice:propose",
        },
        of_row={
            "changes": ("consent.notice:view", []),
            "clause": ("consent.notice:propose", ["en", 1]),
            "clause_act": ("consent.notice:propose", ["en", 1, "down"]),
            "clauses": ("consent.notice:propose", ["en"]),
            "details": ("consent.notice:propose", []),
            "languages": ("consent.notice:view", []),
            "languages_one": ("consent.notice:view", ["hi"]),
            "through": ("consent.notice:propose", ["en"]),
        },
    ),
    "consent_policydefect": Book(
        "consent.notice:view", export="jobs.list:export", acts={"propose-override": "consent.notice:propose"}
    ),
    "consent_publicationproposal": Book(
        "consent.notice:view", export="jobs.list:export", acts={"answer-proposal": "consent.notice:publish"}
    ),
    "consent_sendafterwithdrawal": Book(
        "consent.send:view", export="consent.event:export", acts={"note-finding": "consent.send:note"}
    ),
    "consent_takenanswer": Book(
        "consent.event:view",
        add="consent.event:record",
        export="jobs.list:export",
        acts={"answer-taken": "consent.event:record"},
        of_row={"scan": ("consent.event:record", [])},
    ),
    "grievances_bundle": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        of_row={"archive": ("grievances.request:answer", [])},
    ),
    "grievances_bundlesection": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        acts={"try-again": "grievances.request:answer"},
    ),
    "grievances_requestproposal": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        acts={"approve": "grievances.request:answer", "refuse": "grievances.request:answer"},
    ),
    "grievances_nominee": Book("grievances.request:view", export="grievances.ticket:export"),
    "grievances_nomineestanding": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        acts={"end-standing": "grievances.request:answer"},
    ),
    "grievances_outsidetask": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        acts={
            "done": "grievances.request:answer",
            "failed": "grievances.request:answer",
            "try-again": "grievances.request:answer",
        },
    ),
    "grievances_proofpaper": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        acts={"check-paper": "grievances.request:answer"},
        of_row={"open": ("grievances.request:answer", [])},
    ),
    "grievances_rightsrequest": Book(
        "grievances.request:view",
        export="grievances.ticket:export",
        extra={"log": "grievances.request:view"},
        acts={
            "call-back": "grievances.request:answer",
            "give-task": "grievances.request:answer",
            "collect": "grievances.request:answer",
            "name-person": "grievances.request:answer",
            "propose": "grievances.request:answer",
        },
    ),
    "grievances_mailcount": Book("grievances.ticket:view", export="jobs.list:export"),
    "grievances_seenmail": Book("grievances.ticket:view", export="jobs.list:export"),
    "grievances_tickettakeover": Book(
        "grievances.ticket:bring",
        add="grievances.ticket:bring",
        export="grievances.ticket:bring",
        acts={"give-up": "grievances.ticket:bring", "take-in": "grievances.ticket:bring"},
    ),
    "grievances_ticket": Book(
        "grievances.ticket:view",
        export="grievances.ticket:export",
        acts={
            "assign": "grievances.ticket:assign",
            "become-request": "grievances.ticket:answer",
            "correct-receipt": "grievances.ticket:assign",
            "give-back": "grievances.ticket:answer",
            "link": "grievances.ticket:answer",
            "merge": "grievances.ticket:answer",
            "pass-on": "grievances.ticket:answer",
            "say-cause": "grievances.ticket:answer",
            "say-kind": "grievances.ticket:answer",
            "stop-messages": "grievances.ticket:answer",
            "take": "grievances.ticket:answer",
            "tie-document": "grievances.ticket:answer",
        },
        extra={"new": "grievances.ticket:file", "take_next": "grievances.ticket:answer"},
        of_row={"file": ("grievances.ticket:read", [0]), "write": ("grievances.ticket:view", [])},
    ),
    "jobs_listexport": Book("jobs.export:view", export="jobs.list:export"),
    "jobs_listimport": Book(
        "jobs.import:view",
        export="jobs.list:export",
        add="jobs.import:make",
        acts={
            "carry-on": "jobs.import:make",
            "give-up": "jobs.import:make",
            "stop": "jobs.import:make",
            "take-in": "jobs.import:make",
        },
    ),
    "workplace_unmaskedexport": Book(
        "jobs.export:view", export="jobs.list:export", acts={"answer-proposal": "jobs.unmasked:answer"}
    ),
    "jobs_job": Book(
        "jobs.job:view",
        export="jobs.list:export",
        acts={"cancel-job": "jobs.job:cancel", "take-back": "jobs.job:view", "restart-job": "jobs.job:restart"},
    ),
    "kyc_case": Book(
        "kyc.case:view",
        export="kyc.case:export",
        acts={"ask-again": "kyc.case:decide", "reclassify": "kyc.case:decide", "set-risk": "kyc.case:decide"},
        of_row={"bring": ("kyc.document:bring", [])},
    ),
    "kyc_decision": Book("kyc.document:view", export="kyc.case:export"),
    "kyc_document": Book(
        "kyc.document:view",
        export="kyc.case:export",
        acts={"check-again": "kyc.case:decide", "give-back": "kyc.case:decide", "take": "kyc.case:decide"},
        extra={"take_next": "kyc.case:decide", "for_grievance": "kyc.document:look"},
        of_row={
            "answer": ("kyc.case:decide", []),
            "clear": ("kyc.document:open", []),
            "keys": ("kyc.document:view", []),
            "look": ("kyc.document:look", []),
            "look_page": ("kyc.document:look", [1]),
            "number": ("kyc.document:open", []),
            "page": ("kyc.document:open", [1]),
            "propose": ("kyc.case:decide", []),
        },
    ),
    "kyc_deletionrequest": Book(
        "kyc.document:view",
        export="kyc.case:export",
        acts={"propose": "kyc.deletion:answer", "refuse": "kyc.deletion:answer"},
    ),
    "kyc_deletionproposal": Book(
        "kyc.document:view",
        export="kyc.case:export",
        acts={"approve": "kyc.deletion:answer", "refuse": "kyc.deletion:answer"},
    ),
    "kyc_minorfound": Book("kyc.case:view", export="kyc.case:export", acts={"propose-lift": "kyc.case:decide"}),
    "kyc_freezelift": Book("kyc.case:view", export="kyc.case:export", acts={"answer-lift": "kyc.case:decide"}),
    "kyc_likeness": Book(
        "kyc.screening:view",
        export="kyc.case:export",
        acts={
            "agree": "kyc.case:decide",
            "refuse": "kyc.case:decide",
            "same": "kyc.case:decide",
            "somebody-else": "kyc.case:decide",
        },
    ),
    "kyc_sanctionslist": Book("kyc.screening:view", export="jobs.list:export"),
    "kyc_screening": Book("kyc.screening:view", export="jobs.list:export"),
    "kyc_renewal": Book("kyc.case:view", export="kyc.case:export"),
    "kyc_riskproposal": Book(
        "kyc.case:view", export="kyc.case:export", acts={"approve": "kyc.case:answer", "refuse": "kyc.case:answer"}
    ),
    "kyc_typeproposal": Book(
        "kyc.case:view", export="kyc.case:export", acts={"approve": "kyc.case:answer", "refuse": "kyc.case:answer"}
    ),
    "kyc_draw": Book("kyc.document:view", export="kyc.case:export"),
    "kyc_secondlook": Book("kyc.document:view", export="kyc.case:export", acts={"say": "kyc.case:decide"}),
    "kyc_takeover": Book(
        "kyc.take_over:bring",
        add="kyc.take_over:bring",
        export="kyc.take_over:bring",
        acts={"give-up": "kyc.take_over:bring", "take-in": "kyc.take_over:bring"},
    ),
    "kyc_signerkey": Book("kyc.signer:view", export="jobs.list:export", acts={"propose-end": "kyc.signer:propose"}),
    "kyc_signerproposal": Book(
        "kyc.signer:view",
        add="kyc.signer:propose",
        export="jobs.list:export",
        acts={"approve": "kyc.signer:answer", "refuse": "kyc.signer:answer"},
    ),
    "law_clock": Book(
        "law.clock:view",
        export="jobs.list:export",
        acts={
            "correct-start": "law.clock:change",
            "explain-late": "law.clock:change",
            "extend": "law.clock:change",
        },
    ),
    "law_houserule": Book("law.rule:view", export="jobs.list:export"),
    "law_legalrule": Book("law.rule:view", export="jobs.list:export"),
    "law_organisationprofile": Book("law.profile:view", export="jobs.list:export"),
    "law_purpose": Book("law.purpose:view", export="jobs.list:export"),
    "outbox_addressfault": Book("outbox.message:view", export="jobs.list:export"),
    "outbox_message": Book(
        "outbox.message:view",
        export="jobs.list:export",
        acts={
            "close-unsent": "outbox.message:close",
            "show-words": "outbox.message:read",
            "try-again": "outbox.message:retry",
        },
    ),
    "outbox_templateversion": Book("outbox.message:view", export="jobs.list:export"),
    "people_absence": Book(
        "people.absence:view",
        add="people.absence:note",
        export="jobs.list:export",
        acts={"back": "people.absence:note"},
    ),
    "people_apikey": Book(
        "people.api_key:view",
        add="people.api_key:propose",
        export="jobs.list:export",
        acts={
            "approve": "people.api_key:propose",
            "end-key": "people.api_key:end",
            "refuse": "people.api_key:propose",
            "take": "people.api_key:propose",
            "withdraw": "people.api_key:propose",
        },
    ),
    "people_customer": Book(
        "people.customer:view",
        add="people.customer:create",
        acts={
            "close": "people.customer:change",
            "invite": "people.customer:invite",
            "propose-insolvency": "people.customer:insolvency",
            "rename": "people.customer:change",
            "reopen": "people.customer:change",
        },
        export="people.customer:export",
    ),
    "people_fiduciary": Book("people.fiduciary:view", add="people.fiduciary:create", export="jobs.list:export"),
    "people_foureyesrule": Book("people.role:view", export="people.role:export"),
    "people_invitation": Book(
        "people.customer:view", export="jobs.list:export", acts={"cancel": "people.customer:invite"}
    ),
    "people_mfareset": Book(
        "people.mfa:view",
        export="people.role:export",
        acts={"approve": "people.mfa:reset", "refuse": "people.mfa:reset"},
    ),
    "evidence_personfile": Book(
        "evidence.file:view",
        export="jobs.list:export",
        acts={"sign-off": "evidence.file:view"},
    ),
    "people_insolvency": Book(
        "people.customer:view",
        export="jobs.list:export",
        acts={"answer-insolvency": "people.customer:insolvency"},
    ),
    "people_mergeproposal": Book(
        "people.customer:view",
        export="jobs.list:export",
        acts={"answer-merge": "people.principal:merge"},
    ),
    "people_principal": Book(
        "people.customer:view",
        export="jobs.list:export",
        acts={
            "propose-merge": "people.principal:merge",
            "protect": "people.protection:note",
            "reassign-address": "people.principal:merge",
            "reveal-addresses": "people.customer:reveal",
            "unlock": "people.customer:unlock",
            "unprotect": "people.protection:note",
        },
    ),
    "people_role": Book("people.role:view", export="jobs.list:export"),
    "people_rolegrant": Book(
        "people.role:view",
        export="people.role:export",
        acts={"propose-change": "people.role:change", "propose-end": "people.role:change"},
    ),
    "people_roleproposal": Book("people.role:view", export="people.role:export", acts=PROPOSAL),
    "people_signin": Book("people.staff:view", export="people.staff:export"),
    "people_user": Book(
        "people.staff:view",
        export="people.staff:export",
        add="people.staff:invite",
        acts={
            "deactivate": "people.staff:deactivate",
            "invite-again": "people.staff:invite",
            "propose-mfa-reset": "people.mfa:reset",
            "propose-role": "people.role:change",
            "sign-out": "people.staff:sign_out",
            "unlock": "people.staff:unlock",
        },
    ),
    "registers_accessreview": OF_THE_COMPANY,
    "registers_accountblock": OF_THE_COMPANY,
    "registers_auditfinding": OF_THE_COMPANY,
    "registers_contentaccess": OF_THE_COMPANY,
    "registers_contract": OF_THE_COMPANY,
    "registers_countryrule": OF_THE_COMPANY,
    "registers_dataset": OF_THE_COMPANY,
    "registers_dpia": OF_THE_COMPANY,
    "registers_externallink": OF_THE_COMPANY,
    "registers_measure": OF_THE_COMPANY,
    "registers_processingactivity": OF_THE_COMPANY,
    "registers_product": OF_THE_COMPANY,
    "registers_recipientcheck": OF_THE_COMPANY,
    "registers_training": OF_THE_COMPANY,
    "registers_transfer": OF_THE_COMPANY,
    "registers_authorityorder": Book(
        "registers.order:view",
        export="jobs.list:export",
        add="registers.order:enter",
        acts={
            "end-silence": "registers.order:answer",
            "make-silent": "registers.order:enter",
            "propose-answer": "registers.order:answer",
        },
    ),
    "registers_booktask": Book("registers.book:view", export="jobs.list:export"),
    "registers_companydetails": Book(
        "registers.company:view",
        export="jobs.list:export",
        add="registers.company:propose",
        acts={"answer-company": "registers.company:propose"},
    ),
    "registers_consentmanager": Book(
        "registers.manager:view",
        export="jobs.list:export",
        add="registers.manager:propose",
        acts={
            "approve": "registers.manager:propose",
            "end-entry": "registers.manager:end",
            "refuse": "registers.manager:propose",
        },
    ),
    "registers_consenttemplate": Book(
        "registers.template:view",
        export="jobs.list:export",
        add="registers.template:propose",
        acts={
            "approve": "registers.template:propose",
            "end-entry": "registers.template:end",
            "refuse": "registers.template:propose",
        },
    ),
    "registers_contenttemplate": Book(
        "registers.template:view",
        export="jobs.list:export",
        add="registers.template:propose",
        acts={
            "approve": "registers.template:propose",
            "end-entry": "registers.template:end",
            "record-state": "registers.template:move",
            "refuse": "registers.template:propose",
        },
    ),
    "registers_disclosure": Book("registers.disclosure:view", export="jobs.list:export"),
    "registers_listedtarget": Book(
        "registers.sender:view",
        export="jobs.list:export",
        add="registers.sender:propose",
        acts={
            "approve": "registers.sender:propose",
            "end-entry": "registers.sender:end",
            "refuse": "registers.sender:propose",
        },
    ),
    "registers_officer": Book(
        "registers.officer:view",
        export="jobs.list:export",
        add="registers.officer:propose",
        acts={"answer-officer": "registers.officer:propose"},
    ),
    "registers_incident": Book(
        "registers.incident:view",
        export="jobs.list:export",
        add="registers.incident:open",
        acts={
            "propose-close": "registers.incident:decide",
            "put-right": "registers.incident:open",
            "tell-happened": "registers.incident:open",
            "tell-harm": "registers.incident:open",
            "tell-response": "registers.incident:open",
            "tell-systems": "registers.incident:open",
            "write-english": "registers.incident:open",
            "write-hindi": "registers.incident:open",
            "write-marathi": "registers.incident:open",
        },
        of_row={"file": ("registers.incident:view", [])},
    ),
    "registers_incidentdecision": Book(
        "registers.incident:view",
        export="jobs.list:export",
        acts={
            "answer-decision": "registers.incident:decide",
            "note-filed": "registers.incident:decide",
        },
        of_row={"paper": ("registers.incident:view", [])},
    ),
    "registers_incidentduty": Book(
        "registers.incident:view",
        export="jobs.list:export",
        acts={
            "propose-file": "registers.incident:decide",
            "propose-none": "registers.incident:decide",
            "propose-send": "registers.incident:decide",
            "propose-tell": "registers.incident:decide",
            "set-pending": "registers.incident:open",
        },
    ),
    "registers_incidentsearch": Book(
        "registers.incident:view",
        export="jobs.list:export",
        add="registers.incident:open",
        acts={"give-up": "registers.incident:open"},
    ),
    "registers_orderanswer": Book(
        "registers.order:view",
        export="jobs.list:export",
        acts={"approve": "registers.order:answer", "refuse": "registers.order:answer"},
    ),
    "registers_silenceend": Book(
        "registers.order:view",
        export="jobs.list:export",
        acts={"approve": "registers.order:answer", "refuse": "registers.order:answer"},
    ),
    "registers_instruction": Book(
        "registers.instruction:view",
        export="jobs.list:export",
        add="registers.instruction:give",
        acts={"note-answer": "registers.instruction:note"},
    ),
    "registers_recipient": Book(
        "registers.recipient:view",
        export="jobs.list:export",
        add="registers.recipient:propose",
        acts={
            "approve": "registers.recipient:propose",
            "end-entry": "registers.recipient:end",
            "end-secrets": "registers.recipient:secret",
            "make-secret": "registers.recipient:secret",
            "refuse": "registers.recipient:propose",
            "send-test": "registers.recipient:test",
        },
    ),
    "registers_reportedsend": Book("registers.instruction:view", export="jobs.list:export"),
    "registers_sender": Book(
        "registers.sender:view",
        export="jobs.list:export",
        add="registers.sender:propose",
        acts={
            "approve": "registers.sender:propose",
            "end-entry": "registers.sender:end",
            "refuse": "registers.sender:propose",
        },
    ),
    "registers_senderdefect": Book("registers.sender:view", export="jobs.list:export"),
    "registers_sendingentity": Book(
        "registers.sender:view",
        export="jobs.list:export",
        add="registers.sender:propose",
        acts={
            "approve": "registers.sender:propose",
            "end-entry": "registers.sender:end",
            "refuse": "registers.sender:propose",
        },
    ),
    "retention_booksrow": Book(
        "retention.books:view",
        export="jobs.list:export",
        add="retention.books:note",
        acts={"note-destroyed": "retention.books:note"},
    ),
    "retention_erasurerun": Book(
        "retention.run:view", export="jobs.list:export", acts={"propose-plan": "retention.run:approve"}
    ),
    "retention_childreport": Book(
        "retention.child:view",
        export="jobs.list:export",
        acts={"freeze-person": "retention.child:freeze", "propose-decision": "retention.child:decide"},
    ),
    "retention_childdecision": Book(
        "retention.child:view",
        export="jobs.list:export",
        acts={"answer-decision": "retention.child:decide"},
    ),
    "retention_hold": Book(
        "retention.hold:view",
        export="jobs.list:export",
        add="retention.hold:place",
        acts={"propose-release": "retention.hold:place"},
    ),
    "retention_holdrelease": Book(
        "retention.hold:view", export="jobs.list:export", acts={"answer-release": "retention.hold:release"}
    ),
    "retention_legalclaim": Book(
        "retention.hold:view",
        export="jobs.list:export",
        add="retention.hold:place",
        acts={"answer-claim": "retention.hold:release", "propose-end": "retention.hold:place"},
    ),
    "retention_planapproval": Book(
        "retention.run:view", export="jobs.list:export", acts={"answer-plan": "retention.run:approve"}
    ),
    "retention_retentionrule": Book(
        "retention.rule:view",
        export="jobs.list:export",
        acts={"propose-change": "retention.rule:change", "propose-shipped": "retention.rule:change"},
        extra={"keep-or-erase": "retention.rule:view"},
    ),
    "retention_ruleproposal": Book(
        "retention.rule:view", export="jobs.list:export", acts={"answer-change": "retention.rule:change"}
    ),
    "workplace_anomalyproposal": Book(
        "ledger.key:view",
        export="jobs.list:export",
        add="ledger.key:propose",
        acts={"answer-proposal": "ledger.key:answer"},
    ),
    "workplace_keyrotationproposal": Book(
        "ledger.key:view",
        export="jobs.list:export",
        add="ledger.key:propose",
        acts={"answer-proposal": "ledger.key:answer"},
    ),
    "workplace_profileproposal": Book(
        "law.profile:view",
        export="jobs.list:export",
        add="law.profile:propose",
        acts={"answer-proposal": "law.profile:answer"},
    ),
    "workplace_purposeproposal": Book(
        "law.purpose:view",
        export="jobs.list:export",
        add="law.purpose:propose",
        acts={"answer-proposal": "law.purpose:answer"},
    ),
}
