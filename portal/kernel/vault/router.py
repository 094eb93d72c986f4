"""Keys live in a database of their own, apart from the main one and from its backups."""

from typing import Any

from django.db.models import Model

KEY_DATABASE = "keys"


class KeyStoreRouter:
    """Models that say ``key_store = True`` are read, written and migrated in the key database only."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return KEY_DATABASE if getattr(model, "key_store", False) else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return self.db_for_read(model)

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool | None:
        # Asked for each relation of each object that is made: bulk work feels every line here.
        one, other = getattr(obj1, "key_store", False), getattr(obj2, "key_store", False)
        return one is other if one or other else None

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if hints.get("key_store"):
            return db == KEY_DATABASE
        if db == KEY_DATABASE:
            return app_label == "vault" and model_name in KEY_MODELS
        return False if app_label == "vault" and model_name in KEY_MODELS else None


#: Named here because historical models in migrations do not carry ``key_store``.
KEY_MODELS = frozenset({"erasuremark", "subjectkey"})
