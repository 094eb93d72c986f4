"""The way from a list to its import, for admins of lists that rows from a file go into."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from portal.kernel.core import access, ports
from portal.kernel.core.admin import StaffModelAdmin


def import_url(request: HttpRequest, model: str) -> str:
    """Where a file for this list is brought; empty for who may not, and for a list that no file goes into."""
    may = any(kind.name == model and access.allowed(request.user, kind.permission) for kind in ports.import_kinds)
    return f"{reverse('admin:jobs_listimport_add')}?{urlencode({'list': model})}" if may else ""


class Imported(StaffModelAdmin):
    """Mixin of an admin: its list offers "Import from a file". It stands before the other bases."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        url = import_url(request, self.opts.label)
        return super().changelist_view(request, {**(extra_context or {}), "import_url": url})
