import pytest

from kyc.numbers.aadhaar_positions import to_hide
from kyc.numbers.text_search import numbers_in
from kyc.review.inspection import keeps_codes_only, with_sides
from kyc.review.services import check_runs
from kyc.review.services.customer_types import say_type
from kyc.review.services.document_uploads import open_case
from portal.kernel.people.models import Customer, User
from portal.kernel.vault.inspection import worker
from portal.kernel.vault.inspection.qr_rescan import drawn_anew
from portal.kernel.vault.inspection.redaction import Wish
from portal.kernel.vault.inspection.result import Limits, Verdict
from tests.kyc.factories import CUSTOMER, NOW
from tests.people.factories import CustomerFactory, CustomerUserFactory, StaffFactory
from tests.shipped import every_rule


@pytest.fixture
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inspection without its child, for tests that are about what follows from a verdict; it saves half a second."""

    def inspect(data: bytes, *, extension: str, kind: str = "") -> tuple[Verdict, bytes]:
        wish = Wish(to_hide, draw=drawn_anew if keeps_codes_only(kind) else None)
        verdict, kept = worker.inspect(data, extension, Limits(), numbers_in, wish)
        return with_sides(verdict, kind), kept

    monkeypatch.setattr(check_runs, "inspect", inspect)


@pytest.fixture
def house(db: None) -> None:
    """The rules and promises that every service here stands on."""
    every_rule()


@pytest.fixture
def individual(house: None) -> Customer:
    return CustomerFactory(kind="individual")


@pytest.fixture
def organisation(house: None) -> Customer:
    """A firm, which has said that it is one."""
    customer = CustomerFactory(kind="organisation")
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    say_type(case, customer_type="partnership", actor=CUSTOMER, now=NOW)
    return customer


@pytest.fixture
def asha(individual: Customer) -> User:
    """The person behind the individual customer."""
    return CustomerUserFactory(email="asha@acme.example", member_of=individual)


@pytest.fixture
def maker(house: None) -> User:
    return StaffFactory(roles=["kyc_maker"])


@pytest.fixture
def checker(house: None) -> User:
    return StaffFactory(roles=["kyc_checker"])
