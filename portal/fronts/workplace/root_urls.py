"""Addresses for machines that watch the installation."""

from django.urls import URLPattern, path

from portal.fronts.workplace.views import metrics

urlpatterns: list[URLPattern] = [path("metrics", metrics.page, name="metrics")]
