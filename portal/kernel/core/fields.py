"""Model fields that are encrypted at rest, the keyed hashes by which their words are found, and what lists show of them."""

from typing import Any

from django.db import models

from portal.kernel.core import ciphers
from portal.kernel.core.text import sorted_words


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


class ShortTextField(EncryptedTextField):
    """What lists show of the encrypted field ``of``, written with it: the model's method ``shortened`` makes it of the text.

    NULL in a row that a release without the column wrote. A model with such a field is a ``KeepsIndexes``; whoever inserts
    rows past the model writes what ``shortened`` gives.
    """

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{**kwargs, "null": True, "editable": False})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("null", None)
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: Any, add: bool) -> Any:  # noqa: FBT001 - Django's own signature
        short = model_instance.shortened(getattr(model_instance, self.of) or "")
        setattr(model_instance, self.attname, short)
        return short


class WordsIndexField(models.BinaryField):
    """The keyed hash of the words of the encrypted field ``of``, written with it; nothing where that has no words.

    A model with such a field is a ``KeepsIndexes``. Whoever inserts rows past the model writes ``index_of``.
    """

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        super().__init__(
            *args, **{**kwargs, "max_length": ciphers.INDEX_LENGTH, "null": True, "editable": False, "db_index": True}
        )

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for given in ("max_length", "null", "editable", "db_index"):
            kwargs.pop(given, None)
        return name, path, list(args), {**kwargs, "of": self.of}

    @property
    def domain(self) -> str:
        return f"words.{self.model._meta.label_lower}.{self.of}"

    def index_of(self, text: str) -> bytes | None:
        """The hash under the present key."""
        words = sorted_words(text)
        return ciphers.blind_index(words, domain=self.domain) if words else None

    def indexes_of(self, text: str) -> list[bytes]:
        """The hashes under every key, for look-ups; none for a text without words."""
        words = sorted_words(text)
        return ciphers.blind_indexes(words, domain=self.domain) if words else []

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's own signature
        found = self.index_of(getattr(model_instance, self.of) or "")
        setattr(model_instance, self.attname, found)
        return found


class KeepsIndexes(models.Model):
    """Mixin: whenever a field is written, so are the hash of its words and its short form."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        if update_fields is not None:
            derived = WordsIndexField | ShortTextField
            own = [field for field in self._meta.concrete_fields if isinstance(field, derived)]
            update_fields = {*update_fields, *(field.name for field in own if field.of in update_fields)}
        super().save(*args, update_fields=update_fields, **kwargs)
