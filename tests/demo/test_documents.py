"""What the demonstration's people decide about documents stands beside looks of those who decided."""

import pytest

from kyc.review.view_log import viewings_of
from portal.demo.story import documents
from tests.kyc.conftest import checker, house, individual, maker, same_process  # noqa: F401
from tests.kyc.factories import checked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("same_process", "house")]


@pytest.mark.parametrize(("fate", "roles"), [("approved", ["kyc_checker", "kyc_maker"]), ("proposed", ["kyc_maker"])])
def test_nobody_decides_unseen(individual, maker, checker, fate, roles):  # noqa: F811
    document = checked(individual)
    documents._decide(document, fate, {"kyc.maker": maker, "kyc.checker": checker})
    looks = viewings_of([document])
    assert sorted(role for look in looks for role in look.roles) == roles
    assert {look.why for look in looks} == {"kyc_review"}
