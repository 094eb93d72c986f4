"""A model field that is encrypted at rest."""

from typing import Any

from django.db import models

from portal.core import ciphers


class EncryptedTextField(models.BinaryField):
    """Text, encrypted under a key of its own purpose. It cannot be searched; add a blind index where equality matters.

    The model and field name are authenticated with it, so a value cannot be moved to another column.
    """

    #: For the type checker: people read and write text here.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, purpose: str = "field", **kwargs: Any) -> None:
        self.purpose = purpose
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs["purpose"] = self.purpose
        return name, path, list(args), kwargs

    def get_default(self) -> Any:
        """A row made without the value holds no text; a binary field would hold no bytes, which nobody can decrypt."""
        default = super().get_default()
        return "" if default == b"" else default

    @property
    def _context(self) -> bytes:
        return f"{self.model._meta.label_lower}.{self.name}".encode()

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, bytes | memoryview):
            return value
        return ciphers.encrypt(str(value).encode(), purpose=self.purpose, context=self._context)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        if value is None:
            return None
        return ciphers.decrypt(bytes(value), purpose=self.purpose, context=self._context).decode()

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))
