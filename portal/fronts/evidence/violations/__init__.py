"""Searches for violations of the promises of the policy. A promise that has one is tested by looking for what would break it:
the search names the population that was looked at and the rows that break the promise; none is what is wanted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.fronts.evidence.violations import governance, messages, records
from portal.fronts.evidence.violations.findings import NOTHING, Ask, Found, Window

__all__ = ["NOTHING", "SEARCHES", "Found", "Search", "Window", "search"]


@dataclass(frozen=True)
class Search:
    """What is searched for, in words; ``is_of_today`` where the rows keep no history: an ended period reads them as they are.

    ``where`` is the register that it reads, as the controls name what shows it, for promises whose questions name none.
    """

    words: Any
    ask: Ask
    is_of_today: bool = False
    where: str = ""


SEARCHES: Mapping[str, Search] = {
    "aadhaar_without_consent": Search(_("Aadhaar documents without the consent of their holder"), records.aadhaar_without_consent),
    "acknowledgements_sent_late": Search(_("Acknowledgements that left after the legal time"), records.acknowledgements_sent_late),
    "activities_with_other_basis": Search(_("Records of processing with another lawful basis than their purpose"), governance.activities_with_other_basis, where="held registers.ProcessingActivity"),
    "addresses_without_tls": Search(_("Pages and addresses without TLS"), governance.addresses_without_tls, is_of_today=True, where="held registers.ExternalLink"),
    "announcements_not_finished": Search(_("Notifications of a changed policy that were not finished"), governance.announcements_not_finished),
    "blocks_not_notified": Search(_("Suspended accounts without notice to the customer"), records.blocks_not_notified),
    "calls_without_consent": Search(_("Recordings of calls without consent"), messages.calls_without_consent),
    "categories_without_purpose": Search(_("Kinds of data without a purpose"), governance.categories_without_purpose, is_of_today=True, where="page evidence:inventory"),
    "checks_of_the_ledger_failed": Search(_("Failed checks of the ledger"), records.checks_of_the_ledger_failed, where="event ledger.verification"),
    "columns_not_declared": Search(_("Columns that the data inventory does not have"), governance.columns_not_declared, is_of_today=True),
    "consents_of_children": Search(_("Consents of children without a parent or guardian"), messages.consents_of_children),
    "consents_without_leaf": Search(_("Consent records without a ledger entry"), messages.consents_without_leaf, where="rows consent.ConsentEvent"),
    "consents_without_notice": Search(_("Consents without the notice that was shown"), messages.consents_without_notice),
    "contents_without_basis": Search(_("Contents read without a case that needed it"), records.contents_without_basis),
    "contracts_without_confidentiality": Search(_("Contracts without confidentiality and security"), governance.contracts_without_confidentiality),
    "cookies_without_place": Search(_("Cookies that are not listed or were not chosen"), messages.cookies_without_place),
    "countries_without_rule": Search(_("Recipients in countries without a rule"), governance.countries_without_rule),
    "data_past_its_period": Search(_("Records past their retention period"), records.data_past_its_period, is_of_today=True),
    "datasets_with_children": Search(_("Data sets with children or people who opted out"), governance.datasets_with_children),
    "days_without_officer": Search(_("Days without a Grievance Officer"), governance.days_without_officer, where="rows registers.Officer"),
    "deadlines_missed": Search(_("Missed deadlines"), records.deadlines_missed, where="rows law.Clock"),
    "disclosures_without_contract": Search(_("Disclosures to a recipient without a contract"), governance.disclosures_without_contract, where="rows registers.Disclosure"),
    "disclosures_without_order": Search(_("Disclosures to an authority without a decision of two people"), governance.disclosures_without_order),
    "documents_outside_the_vault": Search(_("Documents that are not encrypted in the vault"), records.documents_outside_the_vault, where="rows kyc.Document"),
    "documents_without_check": Search(_("Approved documents without a check"), records.documents_without_check),
    "documents_without_two_people": Search(_("Documents decided about without two people"), records.documents_without_two_people),
    "erased_and_back": Search(_("Erased records that are here again"), records.erased_and_back, is_of_today=True),
    "findings_overdue": Search(_("Audit findings open after their date"), governance.findings_overdue, where="held registers.AuditFinding"),
    "holds_released_by_one": Search(_("Legal holds released without two people"), records.holds_released_by_one),
    "keys_not_destroyed": Search(_("Keys that were not destroyed in time"), records.keys_not_destroyed, where="rows retention.ErasureRun"),
    "legal_deadlines_missed": Search(_("Missed deadlines of law"), records.legal_deadlines_missed),
    "links_dead": Search(_("Links that no longer answer"), governance.links_dead, is_of_today=True),
    "mails_unexplained": Search(_("Counts of the mailbox with an unexplained email"), records.mails_unexplained),
    "measures_without_evidence": Search(_("Security measures without recent evidence"), governance.measures_without_evidence, where="held registers.Measure"),
    "openings_without_purpose": Search(_("Records opened without a purpose of access"), records.openings_without_purpose),
    "orders_answered_beyond": Search(_("Orders answered with more than they ask for"), governance.orders_answered_beyond),
    "orders_not_verified": Search(_("Answered orders that were not verified"), governance.orders_not_verified),
    "passwords_not_hashed": Search(_("Passwords that are not hashed"), governance.passwords_not_hashed, is_of_today=True),
    "policies_without_new_date": Search(_("Policy versions without a revised date"), governance.policies_without_new_date),
    "policy_defects_open": Search(_("Open issues of the policy in force"), governance.policy_defects_open),
    "preferences_without_history": Search(_("Preferences without their history"), messages.preferences_without_history, is_of_today=True),
    "products_without_record": Search(_("Products without a record of processing"), governance.products_without_record),
    "promotion_in_essentials": Search(_("Transactional templates with promotion"), messages.promotion_in_essentials),
    "purposes_without_basis": Search(_("Purposes and records of processing without a lawful basis"), governance.purposes_without_basis, where="rows law.Purpose"),
    "purposes_without_notice": Search(_("Purposes that no published notice names"), governance.purposes_without_notice),
    "purposes_without_record": Search(_("Purposes without a record of processing"), governance.purposes_without_record, where="held registers.ProcessingActivity"),
    "recipients_lacking": Search(_("Recipients without their documents"), governance.recipients_lacking, where="held registers.Recipient"),
    "recipients_not_covered_abroad": Search(_("Recipients abroad without a transfer that covers them"), governance.recipients_not_covered_abroad),
    "recipients_that_learn": Search(_("Recipients that may learn from what is never learned from"), governance.recipients_that_learn),
    "recipients_that_sell": Search(_("Recipients that have not excluded sale"), governance.recipients_that_sell, where="held registers.RecipientCheck"),
    "requests_without_identity": Search(_("Decided requests without identity verification"), records.requests_without_identity),
    "sends_after_stop": Search(_("Messages after an opt-out"), messages.sends_after_stop),
    "sends_at_night": Search(_("Promotional messages outside the permitted hours"), messages.sends_at_night),
    "sends_though_blocked": Search(_("Messages sent against a send decision"), messages.sends_though_blocked),
    "sends_without_outcome": Search(_("Sent messages without an outcome"), messages.sends_without_outcome, where="rows outbox.Message"),
    "sign_ins_of_ended_logins": Search(_("Sign-ins to an ended login"), governance.sign_ins_of_ended_logins),
    "staff_without_factor": Search(_("Staff without a second factor"), governance.staff_without_factor, is_of_today=True, where="rows people.User"),
}  # fmt: skip


def search(question: str, window: Window) -> Found:
    """Look for what would break a promise: the name of a search, and words for it. Raises KeyError for an unknown name."""
    name, *words = question.split()
    return SEARCHES[name].ask(words, window)
