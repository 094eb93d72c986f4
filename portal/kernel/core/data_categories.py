"""Every model field says what personal data it holds, or "none". A system check (core.E020) finds the undeclared."""

from enum import StrEnum


class DataCategory(StrEnum):
    NONE = "none"
    NAME = "name"
    CONTACT = "contact"
    IDENTITY_DOCUMENT = "identity_document"
    FINANCIAL = "financial"
    DATE_OF_BIRTH = "date_of_birth"
    MESSAGE_CONTENT = "message_content"
    FREE_TEXT = "free_text"
    CREDENTIAL = "credential"
    DEVICE = "device"
    LOCATION = "location"


def declare(**fields_by_category: str) -> dict[str, DataCategory]:
    """``declare(none="id created_at", contact="email")`` names each field once, by category.

    Raises ValueError for an unknown category or a field named twice.
    """
    declared: dict[str, DataCategory] = {}
    for category, names in fields_by_category.items():
        for name in names.split():
            if name in declared:
                raise ValueError(f"The field {name} is declared twice.")
            declared[name] = DataCategory(category)
    return declared


def personal_fields(declared: dict[str, DataCategory]) -> set[str]:
    """The fields that hold personal data."""
    return {name for name, category in declared.items() if category is not DataCategory.NONE}
