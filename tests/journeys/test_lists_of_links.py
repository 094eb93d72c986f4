"""A row that is a link as a whole leaves the links beside its main one to the pointer."""

import pytest

from kyc.review.services.check_runs import run_plan
from kyc.review.services.document_uploads import open_case
from portal.kernel.core import clock
from tests.kyc.conftest import asha, house, individual
from tests.kyc.factories import CUSTOMER, NOW, checked, uploaded
from tests.signin.people_who_sign_in import customer_client

__all__ = ["asha", "house", "individual"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("narrow", [True, False], ids=["narrow", "wide"])
def test_a_draft_beside_what_was_sent_is_opened_with_a_pointer(window, asha, individual, narrow):
    open_case(customer=individual, actor=CUSTOMER, now=NOW)
    checked(individual, kind="driving_licence", number="MH12 20110012345")
    draft = uploaded(individual, kind="passport", number="J1234567")
    run_plan(draft.pk, now=clock.now())
    person = window(narrow=narrow)
    person.signs_in_with(customer_client(asha))
    page = person.goes_to("/privacy/kyc/")
    page.get_by_role("link", name="check it and send it").click(timeout=3_000)
    page.wait_for_url(f"**/{draft.reference}/**", timeout=3_000)
    person.looks()
