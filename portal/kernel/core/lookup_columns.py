"""Lookup hashes under a new LOOKUP_KEY: which columns hold one, and how a row's is written anew.

A hash begins with the version of its key (``portal.kernel.core.ciphers``), so a column itself says what is left to do. Until all
of it is done, and for rows that only ever grow, both keys are asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet

from portal.kernel.core import ciphers, ports
from portal.kernel.core.errors import NotFound

#: Rows read at a time; each is written in a transaction of its own, so that nobody beside it waits.
BATCH: Final = 200


@dataclass(frozen=True)
class LookupColumn:
    """A column whose rows can be hashed anew: ``clear`` gives the text of a row that was hashed, ``domain`` its domain.

    ``clear`` may raise NotFound for what was erased, and gives empty text for nothing; ``with_rows`` names relations it reads.
    """

    model: str
    field: str
    clear: Callable[[Any], str]
    domain: Callable[[Any], str] = lambda row: "address"
    with_rows: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.model}.{self.field}"

    def older(self) -> QuerySet[Any]:
        return older(apps.get_model(self.model), self.field)


def present_version() -> int:
    """The version of LOOKUP_KEY: one more than there are older keys."""
    return len(settings.LOOKUP_KEYS_OLD) + 1


def older(model: type[models.Model], field: str) -> QuerySet[Any]:
    """Rows whose hash is under an older key than LOOKUP_KEY."""
    under_older = {f"{field}__lt": bytes([present_version()])}
    return model._default_manager.filter(**under_older).exclude(**{field: b""})


def kept_as_written() -> Iterator[tuple[str, QuerySet[Any]]]:
    """Columns with lookup hashes that no room writes anew, each with its rows under older keys: they only ever grow, their
    clear text is kept nowhere, or they live for minutes. For their sake an older key stays in LOOKUP_KEYS_OLD.
    """
    renewed = {column.label for column in ports.lookup_columns}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            label = f"{model._meta.label}.{field.name}"
            is_hash = isinstance(field, models.BinaryField) and field.max_length == ciphers.INDEX_LENGTH
            if is_hash and model._meta.managed and label not in renewed:
                yield label, older(model, field.name)


def renew(column: LookupColumn, *, told: Callable[[int], None]) -> tuple[int, int]:
    """Write every older hash of the column anew, a row a transaction; (written, left because nothing opens them).

    Safe to repeat and to stop at any row: what is done has the new version and is not looked at again. A row that
    somebody else changed meanwhile keeps what they wrote. ``told`` hears of each batch, and may raise to stop.
    """
    written = left = after = 0
    model = apps.get_model(column.model)
    while True:
        rows = list(column.older().filter(pk__gt=after).select_related(*column.with_rows).order_by("pk")[:BATCH])
        if not rows:
            return written, left
        done = sum(_renewed(column, model, row) for row in rows)
        written, left, after = written + done, left + len(rows) - done, rows[-1].pk
        told(len(rows))


def _renewed(column: LookupColumn, model: type[models.Model], row: Any) -> bool:
    """Opened outside any transaction: a key may be asked of another database."""
    try:
        text = column.clear(row)
    except (NotFound, ciphers.CannotDecrypt):
        return False
    if not text:
        return False
    before = bytes(getattr(row, column.field))
    now = ciphers.blind_index(text, domain=column.domain(row))
    if before not in [bytes(one) for one in ciphers.blind_indexes(text, domain=column.domain(row))]:
        return False  # the text is another than was hashed: nobody guesses which is right
    try:
        with transaction.atomic():
            found = model._default_manager.filter(pk=row.pk, **{column.field: before})
            return found.update(**{column.field: now}) == 1
    except IntegrityError:  # the same address stands there under the new key already
        return False
