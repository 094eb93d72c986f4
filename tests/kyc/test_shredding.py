"""After an erasure no erased document opens: from the disk, the admin, a dump made now or one made before."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse

from kyc.cases.services import document_encryption
from kyc.models import Case, Document
from kyc.outcomes import retention_classes
from kyc.review.services.document_uploads import open_case
from kyc.review.services.protected_access import own_number
from kyc.review.services.reveals import number_of
from portal.kernel.core import actor, ciphers, clock
from portal.kernel.people.models import User
from portal.kernel.people.services import customers
from portal.kernel.retention.models import Hold
from portal.kernel.retention.services import erasure_plans, holds
from portal.kernel.vault.models import SubjectKey
from portal.kernel.vault.services import files, keys, texts
from portal.kernel.vault.services.keys import Shredded
from tests.kyc import documents
from tests.kyc.factories import CUSTOMER, NOW, checked, reclassified, uploaded
from tests.people.factories import CustomerFactory, StaffFactory
from tests.retention.factories import carried_out_by_two
from tests.signin.people_who_sign_in import staff_client
from tests.vault.test_shredding import bytes_on_disk, dump, readings

pytestmark = pytest.mark.usefixtures("same_process", "house")


def text_readings(document: Document, sealed: bytes) -> Iterator[str]:
    """What every key that is left makes of a sealed text of an old dump, without asking any service."""
    bound = texts._bound(document.key_ref, document.retention_class)
    for key in SubjectKey.objects.all():
        subject_key = ciphers.decrypt(bytes(key.wrapped), purpose=keys.PURPOSE, context=key.pk.bytes)
        if sealed[1:17] == key.pk.bytes:
            yield keys.text_cipher(subject_key).decrypt(sealed[17:29], sealed[29:], bound).decode()


def opened(user: User, url: str) -> str:
    """A staff page of a record, after saying why it is opened."""
    client = staff_client(user)
    client.post(url, {"open_record": "1", "purpose": "kyc_review", "ticket": "review queue"})
    return client.get(url).content.decode()


@pytest.fixture
def vendor(maker) -> Case:
    """A vendor with a PAN card, and with a cheque that the books keep for longer."""
    customer = CustomerFactory(kind="individual")
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    reclassified(case)
    checked(customer)
    cheque = {"kind": "cancelled_cheque", "number": "123456789012", "data": documents.pdf("Account 123456789012")}
    checked(customer, **cheque)
    return case


def of(case: Case, kind: str) -> Document:
    return Document.objects.select_related("kept", "quarantined", "case", "party").get(case=case, kind=kind)


def test_an_erased_document_opens_nowhere_and_what_the_books_keep_still_does(
    vendor, maker, django_capture_on_commit_callbacks
):
    pan, cheque = of(vendor, "pan_card"), of(vendor, "cancelled_cheque")
    assert (pan.retention_class, cheque.retention_class) == ("kyc_vendor", "kyc_accounts")
    sealed = bytes(pan.number_sealed)
    old_rows, old_bytes = dump(), bytes_on_disk()
    assert list(readings(pan.kept, old_bytes[pan.kept.storage_name]))
    assert list(text_readings(pan, sealed)) == [documents.PAN]

    customers.close(customer=vendor.customer, actor=actor.SYSTEM, now=clock.now())
    later = clock.now() + timedelta(days=4 * 366)
    with django_capture_on_commit_callbacks(execute=True):
        done = carried_out_by_two(now=later)
    steps = {step["what"]: step["erased"] for step in done.certificate["steps"]}
    assert (steps["kyc.documents_vendor"], steps["kyc.documents_accounts"]) == (1, 0)

    # The disk, and an old copy of it: no key that is left opens the bytes.
    assert pan.kept.storage_name not in bytes_on_disk()
    assert list(readings(pan.kept, old_bytes[pan.kept.storage_name])) == []
    # The number in a dump made before is sealed under a key that has ended; a dump made now holds no number at all.
    assert any(
        sealed in [bytes(cell) for cell in row if isinstance(cell, bytes | memoryview)]
        for row in old_rows["kyc_document"]
    )
    assert list(text_readings(pan, sealed)) == []
    for rows in (old_rows, dump()):
        assert documents.PAN not in repr(rows)
    # The services, and the pages of staff.
    gone = of(vendor, "pan_card")
    assert gone.erased_at is not None
    assert own_number(gone) == ""
    with pytest.raises(Shredded):
        files.open_stream(gone.kept, actor=actor.SYSTEM, reason="test")
    with pytest.raises(Shredded):
        document_encryption.opened(pan, sealed)
    shown = opened(maker, reverse("admin:kyc_document_change", args=[gone.pk]))
    assert documents.PAN not in shown
    assert pan.number_display not in shown
    # What the books keep opens as before.
    assert files.open_stream(cheque.kept, actor=actor.SYSTEM, reason="test").read().startswith(b"%PDF")
    staff = actor.staff(maker.pk)
    given = {"reason_code": "review", "ticket": vendor.reference, "actor": staff, "now": later}
    assert number_of(of(vendor, "cancelled_cheque"), **given) == "123456789012"


def test_a_hold_on_one_class_keeps_it_and_nothing_else(vendor, django_capture_on_commit_callbacks):
    officer = actor.staff(StaffFactory(roles=["data_protection_officer"]).pk)
    holds.place(
        subject_ref=vendor.subject_ref,
        retention_class="kyc_vendor",
        order_reference="CS 1/2030",
        why="A suit.",
        actor=officer,
    )
    customers.close(customer=vendor.customer, actor=actor.SYSTEM, now=clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        carried_out_by_two(now=clock.now() + timedelta(days=11 * 366))
    assert Hold.objects.get().released_at is None
    assert of(vendor, "pan_card").erased_at is None
    assert of(vendor, "cancelled_cheque").erased_at is not None


def test_an_applicant_who_was_not_taken_on_is_forgotten_after_a_year(maker, django_capture_on_commit_callbacks):
    customer = CustomerFactory(kind="individual")
    case = open_case(customer=customer, actor=CUSTOMER, now=NOW)
    reclassified(case, relation="applicant")
    document = uploaded(customer, kind="passport", number="A1234567", data=documents.pdf("A1234567"))
    assert document.retention_class == "kyc_applicant"
    Case.objects.filter(pk=case.pk).update(state="rejected", decided_at=clock.now())
    assert erasure_plans.make(now=clock.now() + timedelta(days=360), actor=actor.SYSTEM) is None
    with django_capture_on_commit_callbacks(execute=True):
        carried_out_by_two(now=clock.now() + timedelta(days=370))
    document.refresh_from_db()
    assert document.erased_at is not None


@pytest.mark.parametrize(
    ("relation", "kind", "expected"),
    [
        ("customer", "pan_card", "kyc"),
        ("reseller", "bank_statement", "kyc_accounts"),
        ("vendor", "signed_agreement", "kyc_vendor"),
        ("developer", "signed_agreement", "kyc_developer"),
        ("applicant", "bank_statement", "kyc_applicant"),
    ],
)
def test_each_relation_keeps_its_documents_in_a_class_of_its_own(relation, kind, expected):
    assert retention_classes.class_of(relation, kind) == expected
    assert expected in retention_classes.classes()


def test_who_keeps_a_document_and_until_when_follows_from_the_longest_rule(vendor):
    while_here = retention_classes.kept(vendor, "kyc_vendor", now=clock.now())
    assert (while_here.by.period.amount, while_here.until) == (3, None)
    customers.close(customer=vendor.customer, actor=actor.SYSTEM, now=NOW)
    after = retention_classes.kept(vendor, "kyc_vendor", now=clock.now())
    assert (after.by.law, after.until.isoformat()) == ("Limitation Act 1963", "2029-11-25")
    assert not after.by.is_confirmed
    books = retention_classes.kept(vendor, "kyc_accounts", now=clock.now())
    assert (books.by.law, books.until.isoformat()) == ("", "2035-11-25")


def test_staff_and_the_customer_read_what_keeps_a_document(vendor):
    page = opened(StaffFactory(roles=["data_protection_officer"]), reverse("admin:kyc_case_change", args=[vendor.pk]))
    assert "Documents of vendors (1): While they are a customer and 3 years after" in page
    assert "Limitation Act 1963" in page
