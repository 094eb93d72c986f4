"""Search by a whole address. It is posted, so that it stands in no address line, history or log on the way."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.kernel.core import addresses
from portal.kernel.core.errors import BadReference, Refused
from portal.kernel.core.ids import KINDS, parse_reference

_MARK = "hash:"
#: The search that finds nothing: without one the list below "Nothing was found" would be everybody.
_NOTHING = _MARK


def address_keys_in(term: str) -> list[bytes]:
    """The lookup hashes of an address that was typed in full; none for what is no address."""
    for kind in (addresses.EMAIL, addresses.PHONE):
        try:
            return addresses.address_keys(addresses.normalise(kind, term))
        except Refused:
            continue
    return []


def reference_in(term: str, prefix: str) -> str:
    """The reference that was typed, in its one form; empty for anything else."""
    try:
        return parse_reference(term, prefix)
    except BadReference:
        return ""


def whole_reference_in(term: str) -> str:
    """A whole reference of any kind that was typed with its letters, in its one form; empty for anything else."""
    plain = "".join(character for character in term.upper() if character.isalnum())
    kind = plain[2:4]
    return reference_in(term, kind) if plain.startswith("OS") and kind in KINDS else ""


def subject_in(term: str) -> UUID | None:
    """The subject's reference that was typed."""
    try:
        return UUID(term)
    except ValueError:
        return None


def query_of_keys(keys: list[bytes]) -> str:
    """The query under which a list that is ``SearchedByPost`` shows the rows of an address, without naming it."""
    return urlencode({"q": _MARK + ",".join(key.hex() for key in keys)})


def keys_in(query: str) -> list[bytes]:
    """The lookup hashes that a search led to (``SearchedByPost``); none for anything else."""
    if not query.startswith(_MARK):
        return []
    try:
        return [bytes.fromhex(part) for part in query.removeprefix(_MARK).split(",") if part]
    except ValueError:
        return []


class SearchedByPost(admin.ModelAdmin):
    """Mixin for change lists. A posted search leads to references or keyed hashes; the chosen filters stay."""

    #: Read by the template of the search form.
    searched_by_post = True
    #: The two letters of the references in this list; empty where it has none.
    reference_prefix = ""

    def query_of(self, request: HttpRequest, term: str) -> dict[str, str]:
        """What finds the same without naming anybody; empty where nothing can be found."""
        named = reference_in(term, self.reference_prefix) if self.reference_prefix else ""
        if named or subject_in(term) is not None:
            return {"q": named or term}
        keys = address_keys_in(term)
        return {"q": _MARK + ",".join(key.hex() for key in keys)} if keys else {}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.none() if request.GET.get("q") == _NOTHING else rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method != "POST" or "find" not in request.POST:
            return super().changelist_view(request, extra_context)
        if not self.has_view_permission(request):
            raise PermissionDenied
        term = request.POST["find"].strip()
        query = self.query_of(request, term) if term else {}
        if term and not query:
            query = {"q": _NOTHING}
            messages.warning(request, _("Nothing was found. Give a reference, or a whole address or number."))
        kept = {name: str(given) for name, given in request.POST.items() if name not in {"find", "csrfmiddlewaretoken"}}
        return HttpResponseRedirect(f"?{urlencode(kept | query)}")
