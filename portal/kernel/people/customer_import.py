"""Customers from a file: new ones with an invitation to the first owner, and corrected names of those who are there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.kernel.core import access, addresses
from portal.kernel.core.actor import Actor
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import parse_reference
from portal.kernel.jobs.choices import RowOutcome
from portal.kernel.jobs.import_forms import FormRows
from portal.kernel.jobs.import_types import ImportColumn, Taken
from portal.kernel.people.choices import CustomerState
from portal.kernel.people.forms import CustomerForm
from portal.kernel.people.models import Customer
from portal.kernel.people.permissions import Permission
from portal.kernel.people.services import customers
from portal.kernel.people.services.maker_checker import person_of


class CustomerRows(FormRows):
    """A row without a reference is a new customer, unless the same one was invited at the same address before."""

    name = "people.Customer"
    label = gettext_lazy("Customers")
    permission = Permission.CUSTOMER_IMPORT
    form = CustomerForm
    means = gettext_lazy("New customers are created and their first owners invited by email. That cannot be undone.")

    @property
    def columns(self) -> Sequence[ImportColumn]:
        reference = gettext_lazy("Of a customer who is there already, whose name is to be corrected. Empty: a new one.")
        return [*super().columns, ImportColumn("reference", reference)]

    def take(self, cells: Mapping[str, str], *, actor: Actor, now: datetime) -> Taken:
        """Raises Refused, NotAllowed for a correction by a role that may not correct."""
        entered = self.cleaned(cells)
        if cells.get("reference"):
            return self._corrected(cells["reference"], entered, actor=actor, now=now)
        places = (f"email:{entered['owner_email']}",) if entered["owner_email"] else ()
        if _is_there(entered):
            return Taken(RowOutcome.SAME, places)
        customers.create_and_invite(
            kind=entered["kind"],
            name=entered["name"],
            owner_email=entered["owner_email"],
            language=entered["language"] or "en",
            actor=actor,
            now=now,
        )
        return Taken(RowOutcome.NEW, places)

    def _corrected(self, text: str, entered: Mapping[str, Any], *, actor: Actor, now: datetime) -> Taken:
        access.require(person_of(actor), Permission.CUSTOMER_CHANGE)
        customer = _customer(text)
        if entered["kind"] != customer.kind:
            raise _beside("kind", _("The kind of a customer who is there does not change: write it as it is."))
        if entered["owner_email"]:
            raise _beside("owner_email", _("Leave this empty: people are invited on the customer's own page."))
        places = (f"customer:{customer.reference}",)
        if customer.name == entered["name"].strip():
            return Taken(RowOutcome.SAME, places)
        customers.rename(customer=customer, name=entered["name"], actor=actor, now=now)
        return Taken(RowOutcome.CHANGED, places)


def _customer(text: str) -> Customer:
    try:
        reference = parse_reference(text, "CU")
    except BadReference:
        reference = ""
    found = Customer.objects.filter(reference=reference, subject__erased_at=None).first()
    if found is None:
        raise _beside("reference", _("There is no customer with this reference."))
    return found


def _beside(column: str, said: str) -> Refused:
    return Refused(said, fields={column: [said]})


def _is_there(entered: Mapping[str, Any]) -> bool:
    """Whether a customer of this kind and name was invited at this address: the row has been taken in before."""
    if not entered["owner_email"]:
        return False
    keys = addresses.address_keys(entered["owner_email"])
    rows = Customer.objects.filter(kind=entered["kind"], state=CustomerState.ACTIVE, invitations__address_key__in=keys)
    return any(customer.name.casefold() == entered["name"].strip().casefold() for customer in rows.distinct())
