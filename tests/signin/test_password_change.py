"""The page on which staff change their password: the present one is not guessed there for longer than at the sign-in."""

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.fronts.signin import signin_history
from portal.kernel.core import clock
from portal.kernel.core.actor import staff
from portal.kernel.people.models import SignIn, User, WrongCode
from portal.kernel.people.services import codes, devices
from tests.people.factories import PASSWORD, StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db
NEW = "a new long password 7"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


def changed_with(client, present):
    cache.clear()  # the library's own count, which another process may have forgotten
    return client.post(reverse("account_change_password"), {"oldpassword": present, "password1": NEW, "password2": NEW})


def test_wrong_present_passwords_lock_the_page_and_the_sign_in_and_are_in_the_history(postbox):
    user = StaffFactory(roles=["administrator"])
    client = staff_client(user)
    for _ in range(codes.DEFAULT_TRIES):
        assert "too many wrong tries" not in changed_with(client, "wrong").content.decode()
    answer = changed_with(client, PASSWORD)
    assert "too many wrong tries" in answer.content.decode()
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    sign_in = Client().post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "too many wrong tries" in sign_in.content.decode()
    for number in WrongCode.objects.order_by("pk").values_list("pk", flat=True):
        signin_history.wrong_code(number)
    outcomes = list(SignIn.objects.filter(user=user).order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["wrong_password"] * codes.DEFAULT_TRIES + ["locked"]
    devices.unlock(user=user, actor=staff(StaffFactory().pk), now=clock.now())
    assert changed_with(client, PASSWORD).status_code == 302
    assert User.objects.get(pk=user.pk).check_password(NEW)


def test_a_new_password_that_is_too_weak_counts_as_no_wrong_one():
    client = staff_client(StaffFactory())
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "a", "password2": "a"})
    assert not WrongCode.objects.exists()


@pytest.mark.parametrize("fails", ["portal.fronts.signin.notifications.post", "portal.fronts.signin.events.record"])
@pytest.mark.parametrize("page", ["changed", "set by a link"])
def test_a_password_is_not_changed_where_its_event_or_letter_cannot_be_written(page, fails, monkeypatch, postbox):
    user = StaffFactory(roles=["administrator"])
    client = staff_client(user) if page == "changed" else Client()

    def broken(*_args, **_more):
        raise RuntimeError("no room")

    path = reverse("account_change_password")
    if page != "changed":
        key = [user_pk_to_url_str(user), default_token_generator.make_token(user)]
        path = client.get(reverse("account_reset_password_from_key", args=key)).url
        client.get(path)
    monkeypatch.setattr(fails, broken)
    with pytest.raises(RuntimeError, match="no room"):
        client.post(path, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
