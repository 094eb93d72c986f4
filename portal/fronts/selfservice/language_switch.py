"""Another language in the middle of a form: the page comes again in it, with everything that was typed and nothing checked.

Works without JavaScript: the buttons of the languages belong to the form of the answers. A view says by
``keeps_answers`` that it shows what ``typed`` gives back, or ``refilled`` puts into its form.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils import translation
from django.utils.datastructures import MultiValueDict

ViewT = TypeVar("ViewT", bound=Callable[..., HttpResponseBase])
FormT = TypeVar("FormT", bound=BaseForm)

#: The name of the buttons; no question has it.
IN_LANGUAGE = "in_language"


def keeps_answers(view: ViewT) -> ViewT:
    """Marks a view whose form comes again in another language with what was typed (``typed``)."""
    view.keeps_answers = True  # type: ignore[attr-defined]
    return view


def typed(request: HttpRequest) -> dict[str, Any]:
    """What stood in the form when another language was chosen, for ``initial``; nothing at any other time."""
    return dict(getattr(request, "typed", {}))


def refilled(form: FormT, request: HttpRequest) -> FormT:
    """The form with what stood in it when another language was chosen, not checked; as it came at any other time.

    A box that was not ticked is not in what a browser sends: each widget reads its own answer. A file is chosen again.
    """
    data: QueryDict | None = getattr(request, "typed_data", None)
    if data is not None and not form.is_bound:
        for name, field in form.fields.items():
            if not field.widget.needs_multipart_form:
                form.initial[name] = field.widget.value_from_datadict(data, MultiValueDict(), form.add_prefix(name))
    return form


def typed_in(request: HttpRequest, name: str) -> str:
    """What stands in one field of a form whose page is shown in another language; of several the last, empty without one."""
    data: QueryDict | None = getattr(request, "typed_data", None)
    return data.get(name, "") if data is not None else ""


class LanguageOfForm:
    """Shows the page of a form in another language; the view sees a GET, so nothing is kept or sent by the choice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        chosen = getattr(request, "language_chosen", "")
        if chosen:
            response.set_cookie(  # as the page for the language alone sets it
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                path=settings.LANGUAGE_COOKIE_PATH,
                domain=settings.LANGUAGE_COOKIE_DOMAIN,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], _args: object, _kwargs: object
    ) -> HttpResponseBase | None:
        """Keep what was typed and turn the page into a look at it."""
        marked = getattr(view, "keeps_answers", False)
        request.keeps_answers = marked  # type: ignore[attr-defined]
        if not marked or request.method != "POST":
            return None
        chosen = request.POST.get(IN_LANGUAGE, "")
        if chosen not in dict(settings.LANGUAGES):
            return None
        translation.activate(chosen)
        request.LANGUAGE_CODE = request.language_chosen = chosen  # type: ignore[attr-defined]
        request.typed_data = request.POST  # type: ignore[attr-defined]
        request.typed = {  # type: ignore[attr-defined]
            name: values if len(values) > 1 else values[0]
            for name, values in request.POST.lists()
            if values and name not in {IN_LANGUAGE, "csrfmiddlewaretoken"}
        }
        request.method, request.POST = "GET", QueryDict()
        return None
