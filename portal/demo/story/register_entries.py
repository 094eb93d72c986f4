"""The books of the company: papers of each recipient, records of processing, measures, and what was found about them."""

import functools
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any

from portal.demo.story.cast import Cast
from portal.demo.story.office import by
from portal.demo.story.pieces import piece
from portal.demo.story.timeline import Timeline
from portal.kernel.core import clock
from portal.kernel.core.actor import Actor
from portal.kernel.law import selectors as law
from portal.kernel.law.choices import Regime
from portal.kernel.people.models import Role, User
from portal.kernel.people.services import fiduciaries, maker_checker
from portal.kernel.registers.base.choices import Clause
from portal.kernel.registers.base.models.dated_entry import IN_FORCE
from portal.kernel.registers.base.models.register_entries import BookEntry
from portal.kernel.registers.base.models.security import AccessReview, AuditFinding, ExternalLink, Measure
from portal.kernel.registers.entries.models.processing import Dataset, Dpia, ProcessingActivity, Product
from portal.kernel.registers.entries.services import register_entries
from portal.kernel.registers.recipients.models.recipients import Recipient
from portal.kernel.registers.recipients.models.vendor_assurance import Contract, CountryRule, RecipientCheck, Transfer
from portal.kernel.registers.senders.services import sender_entries

#: When the records were entered, as a part of the time since the opening, and for how many days they are valid from then.
SIGNED, HOLDS = 0.1, 900
MEASURES = (
    ("encryption", "protection", "Files and account numbers are encrypted.",
     "फ़ाइलें और खाता नंबर एन्क्रिप्ट किए जाते हैं।", "फायली आणि खाते क्रमांक एन्क्रिप्ट केले जातात."),
    ("two-factors", "access", "Staff sign in with two factors and see only what their role needs.",
     "कर्मचारी दो चरणों में साइन इन करते हैं और केवल अपनी भूमिका के लिए ज़रूरी जानकारी देखते हैं।",
     "कर्मचारी दोन टप्प्यांत साइन इन करतात आणि आपल्या भूमिकेसाठी आवश्यक तेवढेच पाहतात."),
    ("who-looked", "logging", "Each look into a person's papers is recorded with a reason.",
     "किसी व्यक्ति के काग़ज़ात देखने की हर घटना कारण सहित दर्ज होती है।",
     "व्यक्तीची कागदपत्रे पाहण्याची प्रत्येक घटना कारणासह नोंदवली जाते."),
    ("restores", "continuity", "Backups are made each night, and bringing them back is tried.",
     "हर रात बैकअप बनता है, और उसे वापस लाने का अभ्यास किया जाता है।",
     "दररोज रात्री बॅकअप घेतला जातो, आणि तो परत आणण्याचा सराव केला जातो."),
    ("kept-logs", "log_keeping", "Logs of access are kept for a year, in India.",
     "एक्सेस के लॉग एक साल तक भारत में रखे जाते हैं।", "प्रवेशाच्या नोंदी एक वर्ष भारतात ठेवल्या जातात."),
    ("bound-processors", "contracts", "Every company that gets data from us is bound by a contract.",
     "हमसे डेटा पाने वाली हर कंपनी अनुबंध से बँधी है।", "आमच्याकडून डेटा मिळणारी प्रत्येक कंपनी कराराने बांधलेली आहे."),
    ("trained-staff", "organisation", "Staff are taught once a year how to handle data.",
     "कर्मचारियों को हर साल डेटा संभालना सिखाया जाता है।", "कर्मचाऱ्यांना दरवर्षी डेटा हाताळायला शिकवले जाते."),
    ("outside-audit", "audit", "An auditor from outside looks at these measures once a year.",
     "बाहर का ऑडिटर साल में एक बार इन उपायों की जाँच करता है।",
     "बाहेरील ऑडिटर वर्षातून एकदा या उपायांची तपासणी करतो."),
)  # fmt: skip
ACTIVITIES = (
    ("accounts", "Customers' accounts", ("account_service", "support"), ("customers",), ("name", "contact", "free_text"),
     ("account", "grievance")),
    ("offers", "Offers and news", ("marketing", "product_updates"), ("customers", "message_recipients"),
     ("name", "contact"), ("consent_evidence", "message")),
    ("identity", "Checking who customers are", ("kyc_verification",), ("customers", "partners"),
     ("name", "identity_document", "financial", "date_of_birth"), ("kyc",)),
    ("fraud", "Preventing fraud", ("fraud_prevention",), ("customers", "partners"),
     ("name", "identity_document", "financial"), ("kyc",)),
    ("bills", "Invoices and payments", ("billing",), ("customers",), ("name", "contact", "financial"), ("account",)),
    ("visits", "Visits of our pages", ("analytics",), ("visitors",), ("device", "location"), ("sign_in",)),
    ("jobs", "Applications", ("recruitment",), ("applicants",), ("name", "contact", "free_text"), ("kyc_applicant",)),
)  # fmt: skip
PRODUCTS = (
    ("website", "The website", "website", "Tells about the services.", ("visits",)),
    (
        "dashboard",
        "The dashboard",
        "dashboard",
        "Customers run their account.",
        ("accounts", "bills", "identity", "fraud"),
    ),
    ("messages", "Messages and calls", "channel", "Carries messages on every channel.", ("accounts", "offers")),
    ("interface", "The interface for developers", "interface", "Other systems send and ask.", ("accounts",)),
)
LINKS = (
    ("trai", "TRAI, preferences", "https://cms.trai.gov.in/", "People block promotional calls there."),
    ("uidai", "UIDAI", "https://uidai.gov.in/", "People fetch their offline Aadhaar document there."),
    ("board", "Data Protection Board", "https://www.meity.gov.in/", "People may complain there."),
)


def plan(past: Timeline, cast: Cast, team: Mapping[str, User]) -> None:
    """Some weeks after the opening two people enter measures, assessments, records of processing and products."""
    past.plan(past.share(SIGNED), lambda: _enter(cast, team))


def _bases(purpose: str, *, on: date) -> tuple[str, str, str]:
    """The lawful basis of a purpose in India, in the European Union and in California."""
    found = law.purpose(purpose, on=on).bases
    return found[Regime.IN], found[Regime.EU], found[Regime.US_CA]


def _putter(cast: Cast, team: Mapping[str, User]) -> Callable[..., None]:
    maker, checker = by(team["administrator"]), by(team["data.protection"])
    return functools.partial(_put, cast, maker=maker, checker=checker)


def _enter(cast: Cast, team: Mapping[str, User]) -> None:
    put = _putter(cast, team)
    for code, control, said, hindi, marathi in MEASURES:
        put(Measure, code, said, evidence_ago=60, evidence="Report of the yearly audit, invented",
            control=control, said=said, said_hi=hindi, said_mr=marathi, is_published=True)  # fmt: skip
    put(Dpia, "counting-visits", "Counting visits", about="Counting how pages are used.", risk="low",
        answer_to_risk="Marks instead of names; who says no is left out.", done_on=clock.day(cast.start),
        outcome="go_with_measures")  # fmt: skip
    for activity in ACTIVITIES:
        put(ProcessingActivity, *activity[:2], **_activity(cast, *activity[1:]))
    for code, name, kind, does, activities in PRODUCTS:
        put(Product, code, name, kind=kind, what_it_does=does, activities=activities, country="IN")
    put(Dataset, "page-counts", "Counts of visits", kind="analytics", form="aggregated", used_categories=["device"],
        purposes=["analytics"], basis="consent", opt_out="In the preferences, and by the browser's signal.",
        left_out=["children", "opted_out", "kyc", "content"], dpias=["counting-visits"])  # fmt: skip


def _activity(
    cast: Cast, name: str, purposes: Collection[str], subjects: Any, categories: Any, classes: Any
) -> dict[str, Any]:
    """The fields of a record of processing. Its basis is that of the purposes: two that rest on different ones are two records."""
    ((in_india, in_eu, in_california),) = {_bases(purpose, on=clock.day(cast.start)) for purpose in purposes}
    return {
        "role": "controller",
        "dpdp_role": "fiduciary",
        "what_is_done": name,
        "purposes": purposes,
        "subjects": subjects,
        "used_categories": categories,
        "retention_classes": classes,
        "measures": ["encryption", "two-factors"],
        "basis_in": in_india,
        "basis_eu": in_eu,
        "basis_us_ca": in_california,
    }


def connect(cast: Cast, team: Mapping[str, User]) -> None:
    """Once the recipients are registered, the records of processing name who gets data for their purposes, and where abroad: two
    people agree to a newer version of each such record.
    """
    put = _putter(cast, team)
    registered = list(Recipient.objects.filter(IN_FORCE).order_by("code"))
    abroad = dict(Transfer.objects.filter(IN_FORCE).values_list("recipient_code", "code"))
    for activity in ACTIVITIES:
        code, name = activity[:2]
        about = _activity(cast, *activity[1:])
        found = [row.code for row in registered if set(row.purposes) & set(about["purposes"])]
        if found:
            transfers = [abroad[one] for one in found if one in abroad]
            put(ProcessingActivity, code, name, **about, recipients=found, transfers=transfers)


def build(cast: Cast, team: Mapping[str, User]) -> None:
    """Today: links, what is known about a country, and what an audit and a review found."""
    put = _putter(cast, team)
    with piece():
        for code, name, url, why in LINKS:
            put(ExternalLink, code, name, url=url, what_for=why)
        put(CountryRule, "sg-in", "Singapore under Indian law", country="SG", law="IN", says="allowed",
            source="DPDP s.16; no order known", confidence="U")  # fmt: skip
        put(AuditFinding, "restore-minutes", "Restores are not written down", audit="Audit from outside, invented",
            severity="medium", what="Who tried a restore, and when, was not written down.", state="open",
            due_on=clock.day(cast.start) + timedelta(days=20))  # fmt: skip
        put(AccessReview, "first-quarter", "Roles of the first quarter", evidence_ago=20, roles=[row.code for row in Role.objects.order_by("code")],
            found="Everybody still needs the role.", to_end=0)  # fmt: skip


def papers_of(
    cast: Cast,
    code: str,
    *,
    name: str,
    service: str,
    country: str,
    categories: Collection[str],
    maker: Actor,
    checker: Actor,
) -> None:
    """Contract and check of one recipient, and the transfer where its data lies abroad."""
    signed, holds = clock.day(cast.start), clock.day(cast.start) + timedelta(days=HOLDS)

    def put(model: type[BookEntry], what: str, **fields: Any) -> None:
        _put(cast, model, f"{what}-{code}", f"{name}: {what}", maker=maker, checker=checker,
             recipient_code=code, evidence="Binder of contracts, invented", **fields)  # fmt: skip

    put(Contract, "contract", kind="processing", clauses=Clause.values, signed_on=signed, valid_until=holds)
    put(RecipientCheck, "check", service=service, region="Mumbai" if country == "IN" else country, sells_nothing=True,
        training_use="none", allowed_categories=categories, checked_on=signed, outcome="fit")  # fmt: skip
    if country != "IN":
        put(Transfer, "transfer", country=country, used_categories=categories, mechanism="contract", assessed_on=signed,
            assessment="The same level of protection, by contract.", valid_until=holds)  # fmt: skip


def _put(
    cast: Cast,
    model: type[BookEntry],
    code: str,
    name: str,
    *,
    maker: Actor,
    checker: Actor,
    evidence_ago: int | None = None,
    **fields: Any,
) -> None:
    if evidence_ago is not None:
        fields["evidence_on"] = clock.day(cast.ago(days=evidence_ago))
    entry = register_entries.propose(
        model,
        fiduciary=fiduciaries.ensure_own(actor=checker, now=cast.start),
        starts_at=cast.start,
        actor=maker,
        now=cast.start,
        code=code,
        name=name,
        owner=maker_checker.person_of(checker),
        review_on=clock.day(cast.start) + timedelta(days=HOLDS),
        **fields,
    )
    sender_entries.answer(entry, approve=True, reason="", actor=checker, now=cast.start)
