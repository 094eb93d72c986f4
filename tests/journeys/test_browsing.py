"""The window of the journeys does see faults: else a clean journey would mean nothing."""

import pytest

from tests.journeys.browsing import NARROW, WIDE, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title><link rel="stylesheet" href="/pale.css"></head>
<body><main><h1>Faulty</h1><img src="http://elsewhere.invalid/pixel.png"><p class="wide">wide</p>
<p class="pale">pale</p><input name="unnamed"><a href="/empty/"></a><h4>skipped</h4>
<script>document.title = 'run'</script></main><p>outside</p></body></html>"""
STYLE = ".wide { width: 900px } .pale { color: #bbb }"
POLICY = {"Content-Security-Policy": "default-src 'self'"}


@pytest.fixture
def person(chromium, live_server, scripts):
    opened = Person(chromium, live_server.url, scripts=scripts, viewport=dict(NARROW))
    opened.page.route("**/faulty/", lambda route: route.fulfill(body=FAULTY, content_type="text/html", headers=POLICY))
    opened.page.route("**/pale.css", lambda route: route.fulfill(body=STYLE, content_type="text/css"))
    yield opened
    opened.leaves()


def test_a_window_notices_an_inaccessible_page_a_foreign_request_and_a_broken_policy(person):
    person.goes_to("/faulty/")
    problems = "\n".join(person.problems)
    assert "a request left the origin: elsewhere.invalid" in problems
    assert "wider than the window" in problems
    assert "Content Security Policy" in problems
    found = {problem.split()[3] for problem in person.problems if problem.startswith("axe at /faulty/: ")}
    assert found == {"color-contrast", "heading-order", "image-alt", "label", "link-name", "region"}


def test_a_window_looks_at_the_page_as_it_stands_now(person):
    person.page.set_viewport_size(dict(WIDE))
    person.goes_to("/faulty/")
    person.problems.clear()
    person.page.evaluate(
        "document.querySelectorAll('img, input, a, h4, .pale, body > p').forEach(each => each.remove())"
    )
    person.looks()
    assert person.problems == []


def test_a_page_with_a_fault_has_it_at_each_look_and_one_without_gets_it_with_its_first_change(person):
    for _look in range(2):
        person.problems.clear()
        person.goes_to("/faulty/")
        assert "axe at /faulty/: link-name (a)" in person.problems
    person.page.set_viewport_size(dict(WIDE))
    person.page.evaluate(
        "document.querySelectorAll('img, input, a, h4, .pale, body > p').forEach(each => each.remove())"
    )
    for _look in range(2):
        person.problems.clear()
        person.looks()
        assert person.problems == []
    person.page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<a href=\"/\"></a>')")
    person.looks()
    assert person.problems == ["axe at /faulty/: link-name (a)"]


def test_the_links_of_staff_are_looked_at_once_as_they_stand_and_what_is_beside_them_each_time(person):
    person.page.set_viewport_size(dict(WIDE))
    person.goes_to("/faulty/")
    person.page.evaluate(
        """
        document.querySelectorAll('img, input, a, h4, .pale, body > p').forEach(each => each.remove());
        document.body.insertAdjacentHTML('afterbegin', '<nav class="staff-nav"><a href="/one/" aria-current="page">One</a>'
            + ' and <a href="/two/">Two</a></nav>');
        """
    )

    def found_after(change: str) -> list[str]:
        person.problems.clear()
        person.page.evaluate(change)
        person.looks()
        return person.problems

    assert found_after("0") == []
    # The mark wanders with the page; a fault beside the links, and then one within them, is seen all the same.
    assert found_after(
        """
        document.querySelector('nav a').removeAttribute('aria-current');
        document.querySelector('nav a:last-child').setAttribute('aria-current', 'page');
        document.querySelector('main').insertAdjacentHTML('beforeend', '<a id="beside" href="/"></a>');
        """
    ) == ["axe at /faulty/: link-name (#beside)"]
    assert found_after("document.querySelector('#beside').remove()") == []
    assert found_after("document.querySelector('nav a').textContent = ''") == [
        'axe at /faulty/: link-name (a[href$="one/"])'
    ]
