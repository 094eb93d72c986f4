from datetime import UTC, datetime

from django.urls import reverse


def test_a_weakness_can_be_reported_to_a_named_address(client, settings):
    settings.SECURITY_CONTACT = "mailto:security@portal.example"
    lines = dict(line.split(": ", 1) for line in client.get("/.well-known/security.txt").text.splitlines())
    assert lines["Contact"] == "mailto:security@portal.example"
    assert datetime.fromisoformat(lines["Expires"]) > datetime(2026, 11, 25, tzinfo=UTC)


def test_search_engines_stay_out_of_the_workplace(client):
    assert "Disallow: /admin/" in client.get("/robots.txt").text


def test_the_icon_is_found_where_old_programs_look(client):
    assert client.get(reverse("favicon")).url.endswith("favicon.svg")
