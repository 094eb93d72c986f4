"""Lines of a published table, by the names of its columns."""

import csv
import io
from collections.abc import Iterator

from kyc.sanctions.entries import BadListError


def rows(data: bytes, *, delimiter: str, needed: frozenset[str]) -> Iterator[dict[str, str]]:
    """Each line by column. Raises BadListError for what is no such table, or a line with more or fewer values than columns."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadListError("The file is not in UTF-8.") from error
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        if not needed <= set(reader.fieldnames or ()):
            missing = ", ".join(sorted(needed - set(reader.fieldnames or ())))
            raise BadListError(f"The first line does not name these columns: {missing}.")
        for row in reader:
            if None in row or None in row.values():
                raise BadListError(f"Line {reader.line_num} has other columns than the first line.")
            yield {name: value.strip() for name, value in row.items()}
    except csv.Error as error:
        raise BadListError("The file is no whole CSV.") from error
