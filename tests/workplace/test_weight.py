"""How many bytes a page costs a visitor who comes for the first time, uncompressed: text, styles and scripts."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.django_db

CUSTOMERS = 50_000
STAFF = 400_000


def weight(answer):
    linked = re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))', answer.text)
    return len(answer.content) + sum(Path(finders.find(name)).stat().st_size for name in set(linked))


@pytest.mark.parametrize(
    "address",
    ["/privacy/", "/privacy/cookies/", "/privacy/grievances/new/", "/privacy/track/", "/privacy/no-such-page/"],
)
@pytest.mark.parametrize("language", ["en", "mr"])
def test_a_customers_page_is_light(address, language):
    answer = Client(headers={"accept-language": language}).get(address)
    assert weight(answer) < CUSTOMERS


@pytest.mark.parametrize(
    "address",
    ["/admin/", "/admin/law/legalrule/", "/admin/audit/auditevent/", "/admin/workplace/purposeproposal/add/"],
)
def test_a_page_of_the_workplace_is_light(staff, address):
    assert weight(staff("administrator", "data_protection_officer").get(address)) < STAFF
