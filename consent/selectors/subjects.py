"""From what somebody types to a subject reference."""

from uuid import UUID

from portal.core.errors import BadReference, NotFound
from portal.core.ids import parse_reference
from portal.people.models import Customer, Subject


def subject_ref_of(text: str) -> UUID:
    """The reference of a subject given by its UUID or by a customer's reference. Raises NotFound for neither."""
    try:
        ref = UUID(text)
    except ValueError:
        try:
            reference = parse_reference(text, "CU")
        except BadReference as error:
            raise NotFound(
                "Give a subject reference (a UUID) or a customer's reference such as OS-CU-7K4M-9QX2."
            ) from error
        found = Customer.objects.filter(reference=reference).values_list("subject__ref", flat=True).first()
        if found is None:
            raise NotFound("There is no customer with this reference.") from None
        return found
    if not Subject.objects.filter(ref=ref).exists():
        raise NotFound("There is no subject with this reference.")
    return ref
