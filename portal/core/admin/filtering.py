"""Filters of lists that say in words what Django calls empty and not empty."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import EmptyFieldListFilter


def has_or_not(*, without: Any, having: Any) -> type[EmptyFieldListFilter]:
    """The filter of a field that may be empty, with a word for the rows ``without`` it and one for those ``having`` it."""

    class InTwoWords(EmptyFieldListFilter):
        def choices(self, changelist: Any) -> Iterator[Any]:
            both, *rest = super().choices(changelist)
            yield both
            yield from ({**choice, "display": word} for choice, word in zip(rest, (without, having), strict=True))

    return InTwoWords
