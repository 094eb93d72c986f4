"""Proposals of every room that wait for a second person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from portal.core.admin import speaking
from portal.core.admin.listing import counts
from portal.people.models import FourEyesModel
from portal.people.services import four_eyes

#: A page shows no more than this of one kind of proposal.
MOST = 200


@dataclass(frozen=True)
class Waiting:
    """One proposal as the list of the workplace shows it."""

    what: str
    title: str
    made_by: str
    made_at: datetime
    url: str


def models_of_proposals() -> list[type[FourEyesModel]]:
    """Every table of proposals, in the order of their names."""
    found = [model for model in apps.get_models() if issubclass(model, FourEyesModel)]
    return sorted(found, key=lambda model: model._meta.label)


def count_for(user: Any, *, now: datetime) -> int:
    """How many proposals this person may answer now."""
    acts = four_eyes.acts_to_answer(user, now=now)
    return sum(counts([_pending(model, user, acts) for model in models_of_proposals()])) if acts else 0


def waiting_for(user: Any, *, now: datetime) -> list[Waiting]:
    """The proposals this person may answer, oldest first within each kind. A query for each kind, however many rows."""
    acts = four_eyes.acts_to_answer(user, now=now)
    return [waiting for model in models_of_proposals() for waiting in _waiting(_pending(model, user, acts))]


def _waiting(pending: QuerySet[FourEyesModel]) -> Iterator[Waiting]:
    model = pending.model
    for row in pending.select_related("made_by", *model.named_by).order_by("made_at")[:MOST]:
        maker = row.made_by.display_name
        yield Waiting(str(model._meta.verbose_name), speaking.heading(row), maker, row.made_at, url_of(row))


def url_of(row: Any) -> str:
    """The page on which the proposal is read and answered: its own, else that of what it is about; empty where none is."""
    if not admin.site.is_registered(type(row)):
        abouts = (getattr(row, name) for name in getattr(row, "named_by", ()))
        return next((url for about in abouts if about is not None and (url := url_of(about))), "")
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def _pending(model: type[FourEyesModel], user: Any, acts: set[str]) -> QuerySet[FourEyesModel]:
    return model._default_manager.filter(model.to_answer(), act__in=acts).exclude(made_by=user)
