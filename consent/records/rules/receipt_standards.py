"""One answer in the words of two standards: Kantara Consent Receipt 1.1, and ISO/IEC TS 27560 in DPV JSON-LD.

A view is made from what is recorded and never hashed: the ledger commits to the record itself, so that a view can be
mended later. Plain values in. Sources: the Kantara 1.1 schema; the field table of the W3C DPV guide to ISO 27560.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.kernel.core import clock

#: Kantara's view knows no word for these: it is for a yes.
YES = frozenset({"given", "renewed"})
STATUS = {
    "given": "dpv:ConsentGiven",
    "denied": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
    "renewed": "dpv:RenewedConsentGiven",
}
#: The personal data concepts of DPV for our data categories.
PERSONAL_DATA = {
    "name": "pd:Name",
    "contact": "pd:Contact",
    "identity_document": "pd:OfficialID",
    "financial": "pd:Financial",
    "date_of_birth": "pd:BirthDate",
    "message_content": "pd:Communication",
    "free_text": "pd:Communication",
    "credential": "pd:Authenticating",
    "device": "pd:DeviceBased",
    "location": "pd:Location",
}
CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
#: Where the law of India counts; other regimes are named by their own code.
JURISDICTION = "IN"
#: Said where the register has no entry, instead of a guess.
NOT_RECORDED = "not recorded"


@dataclass(frozen=True)
class Party:
    """A company and where it can be reached; empty where nobody has entered it."""

    code: str
    name: str
    contact: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True)
class Shown:
    """What a view shows of one answer. ``processor`` is us where we act for a client; ``retention`` an ISO 8601 period;
    ``way`` is how the choice reached us and how the person was identified.

    ``recipients`` are names and countries of those who get this data for this purpose.
    """

    event_id: str
    receipt: str
    answer: str
    way: str
    language: str
    subject: str
    controller: Party
    processor: Party | None
    purpose: str
    purpose_name: str
    purpose_description: str
    purpose_category: str
    basis: str
    data: Sequence[str]
    channel: str
    notice: str
    notice_sha256: str
    policy_url: str
    withdraw_url: str
    occurred_at: datetime
    expires_at: datetime | None
    retention: str
    recipients: Sequence[tuple[str, str]]
    vkey: str
    proof: str


def kantara(shown: Shown) -> dict[str, Any]:
    """Kantara Consent Receipt 1.1, with the ledger's proof as a member of its own. Raises ValueError for a no."""
    if shown.answer not in YES:
        raise ValueError("A Kantara receipt is for a consent.")
    reached = shown.processor or shown.controller
    third_parties: dict[str, Any] = {"thirdPartyDisclosure": bool(shown.recipients)}
    if shown.recipients:
        third_parties["thirdPartyName"] = ", ".join(name for name, _country in shown.recipients)
    return {
        "version": "KI-CR-v1.1.0",
        "jurisdiction": JURISDICTION,
        "consentTimestamp": int(shown.occurred_at.timestamp()),
        "collectionMethod": shown.way,
        "consentReceiptID": shown.event_id,
        "publicKey": shown.vkey,
        "language": shown.language,
        "piiPrincipalId": shown.subject,
        "piiControllers": [
            {
                "piiController": shown.controller.name,
                "onBehalf": shown.processor is not None,
                "contact": reached.contact or NOT_RECORDED,
                "address": {"postalAddress": reached.address or NOT_RECORDED, "addressCountry": JURISDICTION},
                "email": reached.email or NOT_RECORDED,
                "phone": reached.phone or NOT_RECORDED,
                "piiControllerUrl": reached.url or shown.policy_url,
            }
        ],
        "policyUrl": shown.policy_url,
        "services": [
            {
                "service": shown.purpose_name,
                "purposes": [
                    {
                        "purpose": shown.purpose_description or shown.purpose_name,
                        "purposeCategory": [shown.purpose_category or shown.purpose],
                        "consentType": "EXPLICIT",
                        "piiCategory": list(shown.data),
                        "primaryPurpose": False,
                        "termination": _ends(shown),
                        **third_parties,
                    }
                ],
            }
        ],
        "sensitive": False,
        "spiCat": [],
        "tlogProof": shown.proof,
    }


def iso27560(shown: Shown) -> dict[str, Any]:
    """The receipt of ISO/IEC TS 27560:2023 as JSON-LD with the Data Privacy Vocabulary, for a yes and for a no."""
    controller = _party(shown.controller, "dpv:DataController")
    by = controller if shown.processor is None else _party(shown.processor, "dpv:DataProcessor")
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{shown.event_id}",
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": {"@id": "https://w3id.org/dpv/schema/dpv-27560#receipt"},
        "dct:identifier": shown.event_id,
        "dpv:hasIdentifier": shown.receipt,
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": shown.subject},
        "dct:language": shown.language,
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:identifier": shown.notice or NOT_RECORDED,
            "dct:language": shown.language,
            "dct:description": f"SHA-256 {shown.notice_sha256}" if shown.notice_sha256 else NOT_RECORDED,
            "dct:isPartOf": {"@id": shown.policy_url},
        },
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": shown.purpose,
            "dct:title": shown.purpose_name,
            "dct:description": shown.purpose_description,
            "dct:type": shown.purpose_category or shown.purpose,
        },
        "dpv:hasService": {"@type": "dpv:Service", "dct:title": shown.channel},
        "dpv:hasLegalBasis": {"@id": "dpv:Consent", "dct:description": shown.basis},
        "dpv:hasPersonalData": [
            {"@type": PERSONAL_DATA.get(one, "dpv:PersonalData"), "dct:identifier": one} for one in shown.data
        ],
        "dpv:hasDataController": controller,
        "dpv:hasDataSource": {"@id": "dpv:DataSubjectDataSource", "dct:description": shown.way},
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dct:description": NOT_RECORDED},
            {"@type": "dpv:StorageDuration", "dpv:hasDuration": shown.retention or NOT_RECORDED},
        ],
        "dpv:hasJurisdiction": JURISDICTION,
        "dpv:hasRecipient": [
            {"@type": "dpv:Recipient", "dpv:hasName": name, "dpv:hasLocation": country}
            for name, country in shown.recipients
        ],
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "@id": shown.withdraw_url},
        "dct:date": _typed(shown.occurred_at),
        "dct:valid": _ends(shown) if shown.expires_at is None else _typed(shown.expires_at),
        "dpv:isImplementedByEntity": {"@id": by["@id"]},
        "dpv:hasConsentStatus": {"@id": STATUS[shown.answer]},
        "dct:provenance": shown.proof,
    }
    if shown.processor is not None:
        found["dpv:hasDataProcessor"] = by
    return found


def _party(party: Party, kind: str) -> dict[str, Any]:
    return {
        "@id": f"urn:onesetu:fiduciary:{party.code}",
        "@type": kind,
        "dpv:hasIdentifier": party.code,
        "dpv:hasName": party.name,
        "dpv:hasAddress": party.address or NOT_RECORDED,
        "dpv:hasContact": [one for one in (party.contact, party.email, party.phone, party.url) if one] or NOT_RECORDED,
    }


def _typed(instant: datetime) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": clock.stamp(instant)}


def _ends(shown: Shown) -> str:
    return "until withdrawn" if shown.expires_at is None else clock.stamp(shown.expires_at)
