"""The staff's admin site."""

from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portal.fronts.workplace import auditor_access
from portal.kernel.core import answers, field_changes, read_only
from portal.kernel.core.admin.bases import KEYS_OFF
from portal.kernel.core.admin.labels import EMPTY
from portal.kernel.core.requests import actor_of

#: Links to the login's own pages: (label, name of the address).
OWN = (
    (_("Second factor"), "mfa_index"),
    (_("Sessions"), "signin:sessions"),
    (_("Password"), "account_change_password"),
)


class StaffSite(admin.AdminSite):
    """The Django admin as the workplace of compliance staff: behind a second factor, with a menu by work."""

    site_header = _("Onesetu compliance")
    site_title = _("Onesetu compliance")
    index_title = _("Today")
    enable_nav_sidebar = False
    empty_value_display = EMPTY

    def has_permission(self, request: HttpRequest) -> bool:
        """No page opens before this session has shown the second factor."""
        user: Any = request.user
        return bool(user.is_active and user.is_staff and answers.second_factor.ask(request))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Every page of staff: what a POST changes is told with field, old and new value (``portal.kernel.core.field_changes``).

        An auditor's login opens what shows its days only, and each page it reads is written down (``reading``).
        """

        @wraps(view)
        def watched(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            auditor_access.require(request)
            if request.method != "POST":
                answer = cast(HttpResponse, view(request, *args, **kwargs))
                auditor_access.note(request, answer.status_code)
                return answer
            act = request.resolver_match.url_name if request.resolver_match else None
            with field_changes.watching(actor_of(request), act or ""):
                return cast(HttpResponse, view(request, *args, **kwargs))

        return super().admin_view(watched, cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign-in is the sign-in room's; whoever is half-way in goes on to the second factor."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("signin:second-factor"))
        asked = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return HttpResponseRedirect(f"{reverse('account_login')}?{asked}")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        context["keys_off"] = request.session.get(KEYS_OFF, False)
        context["environment"] = _("Demonstration") if settings.DEMO else ("" if settings.PRODUCTION else _("Embedded"))
        context["is_read_only"] = read_only.is_on()
        scope = answers.reading_scope.ask(request.user) if request.user.is_authenticated else None
        context["scope_says"] = "" if scope is None else scope.says()
        context["own_links"] = [{"label": label, "url": reverse(name)} for label, name in OWN]
        if context["has_permission"]:
            context["navigation"] = self.navigation(request, context["available_apps"])
            context["approvals"] = self.approvals(request)
        return context

    def navigation(self, request: HttpRequest, apps: list[Any]) -> Any:
        """What this login finds where."""
        # Late: it reads who holds which role, and the site is made while models are still loading.
        from portal.fronts.workplace.navigation import Navigation

        return Navigation(request, [model for app in apps for model in app["models"]])

    def approvals(self, request: HttpRequest) -> Any:
        """What waits for this login's approval, and what it proposed."""
        # Late, as above.
        from portal.fronts.workplace.approvals import open_to

        return open_to(request.user)

    def get_log_entries(self, request: HttpRequest) -> Any:
        """Django's own admin log stays empty."""
        return ()

    def get_urls(self) -> list[URLResolver | URLPattern]:
        # Late: views import models, and the site is made while apps are still loading.
        from portal.fronts.workplace.views import approvals, directory, help, ledger, queues, today  # noqa: A004 - a page of that name
        from portal.fronts.workplace.views.system import page as system_page
        from portal.fronts.workplace.views.system import renew_lookups

        own: list[URLResolver | URLPattern] = [
            path("", self.admin_view(today.page), name="index"),
            path("today/<slug:code>.csv", self.admin_view(today.chart_file), name="chart-file"),
            path("today/<slug:code>/<str:number>/", self.admin_view(today.act), name="today-act"),
            path("help/", self.admin_view(help.page), name="help"),
            path("help/keys/", self.admin_view(help.switch_keys), name="keys"),
            path("go/", self.admin_view(directory.page), name="go"),
            path("queues/", self.admin_view(queues.page), name="queues"),
            path("views/save/<str:model>/", self.admin_view(queues.save), name="view-save"),
            path("views/<int:number>/remove/", self.admin_view(queues.remove), name="view-remove"),
            path("ledger/", self.admin_view(ledger.state), name="ledger"),
            path("approvals/", self.admin_view(approvals.page), name="approvals"),
            path("approvals/<str:model>/<int:number>/", self.admin_view(approvals.answer), name="approval"),
            path("system/", self.admin_view(system_page), name="system"),
            path("system/lookups/", self.admin_view(renew_lookups), name="system-lookups"),
            path("ledger/verify/", self.admin_view(ledger.verify_now), name="ledger-verify"),
        ]
        return own + super().get_urls()
