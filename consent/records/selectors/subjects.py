"""From what somebody types to a subject reference."""

from uuid import UUID

from portal.kernel.core.errors import BadReference, NotFound
from portal.kernel.core.ids import parse_reference
from portal.kernel.people.models import Customer, Membership, Subject

#: References of people that an error names.
MOST_NAMED = 20


def subject_ref_of(text: str) -> UUID:
    """The reference of the person given by its UUID, or by the reference of a customer for whom one person acts.

    Answers are a person's, not a customer's. Raises NotFound for neither, and where several people act for the customer:
    the error names their references.
    """
    try:
        ref = UUID(text)
    except ValueError:
        return _of_customer(text)
    if not Subject.objects.filter(ref=ref).exists():
        raise NotFound("There is no subject with this reference.")
    return ref


def _of_customer(text: str) -> UUID:
    try:
        reference = parse_reference(text, "CU")
    except BadReference as error:
        raise NotFound(
            "Give a subject reference (a UUID) or a customer's reference such as OS-CU-7K4M-9QXJ."
        ) from error
    customer = Customer.objects.select_related("subject").filter(reference=reference).first()
    if customer is None:
        raise NotFound("There is no customer with this reference.")
    people = Membership.objects.filter(customer=customer, ended_at=None).order_by("joined_at", "pk")
    refs = list(people.values_list("principal__subject__ref", flat=True)[: MOST_NAMED + 1])
    if len(refs) > 1:
        named = ", ".join(map(str, refs[:MOST_NAMED])) + (", …" if len(refs) > MOST_NAMED else "")
        raise NotFound(f"Several people act for this customer. Give the reference of one of them: {named}")
    return refs[0] if refs else customer.subject.ref
