"""Fields of forms that are demanded in some cases only: beside them stands in which, never that they may stay empty."""

from typing import Any, TypeVar

from django import forms

F = TypeVar("F", bound=forms.Field)


def needed(when: Any, field: F) -> F:
    """The field, which is not required by itself, with the words that say when it is: "needed if you reject".

    The form or the service that demands it refuses what lacks it; ``templates/selfservice/includes/optional.html`` shows the words.
    """
    marked: Any = field
    marked.needed_when = when
    return field
