"""Whoever the table of roles names as second person of an act has the permissions that the page of its answer asks."""

import pytest
from django.apps import apps
from django.contrib import admin

from kyc.base.permissions import Permission as KycPermission
from portal.kernel.core.admin.actions import actions_of
from portal.kernel.people.services.roles import shipped
from portal.kernel.registers.entries.admin.register_entries import BookPage

#: On which pages the second person of an act answers.
PAGES = {
    "consent.answer.take": ["consent.TakenAnswer"],
    "consent.broadcast.send": ["consent.Broadcast"],
    "consent.defect.override": ["consent.DefectOverride"],
    "consent.list.take_in": ["consent.ConsentList"],
    "consent.notice.publish": ["consent.PublicationProposal"],
    "consent.translation.add": ["consent.TranslationProposal"],
    "evidence.file.sign": ["evidence.PersonFile"],
    "grievances.request.grant": ["grievances.RequestProposal"],
    "grievances.request.refuse": ["grievances.RequestProposal"],
    "jobs.list.unmask": ["workplace.UnmaskedExport"],
    "kyc.decision": ["kyc.Document"],
    "kyc.deletion.carry_out": ["kyc.DeletionProposal"],
    "kyc.freeze.lift": ["kyc.FreezeLift"],
    "kyc.likeness.answer": ["kyc.Likeness"],
    "kyc.risk.set": ["kyc.RiskProposal"],
    "kyc.signer.trust": ["kyc.SignerProposal"],
    "kyc.type.change": ["kyc.TypeProposal"],
    "law.profile.change": ["workplace.ProfileProposal"],
    "law.purpose.adopt": ["workplace.PurposeProposal"],
    "ledger.anomaly.explain": ["workplace.AnomalyProposal"],
    "ledger.key.rotate": ["workplace.KeyRotationProposal"],
    "people.api_key.issue": ["people.ApiKey"],
    "people.customer.insolvency": ["people.Insolvency"],
    "people.mfa.reset": ["people.MfaReset"],
    "people.principal.merge": ["people.MergeProposal"],
    "people.role.change": ["people.RoleProposal"],
    "registers.book.enter": [
        model._meta.label for model, page in admin.site._registry.items() if isinstance(page, BookPage)
    ],
    "registers.company.change": ["registers.CompanyDetails"],
    "registers.incident.decide": ["registers.IncidentDecision"],
    "registers.manager.register": ["registers.ConsentManager"],
    "registers.officer.appoint": ["registers.Officer"],
    "registers.order.answer": ["registers.OrderAnswer"],
    "registers.order.speak": ["registers.SilenceEnd"],
    "registers.recipient.register": ["registers.Recipient"],
    "registers.sender.register": ["registers.SendingEntity", "registers.Sender", "registers.ListedTarget"],
    "registers.template.agree": ["registers.ContentTemplate", "registers.ConsentTemplate"],
    "retention.child.decide": ["retention.ChildDecision"],
    "retention.claim.decide": ["retention.LegalClaim"],
    "retention.hold.release": ["retention.HoldRelease"],
    "retention.rule.change": ["retention.RuleProposal"],
    "retention.run.carry_out": ["retention.PlanApproval"],
}
#: What a view asks that is no act of a page: the desk answers on the page of the document.
ASKED_BY_VIEWS = {"kyc.decision": {KycPermission.CASE_DECIDE, KycPermission.DOCUMENT_OPEN}}
#: How the acts are called with which pages answer.
ANSWERS = ("agree", "answer", "approve", "refuse", "sign-off")


def asked(act: str, label: str) -> set[str]:
    """The permissions that a page asks of whoever reads and answers a proposal."""
    page = admin.site._registry[apps.get_model(label)]
    answers = {str(one.permission) for one in actions_of(page) if one.name.startswith(ANSWERS)}
    found = answers | ASKED_BY_VIEWS.get(act, set())
    assert found, f"{label} has no act that answers"
    return {*map(str, found), str(page.view_permission)}


def test_every_act_that_needs_two_people_has_its_page_in_the_table():
    assert PAGES.keys() == shipped()["four_eyes"].keys()
    assert all(PAGES.values())


@pytest.mark.parametrize("act", sorted(PAGES))
def test_each_checker_of_an_act_may_do_what_the_page_of_its_answer_asks(act):
    table = shipped()
    for label in PAGES[act]:
        for permission in asked(act, label):
            lacking = set(table["four_eyes"][act]["checkers"]) - set(table["permissions"][permission])
            assert not lacking, f"{label} asks {permission}, and lacks it: {sorted(lacking)}"
