"""The book of consent managers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import clock
from portal.kernel.core.pii_guard import PublicWords
from portal.kernel.core.requests import actor_of
from portal.kernel.jobs.audited_export import resource_of
from portal.kernel.registers.base.permissions import Permission
from portal.kernel.registers.entries.models.consent_managers import ConsentManager
from portal.kernel.registers.entries.services import consent_managers
from portal.kernel.registers.senders.admin.sender_entries import ENTRY, EntryAdmin
from portal.kernel.registers.senders.forms import EntryForm


class ManagerForm(EntryForm):
    board_number = forms.CharField(label=_("Registration number with the Board"), max_length=40)
    name = PublicWords(label=_("Name"), max_length=200)
    public_key = forms.CharField(
        label=_("Public key"),
        max_length=44,
        help_text=_("Ed25519, 32 bytes in base64. Compare it with the one the manager publishes."),
    )
    field_order = ("fiduciary", "board_number", "name", "public_key", "starts_at")


@admin.register(ConsentManager)
class ConsentManagerAdmin(EntryAdmin):
    export_resource = resource_of(ConsentManager, f"{ENTRY} board_number name public_key")
    view_permission = Permission.MANAGER_VIEW
    add_permission = Permission.MANAGER_PROPOSE
    end_permission = Permission.MANAGER_END
    end_means = _("It may act for no one from now on. What people said through it stays valid.")
    create_form = ManagerForm
    create_title = _("Propose a consent manager")
    list_display = ("name", "board_number", "fiduciary", "answer", "holds_from", "ends_at")
    search_fields = ("board_number", "name")
    own_fields = ("board_number", "name", "public_key")

    @staticmethod
    def create(request: HttpRequest, entered: dict[str, Any]) -> int:
        return consent_managers.propose(**entered, actor=actor_of(request), now=clock.now()).pk
