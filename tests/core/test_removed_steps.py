"""A database that took steps which are there no more is refused before anything is changed."""

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from portal.kernel.core.migration_guard import refuse_removed_steps

pytestmark = pytest.mark.django_db


def refuse() -> None:
    refuse_removed_steps(apps.get_app_config("core"), using="default")


def test_the_steps_that_are_there_pass() -> None:
    refuse()


def test_a_step_of_ours_that_is_gone_is_named_with_what_to_do() -> None:
    MigrationRecorder(connection).record_applied("consent", "0024_text_of_the_answer")
    with pytest.raises(CommandError) as refused:
        refuse()
    assert "consent.0024_text_of_the_answer" in str(refused.value)
    assert "Nothing was changed" in str(refused.value)


def test_steps_of_others_are_left_to_them() -> None:
    MigrationRecorder(connection).record_applied("auth", "0099_of_another_release")
    refuse()
