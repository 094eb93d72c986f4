"""Where the keyboard is stands out, on each part of a field that has several."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "sheet", ["selfservice/tokens.css selfservice/portal.css", "selfservice/tokens.css workplace/staff.css"]
)
def test_a_date_shows_its_focus_on_each_of_its_parts(chromium, sheet):
    """On the button that opens the calendar the browser itself does not call the field visibly focused."""
    page = chromium.new_page()
    styles = "".join(Path(finders.find(name)).read_text() for name in sheet.split())
    page.set_content(f"<style>{styles}</style><label>Day <input type=date></label><label>At <input type=time></label>")
    rings = set()
    for _part in range(8):
        page.keyboard.press("Tab")
        rings.add(page.evaluate("getComputedStyle(document.activeElement).outlineStyle + document.activeElement.type"))
    page.close()
    assert {ring for ring in rings if "date" in ring or "time" in ring} == {"soliddate", "solidtime"}
