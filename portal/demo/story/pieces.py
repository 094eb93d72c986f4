"""One piece of the story: committed whole, with the rules of the day looked up once."""

import contextlib
from collections.abc import Iterator

from django.db import transaction

from portal.law.selectors import remembering


@contextlib.contextmanager
def piece() -> Iterator[None]:
    """One transaction on each database; the keys commit first, so that nothing is kept under a key that is lost."""
    with remembering(), transaction.atomic(), transaction.atomic(using="keys"):
        yield
