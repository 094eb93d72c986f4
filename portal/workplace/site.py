"""The staff's admin site."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse

from portal.core import hooks


class StaffSite(admin.AdminSite):
    """The Django admin as the workplace of compliance staff."""

    site_header = "Onesetu compliance"
    site_title = "Onesetu compliance"
    index_title = "Today"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """No page opens before this session has shown the second factor."""
        user: Any = request.user
        return bool(user.is_active and user.is_staff and hooks.second_factor.ask(request))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign-in is the sign-in room's; whoever is half-way in goes on to the second factor."""
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("signin:second-factor"))
        asked = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return HttpResponseRedirect(f"{resolve_url('account_login')}?{asked}")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))
