"""Acts on one or many rows: a page with the count, the first rows, what is skipped and why, a form; then a result per row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import display_for_field, flatten_fieldsets, label_for_field, lookup_field
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import access, answers, field_changes
from portal.kernel.core.admin.labels import EMPTY, heading
from portal.kernel.core.errors import PortalError
from portal.kernel.core.requests import actor_of

#: More rows than this belong into a job, not into a request.
MOST_ROWS = 200
SHOWN_ROWS = 20


@dataclass(frozen=True)
class ServiceAction:
    name: str
    permission: str
    label: Any
    #: The form of the act; a page may narrow it to what the chosen rows need (``action_page``).
    ask: Callable[..., forms.Form] | None
    #: ``skip(obj, user)`` gives the reason why a row cannot take part, or an empty text.
    skip: Callable[[Any, Any], str]
    run: Callable[..., Any]
    description: Any = ""
    #: The second of two people agrees by it to what stands on the row's own page.
    agrees: bool = False
    #: The act of two people that it proposes, where it does: the page says beforehand who may answer.
    act: str = ""


@dataclass
class RowResult:
    row: Model
    done: bool
    message: str = ""


@dataclass
class Outcome:
    results: list[RowResult] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(1 for result in self.results if result.done)


def keys_of(model: type[Model], given: Iterable[str]) -> list[Any]:
    """The keys of rows as a page posted them. Raises Http404 for one that no row can have: no database is asked for it."""
    key: Any = model._meta.pk
    while key.remote_field is not None:
        key = key.target_field
    try:
        return [key.clean(one, None) for one in given]
    except ValidationError as error:
        raise Http404 from error


#: Fields of a proposal that say nothing before it is answered.
_AFTER_THE_ANSWER = frozenset({"answer", "checked_by", "checked_at", "reason", "shown_sha256", "id"})


def _in_words(site: Any, name: Any, row: Any) -> Any:
    """A field as its own page shows it: people and codes in words."""
    found, _attribute, value = lookup_field(name, row, site)
    return display_for_field(value, found, "") if found is not None and not found.is_relation else value


def is_proposal(row: Any) -> bool:
    """Whether the row is one person's proposal, which another has to read before answering it."""
    return hasattr(row, "made_by_id")


def waits_for(request: HttpRequest, watch: field_changes.Watch) -> str:
    """That what was proposed in an act waits, and for whom; empty where nothing waits."""
    acts = dict.fromkeys(row.act for row in watch.proposals)
    people = "; ".join(filter(None, (answers.second_people.ask(act=act, user=request.user) for act in acts)))
    if not acts:
        return ""
    return gettext("It waits for a second person: {people}.").format(
        people=people or gettext("none has a role that may decide; ask an administrator")
    )


def _done(request: HttpRequest, watch: field_changes.Watch, said: Any) -> str:
    waits = waits_for(request, watch)
    if not waits:
        return str(said or _("Done."))
    return f"{said or gettext('Proposed.')} {waits}"


def _never(obj: Any, user: Any) -> str:
    return ""


def service_action(
    *,
    permission: str,
    label: Any,
    ask: type[forms.Form] | None = None,
    skip: Callable[[Any, Any], str] = _never,
    description: Any = "",
    agrees: bool = False,
    act: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a method ``(self, request, obj, answer) -> str | None`` as an act on a row.

    The method calls one service. It runs once per row; a PortalError is that row's result and stops no other row.
    ``answer`` is the cleaned data of ``ask`` (empty without a form). A form whose choices depend on the rows has a method
    ``for_rows``, which is called with those that take part before the form is shown or checked. Each service opens its own transaction.
    """

    def mark(method: Callable[..., Any]) -> Callable[..., Any]:
        method.service_action = ServiceAction(  # type: ignore[attr-defined]
            name=method.__name__.replace("_", "-"),
            permission=permission,
            label=label,
            ask=ask,
            skip=skip,
            run=method,
            description=description,
            agrees=agrees,
            act=act,
        )
        return method

    return mark


def actions_of(model_admin: Any) -> Iterator[ServiceAction]:
    """The service actions of an admin page as they are written there, what it inherits last: the likeliest act stands first."""
    page = type(model_admin)
    for name in dict.fromkeys(name for written in page.__mro__ for name in vars(written)):
        action = getattr(getattr(page, name), "service_action", None)
        if isinstance(action, ServiceAction):
            yield model_admin.own_action(action)


class ActionPages(admin.ModelAdmin):
    """Mixin of StaffModelAdmin: the pages of its service actions."""

    action_page_template = "admin/service_action.html"
    action_result_template = "admin/service_action_result.html"
    #: What the page of a row shows in a part of its own, and a second person reads before answering too.
    also_shown: tuple[str, ...] = ()
    #: What the page of an act says of each row, where the row is no proposal: what whoever acts has to have before them.
    shown_before: tuple[str, ...] = ()

    def own_action(self, action: ServiceAction) -> ServiceAction:
        """The action as this page does it: one that several pages inherit may have its permission and words from each."""
        return action

    def _action(self, request: HttpRequest, name: str) -> ServiceAction:
        for action in actions_of(self):
            if action.name == name:
                access.require(request.user, action.permission)
                return action
        raise Http404

    def row_actions(self, request: HttpRequest, obj: Model) -> list[dict[str, Any]]:
        """The acts that this login may do on this row now, as links."""
        info = obj._meta.app_label, obj._meta.model_name
        found = []
        for action in actions_of(self):
            if not access.allowed(request.user, action.permission) or action.skip(obj, request.user):
                continue
            url = reverse("admin:{}_{}_do_one".format(*info), args=[obj.pk, action.name])
            found.append({"name": action.name, "label": action.label, "url": url})
        return found

    def action_view(self, request: HttpRequest, name: str, object_id: str | None = None) -> HttpResponseBase:
        """GET asks, POST with an answer acts. The rows come from the address or from the posted selection."""
        action = self._action(request, name)
        selected = [object_id] if object_id is not None else request.POST.getlist(ACTION_CHECKBOX_NAME)
        rows = self.get_queryset(request).filter(pk__in=keys_of(self.model, selected))
        if not rows:
            raise Http404
        return self.action_page(request, action, rows)

    def action_page(self, request: HttpRequest, action: ServiceAction, rows: QuerySet[Any]) -> HttpResponseBase:
        """Ask, or act when the posted form holds an answer."""
        chosen = list(rows[: MOST_ROWS + 1])
        skipped = [(row, self.left_out(request, action, row)) for row in chosen]
        able = [row for row, why in skipped if not why]
        is_answer = request.method == "POST" and "answer" in request.POST
        given = (request.POST, request.FILES) if is_answer else ()
        form: Any = action.ask(*given) if action.ask else None
        if hasattr(form, "for_rows"):
            form.for_rows(able)
        if is_answer and able and len(chosen) <= MOST_ROWS and (form is None or form.is_valid()):
            return self._act(request, action, able, form)
        return self._asked(request, action, chosen, skipped, form)

    def left_out(self, request: HttpRequest, action: ServiceAction, row: Any) -> str:
        """Why a row cannot take part in an act by this login; empty when it can."""
        return action.skip(row, request.user)

    def _asked(
        self,
        request: HttpRequest,
        action: ServiceAction,
        chosen: list[Any],
        skipped: list[tuple[Any, str]],
        form: Any,
    ) -> HttpResponse:
        """The page that asks: what the act concerns, what is left out and why, and the form, with what was entered.

        Of proposals every one stands there: nobody agrees to a row that is only counted.
        """
        able = [row for row, why in skipped if not why]
        shown = able if any(is_proposal(row) for row in able) else able[:SHOWN_ROWS]
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "action": action,
            "opts": self.opts,
            "rows": [(row, self._shown_before(request, row)) for row in shown],
            "count": len(able),
            "more": len(able) - len(shown),
            "skipped": [(row, why) for row, why in skipped if why],
            "too_many": len(chosen) > MOST_ROWS,
            "most": MOST_ROWS,
            "form": form,
            "second_people": answers.second_people.ask(act=action.act, user=request.user) if action.act else "",
            "selected": [row.pk for row in chosen],
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "do_url": self._do_url(action, chosen),
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None and form.errors else HTTPStatus.OK
        return TemplateResponse(request, self.action_page_template, context, status=status)

    def _do_url(self, action: ServiceAction, rows: list[Any]) -> str:
        """Of one row its own page: after an error the same address asks again, whoever opens it."""
        info = self.opts.app_label, self.opts.model_name
        if len(rows) == 1:
            return reverse("admin:{}_{}_do_one".format(*info), args=[rows[0].pk, action.name])
        return reverse("admin:{}_{}_do".format(*info), args=[action.name])

    def _shown_before(self, request: HttpRequest, row: Any) -> list[tuple[str, Any]]:
        """What stands before whoever acts: ``shown_before``, or of a proposal its fields and who made it."""
        site: Any = self
        shown = list(self.shown_before)
        if is_proposal(row):
            fields = (*flatten_fieldsets(site.get_fieldsets(request, row)), *self.also_shown)
            shown = [name for name in fields if name not in _AFTER_THE_ANSWER]
        names = [site.in_words(request, name) for name in shown]
        said = [(str(label_for_field(name, site.model, site)), _in_words(site, name, row)) for name in names]
        return [(label, value) for label, value in said if value not in ("", None, EMPTY)]

    def differences(self, request: HttpRequest, row: Any) -> list[tuple[Any, str, str]]:
        """Of a proposal each thing that would change: its label, what counts now and what would. Empty where the page's own
        fields say what is proposed, because nothing is there that it would take the place of.
        """
        return []

    def compared(
        self, request: HttpRequest, before: Any, after: Any, names: Iterable[str]
    ) -> list[tuple[Any, str, str]]:
        """Those of these fields in which two rows of the page differ, as the page says them."""
        site: Any = self
        found = []
        for name in (site.in_words(request, each) for each in names):
            was, will_be = (str(_in_words(site, name, row) or "") for row in (before, after))
            if was != will_be:
                found.append((label_for_field(name, site.model, site), was, will_be))
        return found

    def _as_they_stand(self, request: HttpRequest, rows: list[Any]) -> list[Any]:
        """The rows read anew: what a service that then refused had set on them never happened."""
        fresh = {row.pk: row for row in self.get_queryset(request).filter(pk__in=[row.pk for row in rows])}
        return [fresh[row.pk] for row in rows if row.pk in fresh]

    def _act(self, request: HttpRequest, action: ServiceAction, rows: list[Any], form: Any) -> HttpResponse:
        """Do it, row by row. What a service refuses loses nothing that was entered: the form stays for those rows."""
        outcome = Outcome()
        for row in rows:
            answer = form.cleaned_data if form is not None else {}
            try:
                with field_changes.watching(actor_of(request), action.name, row, entered=answer) as watch:
                    said = action.run(self, request, row, answer)
            except PortalError as error:
                outcome.results.append(RowResult(row, done=False, message=str(error)))
            else:
                outcome.results.append(RowResult(row, done=True, message=_done(request, watch, said)))
        refused = [result for result in outcome.results if not result.done]
        if refused and form is not None and not outcome.done:
            for result in refused:
                said = result.message if len(rows) == 1 else f"{heading(result.row)}: {result.message}"
                form.add_error(None, said)
            again = self._as_they_stand(request, rows)
            return self._asked(request, action, again, [(row, "") for row in again], form)
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "action": action,
            "opts": self.opts,
            "outcome": outcome,
            "form": form if refused else None,
            "selected": [result.row.pk for result in refused],
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "do_url": self._do_url(action, [result.row for result in refused]),
        }
        return TemplateResponse(request, self.action_result_template, context)
