"""Codes of the vault in words."""

from typing import Any

from portal.kernel.vault.choices import RetentionClass


class ClassNames:
    """Says classes of retention: a speaker of the admin (``core.admin.labels``)."""

    def __call__(self, value: Any) -> str:
        return str(dict(RetentionClass.choices).get(value, value))
