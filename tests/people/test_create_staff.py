"""The command that makes the first logins."""

import io

import pytest
from django.core.management import call_command

from portal.kernel.core.errors import Refused
from portal.kernel.people.models import User
from tests.people.factories import PASSWORD

pytestmark = pytest.mark.django_db


def create(email, *roles, **options):
    out = io.StringIO()
    call_command("create_staff", email, name="First", role=list(roles), stdout=out, **options)
    return out.getvalue()


def test_the_first_two_get_links_and_the_third_is_refused(client):
    said = create("first@onesetu.example", "administrator")
    link = said.split("set the password: http://localhost:8000")[1].split()[0]
    assert said.rstrip().endswith("with the roles administrator.")
    client.post(link, {"password": PASSWORD, "again": PASSWORD})
    assert User.objects.get().check_password(PASSWORD)
    create("second@onesetu.example", "data_protection_officer")
    with pytest.raises(Refused, match="Two people can give roles now"):
        create("third@onesetu.example", "administrator")


def test_a_password_may_come_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    said = create("first@onesetu.example", "administrator", password_stdin=True)
    assert User.objects.get().check_password(PASSWORD)
    assert PASSWORD not in said


def test_an_unknown_role_is_refused():
    with pytest.raises(Refused, match="Role not found"):
        create("first@onesetu.example", "king")
    assert not User.objects.exists()
