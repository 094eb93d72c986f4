"""The file of the rows that stay out: as they stood, each with what to do, so that they can be mended and brought again."""

import io
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from typing import BinaryIO, cast

from portal.kernel.core.actor import Actor
from portal.kernel.jobs.export_columns import Column, Produced, stream_csv
from portal.kernel.jobs.import_types import import_kind
from portal.kernel.jobs.job_types import Handle
from portal.kernel.jobs.models import ImportFault, ListImport
from portal.kernel.jobs.services.imports import file_reader
from portal.kernel.jobs.services.imports.file_reader import LINE, WHAT_TO_DO, Read


def _cell(name: str, read: Read) -> str:
    return read.cells[name]


def keep(brought: ListImport, handle: Handle, *, actor: Actor) -> None:
    """Make them the result of the job; nothing where every row is in order. No row lies on a disk in the clear."""
    said = sentences(brought)
    if said:
        pieces = Produced(_pieces(brought, said, actor))
        handle.result(cast(BinaryIO, io.BufferedReader(pieces)), f"rows-at-fault-{brought.reference}.csv")


def sentences(brought: ListImport) -> dict[int, str]:
    """What to do, by line."""
    found: dict[int, list[str]] = {}
    rows = ImportFault.objects.filter(brought=brought).order_by("line", "pk")
    for line, column, message in rows.values_list("line", "column", "message").iterator():
        found.setdefault(line, []).append(f"{column}: {message}" if column else message)
    return {line: " ".join(said) for line, said in found.items()}


def _pieces(brought: ListImport, said: Mapping[int, str], actor: Actor) -> Iterator[bytes]:
    rows = (read for read in file_reader.rows_of(brought, actor=actor) if read.line in said)
    first = next(rows, None)
    if first is None:
        return
    names = [column.name for column in import_kind(brought.kind).columns if column.name in first.cells]
    columns: list[Column[Read]] = [
        Column(LINE, lambda read: read.line),
        *(Column(name, partial(_cell, name)) for name in names),
        Column(WHAT_TO_DO, lambda read: said[read.line]),
    ]
    yield from stream_csv(columns, chain([first], rows), for_spreadsheets=True)
