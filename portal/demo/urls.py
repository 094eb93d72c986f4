"""Pages of the demonstration under ``/demo/``; each of them is a 404 anywhere else."""

from django.urls import URLPattern, URLResolver, path

from portal.demo import mailbox_pages

app_name = "demo"
urlpatterns: list[URLPattern | URLResolver] = [
    path("mailbox/", mailbox_pages.mailbox_list, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox_pages.mailbox_letter, name="letter"),
]
