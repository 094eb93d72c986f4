"""Which look-ups a list of the admin answers: those of its filters, and no other.

Django lets the address of a list ask about any column of its table. A column that nobody may read can then be read letter by
letter, by whether rows come back. Here an address may name what the page's own filters name and nothing else; and no filter,
search, order or column may reach a field that is declared a credential, by whatever relation (system check core.E022).
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from django.contrib import admin
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, F, Field, ForeignObjectRel, Model
from django.db.models.constants import LOOKUP_SEP

from portal.kernel.core.data_categories import DataCategory

#: Credentials in the tables of libraries, which declare nothing: by model, their fields.
OF_LIBRARIES = {
    "account.EmailConfirmation": frozenset({"key"}),
    "mfa.Authenticator": frozenset({"data"}),
    "sessions.Session": frozenset({"session_key", "session_data"}),
    "usersessions.UserSession": frozenset({"session_key", "data"}),
}
#: What an address may ask of a field that a filter names: the value, several, none, and a range.
OF_A_FILTER = ("", "__exact", "__in", "__isnull", "__isempty", "__gte", "__gt", "__lte", "__lt")
#: What the bar of dates asks, a year, a month or a day at a time.
OF_DATES = ("__year", "__month", "__day", "__gte", "__lt")
#: A list of chosen rows: the numbers stand in the addresses of their pages anyway.
OF_KEYS = frozenset({"pk", "pk__exact", "pk__in"})


def is_credential(field: Any) -> bool:
    """Whether the field is declared a credential: a hash of a password, a key, a secret, a code."""
    model = field.model
    declared = getattr(model, "data_categories", {}).get(field.name)
    return declared is DataCategory.CREDENTIAL or field.name in OF_LIBRARIES.get(model._meta.label, ())


def fields_of(model: type[Model], path: str) -> Iterator[Any]:
    """The fields that a look-up, an order or a column goes through, up to the first part that is no field."""
    at: Any = model
    for part in path.lstrip("-^=@").split(LOOKUP_SEP):
        try:
            field = at._meta.pk if part == "pk" else at._meta.get_field(part)
        except FieldDoesNotExist:
            return
        yield field
        if not field.is_relation or field.related_model is None:
            return
        at = field.related_model


def reaches_credential(model: type[Model], path: str) -> bool:
    """Whether the path from ``model`` goes through a credential."""
    return any(is_credential(field) for field in fields_of(model, path) if not isinstance(field, ForeignObjectRel))


def allowed_lookups(page: Any, list_filter: Sequence[Any]) -> frozenset[str]:
    """Every name by which the address of this page's list may narrow it.

    Those of ``list_filter``, of its bar of dates, of the links to it (``linked_lookups``) and of chosen rows. What reaches a
    credential is never among them, whoever names it.
    """
    names = set(OF_KEYS) | set(page.linked_lookups)
    for one in list_filter:
        names |= _names_of(page.model, one)
    if page.date_hierarchy:
        names |= {page.date_hierarchy + asked for asked in OF_DATES}
    return frozenset(name for name in names if not reaches_credential(page.model, name))


def _names_of(model: type[Model], one: Any) -> set[str]:
    """The names under which one entry of ``list_filter`` reads the address."""
    if isinstance(one, type):
        return {str(getattr(one, "parameter_name", ""))}
    path = str(one[0] if isinstance(one, list | tuple) else one)
    *_before, last = fields_of(model, path)
    asked = {path + suffix for suffix in OF_A_FILTER}
    if last.is_relation:
        key = last.target_field.name if hasattr(last, "target_field") else "pk"
        asked |= {f"{path}{LOOKUP_SEP}{key}{suffix}" for suffix in OF_A_FILTER}
    if isinstance(last, DateField):
        asked |= {path + suffix for suffix in OF_DATES}
    return asked


def credentials_in_reach(page: Any) -> list[tuple[str, str]]:
    """Where a page searches, orders, filters or shows by a credential: pairs of the option and the path it names."""
    named = [("date_hierarchy", page.date_hierarchy or "")]
    for option in ("list_filter", "search_fields", "ordering", "list_display", "linked_lookups", "fields"):
        named += [(option, path) for path in _flat(getattr(page, option, None) or ())]
    for name in page.list_display:
        shown = getattr(page, name, None) if isinstance(name, str) else name
        named += [("ordering of a column", path) for path in _flat([getattr(shown, "admin_order_field", None) or ""])]
    resource = getattr(page, "export_resource", None)
    named += [("export", path) for path in (resource._meta.fields if resource else None) or ()]
    return [(option, path) for option, path in named if reaches_credential(page.model, path)]


def _flat(given: Any) -> Iterator[str]:
    """The paths in an option: texts, expressions, pairs with a class, lines of several."""
    for one in given:
        if isinstance(one, list | tuple):
            yield from _flat(takewhile(lambda part: not isinstance(part, type), one))
        elif isinstance(one, Field | F):
            yield str(vars(one)["name"])
        elif hasattr(one, "expression"):
            yield from _flat([one.expression])
        elif isinstance(one, str):
            yield one


def check_pages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """core.E022: no page of the admin searches, orders, filters, shows or exports by a credential.
    core.E023: every page of it takes its look-ups from the allow-list.
    """
    found: list[CheckMessage] = []
    for page in admin.site._registry.values():  # noqa: SLF001 - the only list of pages there is
        if not hasattr(page, "linked_lookups"):
            hint = "Derive it from StaffModelAdmin."
            found.append(Error(f"{page} answers any look-up.", hint=hint, obj=page.model, id="core.E023"))
            continue
        found += [
            Error(
                f"{page} reaches the credential {path} by its {option}.",
                hint="Leave it out: what is declared a credential is neither looked up nor shown.",
                obj=page.model,
                id="core.E022",
            )
            for option, path in credentials_in_reach(page)
        ]
    return found
