"""Proposals of every room that wait for a second person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from portal.people.models import FourEyesModel, FourEyesRule, RoleGrant
from portal.people.selectors import grants_in_force

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


def acts_to_answer(user: Any, *, now: datetime) -> set[str]:
    """The acts to which a role of this person, in force now, may answer."""
    roles = grants_in_force(RoleGrant.objects.filter(user=user), now=now).values("role_id")
    return set(FourEyesRule.objects.filter(checker_role__in=roles).values_list("act", flat=True))


def count_for(user: Any, *, now: datetime) -> int:
    """How many proposals this person may answer now."""
    acts = acts_to_answer(user, now=now)
    return sum(_pending(model, user, acts).count() for model in models_of_proposals())


def waiting_for(user: Any, *, now: datetime) -> Iterator[Waiting]:
    """The proposals this person may answer, oldest first within each kind."""
    acts = acts_to_answer(user, now=now)
    for model in models_of_proposals():
        for row in _pending(model, user, acts).select_related("made_by").order_by("made_at")[:MOST]:
            maker = row.made_by.full_name or row.made_by.email
            yield Waiting(str(model._meta.verbose_name), str(row), maker, row.made_at, url_of(row))


def url_of(row: Any) -> str:
    """The page on which the proposal is read and answered; empty where no admin shows it."""
    if not admin.site.is_registered(type(row)):
        return ""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def _pending(model: type[FourEyesModel], user: Any, acts: set[str]) -> Any:
    return model._default_manager.filter(model.to_answer(), act__in=acts).exclude(made_by=user)
