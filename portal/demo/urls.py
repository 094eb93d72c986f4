"""Pages of the demonstration under ``/demo/``. Elsewhere this room is not installed; each page refuses there besides."""

from django.urls import URLPattern, URLResolver, path

from portal.demo import first_page, mailbox_views

app_name = "demo"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", first_page.first_page, name="first-page"),
    path("mailbox/", mailbox_views.mailbox_list, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox_views.mailbox_letter, name="letter"),
]
