"""What people write freely is either sealed or looked at for numbers before it is kept."""

import importlib
import pkgutil
from collections.abc import Iterator

from django import forms
from django.apps import apps
from django.conf import settings
from django.db import models
from django.forms.forms import BaseForm

from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.core.pii_guard import PlainWords, PublicWords
from portal.kernel.outbox import templates
from portal.kernel.people.models import FourEyesModel

ROOMS = ("portal", "kyc", "consent", "grievances")
#: What only runs by itself.
NO_FORMS = {"data", "migrations", "wsgi", "worker"}
#: Longer texts of forms that no guarded field takes, and what becomes of them.
ELSEWHERE = {
    "ReceiptForm.pasted": "looked at and not kept",
    "WhoForm.typed": "looked up and not kept",
    "TemplateForm.sent_from": "headers and numbers of the register, nothing else",
    **dict.fromkeys(
        (
            "AppealForm.why",
            "AssignForm.why",
            "ClaimForm.words",
            "ComposerForm.text",
            "CorrectionForm.words",
            "DetailsForm.words",
            "DocumentForm.why",
            "DoneForm.evidence",
            "FailedForm.error",
            "GiveForm.what",
            "PersonForm.why",
            "ProposeForm.words_to_person",
            "FiledForm.wanted",
            "FiledForm.what_happened",
            "MessageForm.message",
            "RatingForm.why",
            "ReplyForm.message",
            "SettledForm.why",
            "WhatHappenedForm.wanted",
            "WhatHappenedForm.what_happened",
        ),
        "cut by grievances.services and sealed",
    ),
    "LegalClaimForm.records": "labels of records of the person, nothing else",
    "ReportForm.words": "looked at by retention.services.underage_reports and encrypted",
}
#: Columns of no proposal, and who looks at what goes there.
GUARDED = {
    "evidence.RequestEntry.text": "evidence.requests",
    "jobs.ListExport.reason": "jobs.services.exports",
    "registers.DpiaQuestionnaire.answers": "registers.entries.services.assessments.save",
    "registers.DpiaQuestionnaire.opinion": "registers.entries.services.assessments.give_opinion",
    "registers.DpiaQuestionnaire.risks": "registers.entries.services.assessments.save",
    "registers.Incident.headline": "registers.incidents.services.incidents.open_incident",
    "registers.IncidentFact.words": "registers.incidents.services.incidents.tell",
    "registers.IncidentSearch.given_up_because": "registers.incidents.services.affected_people.give_up",
    "retention.Hold.why": "retention.services.holds.place",
    "workplace.SavedView.name": "workplace.saved_views.save",
}


def forms_of_ours() -> Iterator[type[BaseForm]]:
    for room in ROOMS:
        for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
            if not NO_FORMS & set(module.name.split(".")):
                importlib.import_module(module.name)
    waiting: list[type[BaseForm]] = [BaseForm]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        yield from (form for form in below if form.__module__.split(".")[0] in ROOMS)


def test_every_longer_text_of_a_form_is_looked_at_or_sealed():
    found = {
        f"{form.__name__}.{name}"
        for form in forms_of_ours()
        for name, field in form.base_fields.items()
        if isinstance(field.widget, forms.Textarea) and not isinstance(field, PlainWords | PublicWords)
    }
    assert found == set(ELSEWHERE)


def free_columns() -> Iterator[models.Field]:
    for model in apps.get_models():
        for name, category in getattr(model, "data_categories", {}).items():
            field = model._meta.get_field(name)
            if category == DataCategory.FREE_TEXT and not isinstance(field, EncryptedTextField | models.BinaryField):
                yield field


def test_every_free_text_in_the_clear_belongs_to_a_proposal_or_is_guarded_by_name():
    outside = {str(field) for field in free_columns() if not issubclass(field.model, FourEyesModel)}
    assert outside == set(GUARDED)
    assert len(list(free_columns())) > 20


def test_every_letter_says_which_of_its_values_open_something():
    """``templates.parse`` refuses one that does not: it could never be sent (``portal/docs/messages.md``)."""
    files = sorted((settings.BASE_DIR / "templates" / "messages").glob("*.txt"))
    for path in files:
        kind, language, _txt = path.name.rsplit(".", 2)
        templates.parse(kind, language, path.read_text())
    assert len(files) > 100
