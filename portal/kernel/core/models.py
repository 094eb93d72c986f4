"""Abstract bases. The module must exist: Django sends ``post_migrate`` only to rooms that have a ``models``."""

from typing import Any, NoReturn

from django.db import models


class AppendOnlyModel(models.Model):
    """Rows are inserted and never changed. The database itself refuses (``portal.kernel.core.append_only``); this explains."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is append-only: write a new row.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is append-only: rows stay.")
