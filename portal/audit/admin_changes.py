"""The mixin that makes every change on an admin form an audit event: field, old and new value, network address."""

from typing import Any, cast

from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from portal.audit import services


class AuditedChanges(admin.ModelAdmin):
    """For admins with ``add_permission`` or ``change_permission``; stands before StaffModelAdmin in the bases."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: Any) -> None:
        """Save and record in one transaction. Values of personal fields go to the event's erasable part."""
        with transaction.atomic():
            kept = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
            before = None if kept is None else services.values_of(kept)
            super().save_model(request, obj, form, change)
            services.record_change(obj=obj, before=before, actor=cast(Any, request).actor)
