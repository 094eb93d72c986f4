"""The window of the journeys does see faults: else a clean journey would mean nothing."""

import pytest

from tests.journeys.browsing import NARROW, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title></head><body><main><h1>Faulty</h1>
<img src="http://elsewhere.invalid/pixel.png"><p style="width:900px">wide</p>
<script>document.title = 'run'</script></main></body></html>"""


def test_a_window_notices_an_inaccessible_page_a_foreign_request_and_a_broken_policy(chromium, live_server):
    person = Person(chromium, live_server.url, scripts=True, viewport=dict(NARROW))
    person.page.route(
        "**/faulty/",
        lambda route: route.fulfill(
            body=FAULTY, content_type="text/html", headers={"Content-Security-Policy": "default-src 'self'"}
        ),
    )
    person.goes_to("/faulty/")
    person.leaves()
    problems = "\n".join(person.problems)
    assert "a request left the origin: elsewhere.invalid" in problems
    assert "image-alt" in problems
    assert "Content Security Policy" in problems
    assert "wider than the window" in problems
