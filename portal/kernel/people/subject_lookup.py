"""Whose data is meant, by what staff have of a person: a reference of theirs or of their work, an address, a number, a whole name."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import work_references
from portal.kernel.core.errors import NotFound
from portal.kernel.core.search_api import Asked
from portal.kernel.people.models import ContactPoint, Customer, Principal, Subject
from portal.kernel.people.selectors import known_people, refs_of

#: Records that a refusal names.
MOST_NAMED = 5
NOBODY = _(
    "There is no person with this reference, address or name. Give it whole, or copy the reference from the "
    "person's record."
)


def subject_of(text: str) -> UUID:
    """The reference under which the data of one person or company is kept. Reads only.

    Raises NotFound where nobody fits, and where several do, with the references of those: nobody is guessed.
    """
    asked = Asked(text.strip())
    found = _found(asked)
    # Of records that were joined one counts: they are one person.
    one_each = {min(refs_of(ref)): ref for ref in sorted(found)}
    if not one_each:
        raise NotFound(NOBODY)
    if len(one_each) > 1:
        named = ", ".join(str(ref) for ref in list(one_each.values())[:MOST_NAMED])
        raise NotFound(_("Several records fit. Give the reference of one of them: %(refs)s") % {"refs": named})
    return next(iter(one_each.values()))


def _found(asked: Asked) -> set[UUID]:
    if asked.subject is not None:
        return set(Subject.objects.filter(ref=asked.subject).values_list("ref", flat=True))
    if asked.reference.startswith("OS-CU-"):
        return set(Customer.objects.filter(reference=asked.reference).values_list("subject__ref", flat=True))
    if asked.reference:
        whose = work_references.subject_of(asked.reference)
        # Work about a known person is kept under a reference of its own that is joined to theirs.
        return set(known_people(whose)[:1] or [whose]) if whose is not None else set()
    if asked.address:
        live = ContactPoint.objects.filter(address_key__in=asked.address_keys, left_at=None)
        return set(live.values_list("principal__subject__ref", flat=True))
    if not asked.name:
        return set()
    models: tuple[Any, ...] = (Principal, Customer)
    return {
        ref
        for model in models
        for ref in model.objects.filter(
            name_key__in=model._meta.get_field("name_key").indexes_of(asked.text)
        ).values_list("subject__ref", flat=True)
    }


class SubjectField(forms.CharField):
    """A person or company as ``subject_of`` finds them; the cleaned value is the opaque reference."""

    def __init__(self, **kwargs: Any) -> None:
        said = {
            "label": _("Person or company"),
            "help_text": _(
                "What you have of them: the reference of the account, of a grievance or a case (OS-…), a whole "
                "email address, number or name, or the reference on their record."
            ),
            "max_length": 254,
        }
        super().__init__(**{**said, **kwargs})

    def clean(self, value: Any) -> UUID | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return subject_of(text)
        except NotFound as refusal:
            raise forms.ValidationError(str(refusal), code="not_found") from refusal
