"""What ``portal/docs/screening.md`` says of recall and false alarms is what a run finds.

Written anew with ``UPDATE_SNAPSHOTS=1 ./run test tests/kyc/sanctions/test_measured.py -m full``.
"""

import os
from pathlib import Path

import pytest
from django.conf import settings

from kyc.sanctions import Index
from kyc.screening.services import screening
from portal.kernel.core import clock
from tests.kyc.sanctions import measured
from tests.shipped import rules_of_law

DOC = Path(settings.BASE_DIR) / "portal/docs/screening.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"


def test_there_are_two_thousand_variants_and_two_thousand_customers_and_none_is_listed():
    names = measured.listed()
    every = list(measured.variants(names))
    assert len(every) >= 2_000
    assert len(set(measured.customers())) == measured.CUSTOMERS
    as_listed = {measured._written(chosen).casefold() for chosen in names}
    assert not as_listed & {one.name.casefold() for one in every}


@pytest.mark.django_db
def test_the_measurement_uses_the_thresholds_that_ship():
    rules_of_law()
    assert screening.thresholds(now=clock.now()) == measured.SHIPPED


@pytest.mark.full
def test_the_table_of_recall_and_false_alarms_is_that_of_a_run():
    index = Index(measured.entries(measured.listed()))
    lines = "\n".join(measured.table(measured.measure(index))) + "\n"
    head, _begin, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    shown, _end, tail = rest.partition(END)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        DOC.write_text(f"{head}{BEGIN}{lines}{END}{tail}", encoding="utf-8")
        return
    assert shown == lines
