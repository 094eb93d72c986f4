"""Customers from a file: first a trial that names each line's fault and changes nothing, then the same file for good."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from portal.core import access, clock
from portal.core.admin import StaffModelAdmin
from portal.core.errors import Refused
from portal.people.forms import ImportForm
from portal.people.services import imports


class ImportPages(StaffModelAdmin):
    """Adds ``import/``. Between trial and import the file travels encrypted in the page: nothing lies on a disk."""

    import_permission: str
    import_template = "admin/people/import.html"
    change_list_template = "admin/people/change_list_with_import.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_import"
        return [path("import/", self.admin_site.admin_view(self.import_view), name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may = access.allowed(request.user, self.import_permission)
        return super().changelist_view(request, {**(extra_context or {}), "may_import": may})

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not access.allowed(request.user, self.import_permission):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Import customers"),
            "opts": self.opts,
            "columns": imports.COLUMNS,
            "most": imports.MOST_ROWS,
            "report": None,
        }
        form = ImportForm()
        status = HTTPStatus.OK
        if request.method == "POST" and "tried" in request.POST:
            report = self._for_good(request)
            context["report"], context["is_done"] = report, report.is_clean
            status = HTTPStatus.OK if report.is_clean else HTTPStatus.UNPROCESSABLE_ENTITY
        elif request.method == "POST":
            form = ImportForm(request.POST, request.FILES)
            if form.is_valid():
                self._trial(request, form, context)
            is_good = not form.errors and context["report"].is_clean
            status = HTTPStatus.OK if is_good else HTTPStatus.UNPROCESSABLE_ENTITY
        return TemplateResponse(request, self.import_template, {**context, "form": form}, status=status)

    def _trial(self, request: HttpRequest, form: ImportForm, context: dict[str, Any]) -> None:
        file = form.cleaned_data["file"]
        try:
            rows = imports.read(file.name, file.read())
            context["report"] = imports.run(rows=rows, actor=request.actor, now=clock.now(), is_trial=True)  # type: ignore[attr-defined]
        except Refused as error:
            form.add_error("file", str(error))
        else:
            context["tried"] = imports.seal(rows, user_id=int(request.user.pk or 0))

    def _for_good(self, request: HttpRequest) -> imports.Report:
        tried = request.POST["tried"]
        rows = imports.unseal(tried, user_id=int(request.user.pk or 0))
        return imports.run(rows=rows, actor=request.actor, now=clock.now(), is_trial=False, tried=tried)  # type: ignore[attr-defined]
