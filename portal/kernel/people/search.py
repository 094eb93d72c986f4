"""What of this room a search finds: persons, accounts and logins, by reference, address or name."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.search_api import Asked, Found, Hits
from portal.kernel.people.models import ContactPoint, Customer, Principal, User
from portal.kernel.people.selectors import refs_of


def find(asked: Asked) -> Found:
    """Answers ``ports.finders``. A name has to be given whole, its words in any order: what is encrypted has no parts."""
    if asked.reference.startswith("OS-CU-"):
        yield Hits("people.Customer", _("by its reference"), Customer.objects.filter(reference=asked.reference))
    if asked.subject is not None:
        refs, by = refs_of(asked.subject), _("by the reference of the person")
        yield Hits("people.Principal", by, Principal.objects.filter(subject__ref__in=refs))
        yield Hits("people.Customer", by, Customer.objects.filter(subject__ref__in=refs))
    if asked.address:
        live = ContactPoint.objects.filter(address_key__in=asked.address_keys, left_at=None).values("principal")
        by = _("by an address")
        yield Hits("people.Principal", by, Principal.objects.filter(pk__in=live))
        accounts = Customer.objects.filter(memberships__principal__in=live, memberships__ended_at=None).distinct()
        yield Hits("people.Customer", _("by an address of someone who acts for it"), accounts)
        yield Hits("people.User", by, User.objects.filter(email__iexact=asked.address, is_staff=True))
    if asked.name:
        by = _("by the name")
        of_person: Any = Principal._meta.get_field("name_key")
        of_account: Any = Customer._meta.get_field("name_key")
        yield Hits("people.Principal", by, Principal.objects.filter(name_key__in=of_person.indexes_of(asked.text)))
        yield Hits("people.Customer", by, Customer.objects.filter(name_key__in=of_account.indexes_of(asked.text)))
        yield Hits("people.User", by, User.objects.filter(Q(full_name__iexact=asked.text), is_staff=True))
