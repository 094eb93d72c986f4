"""Customers' pages under ``/privacy/``."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from portal.selfservice.views import pages

app_name = "privacy"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("portal.signin.customer_urls")),
    path("", pages.home, name="home"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("cookies/", pages.cookies, name="cookies"),
    path("language/", set_language, name="language"),
    path("sitemap/", pages.sitemap, name="sitemap"),
]
