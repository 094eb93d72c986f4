"""What is looked up once within one piece of work."""

from datetime import date

import pytest
from django.db import transaction
from django.http import HttpResponse

from portal.kernel.law import request_cache, selectors
from portal.kernel.law.models import HouseRule
from tests.law.factories import HouseRuleFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def period() -> int | None:
    return selectors.house_rule("p", on=TODAY).amount


def test_while_remembering_each_rule_is_looked_up_once_and_not_after(django_assert_num_queries):
    HouseRuleFactory(key="p")
    with django_assert_num_queries(1), request_cache.remembering():
        for _ in range(3):
            selectors.house_rule("p", on=TODAY)
    with django_assert_num_queries(2):
        selectors.house_rule("p", on=TODAY)
        selectors.house_rule("p", on=TODAY)
    with django_assert_num_queries(3), request_cache.remembering():
        for _ in range(3):
            assert [rule.key for rule in selectors.promises(["p", "q"], on=TODAY)] == ["p"]
            profile = selectors.profile(on=TODAY)
            assert selectors.rules_for_us(["p"], on=TODAY, regimes=["IN"], profile=profile) == []


def test_a_block_within_a_block_shares_what_that_one_knows(django_assert_num_queries):
    HouseRuleFactory(key="p")
    with django_assert_num_queries(1), request_cache.remembering():
        period()
        with request_cache.remembering():
            period()
        period()


@pytest.mark.parametrize("written", ["update", "save", "bulk_create", "delete"])
def test_what_is_written_within_the_block_is_seen_at_once(written):
    first = HouseRuleFactory(key="p", version=1, amount=1)
    with request_cache.remembering():
        assert period() == 1
        match written:
            case "update":
                HouseRule.objects.filter(pk=first.pk).update(amount=2)
            case "save":
                HouseRuleFactory(key="p", version=2, amount=2)
            case "bulk_create":
                HouseRule.objects.bulk_create([HouseRuleFactory.build(key="p", version=2, amount=2)])
            case _:
                HouseRuleFactory(key="p", version=0, amount=2)
                HouseRule.objects.filter(pk=first.pk)._raw_delete("default")
        assert period() == 2


@pytest.mark.django_db(transaction=True)
def test_once_a_change_is_committed_the_next_transaction_remembers_again(django_assert_num_queries):
    with request_cache.remembering():
        with transaction.atomic():
            HouseRuleFactory(key="p", amount=3)
        with transaction.atomic(), django_assert_num_queries(1):
            assert [period(), period()] == [3, 3]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_not_remembered():
    HouseRuleFactory(key="p", version=1, amount=1)
    with request_cache.remembering():
        with transaction.atomic():
            HouseRuleFactory(key="p", version=2, amount=2)
            assert period() == 2
            transaction.set_rollback(True)
        assert period() == 1


def test_what_another_process_changed_is_seen_after_some_seconds(settings, django_assert_num_queries):
    HouseRuleFactory(key="p")
    settings.DECISION_RULES_SECONDS = 0
    with django_assert_num_queries(2), request_cache.remembering():
        period()
        period()


def test_within_a_request_a_rule_is_looked_up_once(rf, django_assert_num_queries):
    HouseRuleFactory(key="p")

    def view(_request):
        return HttpResponse(str([period(), period()]))

    with django_assert_num_queries(2):
        for _ in range(2):
            request_cache.Remembering(view)(rf.get("/"))
