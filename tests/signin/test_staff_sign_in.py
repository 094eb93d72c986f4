"""Staff: password, second factor, and nothing without both."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.fronts.signin import signin_history
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from portal.kernel.core.actor import SYSTEM, staff
from portal.kernel.core.errors import NotAllowed, Refused
from portal.kernel.people.models import Device, SignIn, User, WrongCode
from portal.kernel.people.services import codes, devices, invitations, signin_attempts
from portal.kernel.people.services import mfa as mfa_services
from portal.kernel.people.services import staff as staff_services
from tests.people.factories import PASSWORD, CustomerUserFactory, StaffFactory
from tests.signin.people_who_sign_in import SECRET, customer_client, next_code, totp, with_factor, work_of
from tests.signin.people_who_sign_in import staff_through_pages as staff_client

pytestmark = pytest.mark.django_db
ADMIN = "/admin/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


def write_history():
    """As the tasks do."""
    for number in WrongCode.objects.filter(noted_at=None).order_by("pk").values_list("pk", flat=True):
        signin_history.wrong_code(number)


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def test_a_stranger_is_sent_to_sign_in(client):
    answer = client.get(ADMIN, follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_login")
    assert "Sign in" in answer.content.decode()


def test_a_password_alone_opens_no_page_of_the_admin(client, postbox):
    user = StaffFactory(roles=["administrator"])
    sign_in(client, user)
    answer = client.get(ADMIN, follow=True)
    assert answer.request["PATH_INFO"] == reverse("mfa_activate_totp")
    assert client.get(reverse("admin:index")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_newcomer_sets_up_the_factor_and_is_in(client, postbox):
    user = StaffFactory(roles=["administrator"])
    sign_in(client, user)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert "data:image/svg+xml" in page.content.decode()
    answer = client.post(reverse("mfa_activate_totp"), {"code": totp(secret)}, follow=True)
    codes = answer.context["unused_codes"]
    assert len(codes) == 10
    assert "signin.factor_added" in postbox.kinds()
    assert client.get(ADMIN).status_code == 200
    assert client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"] == ["****"] * 10


def test_the_secret_and_the_recovery_seed_are_not_readable_in_the_database(client, postbox):
    user = StaffFactory()
    sign_in(client, user)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": totp(secret)})
    kept = {row.type: row.data for row in Authenticator.objects.filter(user=user)}
    assert secret not in str(kept)
    assert len(kept["recovery_codes"]["seed"]) > 100


def test_password_and_code_open_the_admin():
    client = staff_client(StaffFactory(roles=["administrator"]))
    assert client.get(ADMIN).status_code == 200


def test_a_wrong_code_opens_nothing(client):
    user = StaffFactory()
    with_factor(user)
    sign_in(client, user)
    answer = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert answer.context["form"].errors
    assert client.get(ADMIN, follow=True).request["PATH_INFO"] != ADMIN
    assert SignIn.objects.filter(user=user, outcome="wrong_code").count() == 1


def test_a_code_works_once_as_long_as_it_is_accepted(client):
    user = StaffFactory()
    with_factor(user)
    with time_machine.travel("2026-11-25T06:00:10Z", tick=False) as travel:
        code = totp()
        for seconds, status in ((0, 302), (0, 200), (31, 200)):
            travel.shift(seconds)
            browser = Client()
            sign_in(browser, user)
            assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == status


@pytest.mark.parametrize("again", ["{}", "{} ", " {}", "{:.3} {:.3}"])
@pytest.mark.parametrize("seconds", [1, 31, 55])
def test_a_used_code_is_known_however_it_is_typed_and_whatever_is_forgotten(again, seconds):
    """The memory is the factor's row: a cache that was emptied or full, and blanks in the code, change nothing."""
    user = StaffFactory()
    with_factor(user)
    with time_machine.travel("2026-11-25T06:00:01Z", tick=False) as travel:
        code = totp()
        first, second = Client(), Client()
        sign_in(first, user)
        assert first.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
        travel.shift(seconds)
        cache.clear()
        typed = f"{code[:3]} {code[3:]}" if ":" in again else again.format(code)
        sign_in(second, user)
        assert second.post(reverse("mfa_authenticate"), {"code": typed}).status_code == 200
        assert second.get(ADMIN, follow=True).request["PATH_INFO"] != ADMIN


def test_no_earlier_code_works_after_a_later_one():
    user = StaffFactory()
    with_factor(user)
    with time_machine.travel("2026-11-25T06:00:01Z", tick=False) as travel:
        earlier = totp()
        travel.shift(30)
        for code, status in ((totp(), 302), (earlier, 200)):
            browser = Client()
            sign_in(browser, user)
            assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == status


@pytest.mark.django_db(transaction=True)
def test_the_code_that_set_up_the_factor_is_used_up(client, postbox):
    user = StaffFactory()
    with time_machine.travel("2026-11-25T06:00:01Z", tick=False):
        sign_in(client, user)
        secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
        assert client.post(reverse("mfa_activate_totp"), {"code": totp(secret)}).status_code == 302
        other = Client()
        sign_in(other, user)
        cache.clear()
        assert other.post(reverse("mfa_authenticate"), {"code": totp(secret)}).status_code == 200


def test_wrong_codes_lock_the_second_factor_as_wrong_passwords_lock_the_first(client):
    """The lock is asked at each try, and of the history: emptying the library's own count opens nothing."""
    user = StaffFactory()
    with_factor(user)
    sign_in(client, user)
    for _ in range(codes.DEFAULT_TRIES):
        assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
        cache.clear()
    answer = client.post(reverse("mfa_authenticate"), {"code": totp()})
    assert answer.status_code == 200
    assert "too many wrong tries" in answer.content.decode()
    assert SignIn.objects.filter(user=user, outcome="locked").count() == 1
    devices.unlock(user=user, actor=staff(StaffFactory().pk), now=clock.now())
    assert client.post(reverse("mfa_authenticate"), {"code": totp()}).status_code == 302


def test_wrong_passwords_and_wrong_codes_count_together(client):
    user = StaffFactory()
    with_factor(user)
    for _ in range(codes.DEFAULT_TRIES - 1):
        sign_in(client, user, "wrong")
    sign_in(client, user)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    cache.clear()
    assert client.post(reverse("mfa_authenticate"), {"code": totp()}).status_code == 200


def test_the_second_factor_of_a_known_device_is_not_locked_by_a_strangers_tries(client):
    user = StaffFactory()
    own = staff_client(user)
    own.post(reverse("account_logout"))
    sign_in(client, user)
    for _ in range(codes.DEFAULT_TRIES):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    sign_in(own, user)
    next_code(user)
    assert own.post(reverse("mfa_authenticate"), {"code": totp()}).status_code == 302


def test_the_code_of_the_period_before_is_still_accepted():
    user = StaffFactory(roles=["administrator"])
    with_factor(user)
    with time_machine.travel("2026-11-25T06:00:10Z", tick=False) as travel:
        code = totp()
        travel.shift(25)
        browser = Client()
        sign_in(browser, user)
        assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302


def test_a_recovery_code_opens_the_admin_once(postbox):
    user = StaffFactory(roles=["administrator"])
    first = Client()
    sign_in(first, user)
    secret = first.get(reverse("mfa_activate_totp")).context["form"].secret
    codes = first.post(reverse("mfa_activate_totp"), {"code": totp(secret)}, follow=True).context["unused_codes"]
    for expected in (200, 302):
        other = Client()
        sign_in(other, user)
        other.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert other.get(ADMIN).status_code == expected


def test_a_customers_login_has_no_password_door(client):
    user = CustomerUserFactory()
    User.objects.filter(pk=user.pk).update(password=StaffFactory().password)
    sign_in(client, user)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["admin:index", "account_login", "mfa_index", "account_change_password"])
def test_a_customer_finds_no_staff_page(name):
    client = customer_client(CustomerUserFactory())
    assert client.get(reverse(name)).status_code == 404


def test_a_staff_login_is_a_stranger_on_customers_pages():
    client = staff_client(StaffFactory(roles=["administrator"]))
    answer = client.get(reverse("privacy:account"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("privacy:sign-in"))
    assert client.get(ADMIN).status_code == 200


def test_the_login_of_a_deactivated_person_ends_at_once():
    user = StaffFactory(roles=["administrator"])
    client = staff_client(user)
    staff_services.deactivate(user=user, actor=staff(StaffFactory().pk), now=clock.now())
    assert client.get(ADMIN).status_code == 302
    sign_in(client, user)
    assert "_auth_user_id" not in client.session


def test_an_invited_person_sets_a_password_signs_in_and_sets_up_the_factor(client, postbox):
    inviter = StaffFactory(roles=["administrator"])
    staff_services.invite(
        email="meera@onesetu.example", full_name="Meera Iyer", actor=staff(inviter.pk), now=clock.now()
    )
    letter = postbox.last("signin.staff_invitation")
    assert letter["address"] == "meera@onesetu.example"
    link = letter["context"]["link"].removeprefix("http://localhost:8000")
    assert client.get(link).status_code == 200
    weak = client.post(link, {"password": "short", "again": "short"})
    assert weak.status_code == 422
    done = client.post(link, {"password": PASSWORD, "again": PASSWORD}, follow=True)
    assert done.request["PATH_INFO"] == reverse("account_login")
    assert "used already" in client.get(link).content.decode()
    sign_in(client, User.objects.get(email="meera@onesetu.example"))
    assert client.get(ADMIN, follow=True).request["PATH_INFO"] == reverse("mfa_activate_totp")


def test_two_different_passwords_are_not_accepted(client, postbox):
    invitation = staff_services.invite(email="m@onesetu.example", full_name="M", actor=SYSTEM, now=clock.now())
    link = reverse("signin:staff-invitation", args=[invitations.token_of(invitation)])
    answer = client.post(link, {"password": PASSWORD, "again": PASSWORD + "!"})
    assert answer.status_code == 422
    assert not User.objects.get(email="m@onesetu.example").has_usable_password()


def test_a_strangers_guesses_lock_strangers_out_and_not_the_owner(client):
    user = StaffFactory()
    with_factor(user)
    own = staff_client(user)
    own.post(reverse("account_logout"))
    for _ in range(codes.DEFAULT_TRIES):
        sign_in(client, user, "wrong")
    answer = sign_in(client, user)
    assert "too many wrong tries" in answer.content.decode()
    write_history()
    cache.clear()
    assert sign_in(own, user)["Location"] == reverse("mfa_authenticate")
    assert SignIn.objects.filter(user=user, outcome="locked").count() == 1


def test_the_lock_does_not_tell_which_addresses_have_a_staff_login(client):
    known, customer = StaffFactory(), CustomerUserFactory()
    said = {}
    for address in (known.email, customer.email, "nobody@onesetu.example"):
        typed = {"login": address, "password": "wrong"}
        said[address] = [
            "too many wrong tries" in client.post(reverse("account_login"), typed).content.decode()
            for _ in range(codes.DEFAULT_TRIES + 1)
        ]
    assert set(map(tuple, said.values())) == {(*[False] * codes.DEFAULT_TRIES, True)}


@pytest.mark.parametrize("known_browser", [False, True])
def test_a_wrong_password_is_the_same_work_whoever_has_the_address(known_browser):
    """Statements, keyed hashes, password hashes and tasks: what a clock outside could tell apart."""
    known, customer, idle = StaffFactory(), CustomerUserFactory(), StaffFactory(is_active=False)
    browser = staff_client(known) if known_browser else Client()
    if known_browser:
        browser.post(reverse("account_logout"))
    done = []
    for address in ("warm@onesetu.example", known.email, customer.email, idle.email, "nobody@onesetu.example"):
        typed = {"login": address, "password": "wrong"}
        done.append(work_of(lambda: browser.post(reverse("account_login"), typed)))  # noqa: B023 - run at once
    assert all(work == done[1] for work in done[1:])
    assert done[1].tasks == ["portal.signin.tasks.note_wrong_code"]
    assert done[1].hashes.count("encode") == done[4].hashes.count("encode") > 0


def test_a_refused_try_is_the_same_work_whoever_has_the_address(client):
    known = StaffFactory()
    done = []
    for address in (known.email, "nobody@onesetu.example"):
        typed = {"login": address, "password": "wrong"}
        for _ in range(codes.DEFAULT_TRIES):
            client.post(reverse("account_login"), typed)
        done.append(work_of(lambda: client.post(reverse("account_login"), typed)))  # noqa: B023 - run at once
    assert done[0] == done[1]


def test_tries_that_count_no_more_are_deleted_once_the_history_has_them(client):
    user, now = StaffFactory(), clock.now()
    sign_in(client, user, "wrong")
    assert signin_attempts.sweep(now=now + timedelta(hours=1)) == 0
    write_history()
    assert signin_attempts.sweep(now=now) == 0
    assert signin_attempts.sweep(now=now + timedelta(hours=1)) == 1
    assert SignIn.objects.get(user=user).outcome == "wrong_password"


def test_staff_unlock_a_login(client):
    user = StaffFactory()
    for _ in range(codes.DEFAULT_TRIES):
        sign_in(client, user, "wrong")
    devices.unlock(user=user, actor=staff(StaffFactory().pk), now=clock.now())
    assert sign_in(client, user).status_code == 302


def test_the_lock_ends_with_its_time():
    user = StaffFactory()
    now = clock.now()
    for _ in range(codes.DEFAULT_TRIES):
        devices.note(user=user, outcome="wrong_password", actor=SYSTEM, now=now)
    assert devices.is_locked(user=user, device=None, now=now)
    assert not devices.is_locked(user=user, device=None, now=now + devices.DEFAULT_WINDOW)


def test_a_new_device_is_told_to_its_owner_and_a_known_one_is_not(postbox):
    user = StaffFactory()
    with_factor(user)
    first = staff_client(user)
    assert postbox.kinds() == []
    second = staff_client(user)
    assert postbox.kinds() == ["signin.new_device"]
    second.post(reverse("account_logout"))
    sign_in(second, user)
    next_code(user)
    second.post(reverse("mfa_authenticate"), {"code": totp()})
    assert postbox.kinds() == ["signin.new_device"]
    assert first.cookies["device"].value != second.cookies["device"].value
    assert Device.objects.filter(user=user).count() == 2


def test_the_history_tells_each_sign_in_and_sign_out():
    user = StaffFactory()
    client = staff_client(user)
    client.post(reverse("account_logout"))
    outcomes = list(SignIn.objects.filter(user=user).order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["signed_in", "signed_out"]
    kinds = list(AuditEvent.objects.filter(kind__startswith="signin.log").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["signin.login.succeeded", "signin.logout.done"]


@pytest.mark.parametrize("way", ["here", "everywhere", "this session in the list"])
def test_a_sign_out_asks_the_browser_to_drop_what_was_typed(way):
    user = StaffFactory(roles=["administrator"])
    client = staff_client(user)
    assert "Clear-Site-Data" not in client.get(reverse("signin:sessions"))
    if way == "here":
        answer = client.post(reverse("account_logout"))
    else:
        row = UserSession.objects.get(user=user)
        answer = client.post(reverse("signin:sessions"), {"all": "1"} if way == "everywhere" else {"session": row.pk})
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == '"storage"'
    assert client.get("/admin/").status_code == 302


def test_ending_another_session_keeps_what_was_typed_here():
    user = StaffFactory(roles=["administrator"])
    client, _other = staff_client(user), staff_client(user)
    row = UserSession.objects.exclude(session_key=client.session.session_key).get(user=user)
    answer = client.post(reverse("signin:sessions"), {"session": row.pk})
    assert answer.status_code == 302
    assert "Clear-Site-Data" not in answer


def test_signing_out_everywhere_ends_the_other_browser():
    user = StaffFactory(roles=["administrator"])
    here, there = staff_client(user), staff_client(user)
    assert here.get(reverse("signin:sessions")).content.decode().count("End this session") == 2
    here.post(reverse("signin:sessions"), {"all": "1"})
    assert [client.get(ADMIN).status_code for client in (here, there)] == [302, 302]


def test_one_session_is_ended_and_the_other_stays():
    user = StaffFactory(roles=["administrator"])
    here, there = staff_client(user), staff_client(user)
    rows = here.get(reverse("signin:sessions")).context["sessions"]
    other = next(row for row, is_current in rows if not is_current)
    here.post(reverse("signin:sessions"), {"session": other.pk})
    assert [client.get(ADMIN).status_code for client in (here, there)] == [200, 302]


def test_nobody_ends_somebody_elses_session():
    mine, theirs = staff_client(StaffFactory()), staff_client(StaffFactory(roles=["administrator"]))
    row = theirs.get(reverse("signin:sessions")).context["sessions"][0][0]
    assert mine.post(reverse("signin:sessions"), {"session": row.pk}).status_code == 404
    assert theirs.get(ADMIN).status_code == 200


def test_a_changed_password_ends_the_other_browser(postbox):
    user = StaffFactory(roles=["administrator"])
    here, there = staff_client(user), staff_client(user)
    answer = here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "a new long password 7", "password2": "a new long password 7"},
    )
    assert answer.status_code == 302
    assert [client.get(ADMIN).status_code for client in (here, there)] == [200, 302]
    assert "signin.password_changed" in postbox.kinds()
    assert AuditEvent.objects.filter(kind="signin.password.changed").exists()


def test_a_forgotten_password_is_set_by_a_link_that_works_once_and_the_factor_stays(client, postbox):
    user = StaffFactory(roles=["administrator"])
    with_factor(user)
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = postbox.last("signin.password_reset")["context"]["link"].removeprefix("http://localhost:8000")
    form = client.get(link, follow=True)
    new = {"password1": "a new long password 7", "password2": "a new long password 7"}
    client.post(form.request["PATH_INFO"], new)
    assert sign_in(client, user, "a new long password 7")["Location"] == reverse("mfa_authenticate")
    assert "used or has ended" in Client().get(link, follow=True).content.decode()


@pytest.mark.parametrize("who", [CustomerUserFactory, lambda: StaffFactory.build(email="nobody@onesetu.example")])
def test_no_link_is_sent_to_a_customer_or_an_unknown_address_and_the_page_is_the_same(who, client, postbox):
    answer = client.post(reverse("account_reset_password"), {"email": who().email}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_reset_password_done")
    assert postbox.letters == []


def test_asking_for_a_password_link_is_the_same_work_whoever_has_the_address():
    addresses = [StaffFactory().email, CustomerUserFactory().email, "nobody@onesetu.example"]
    page = reverse("account_reset_password")
    done = [work_of(lambda: Client().post(page, {"email": address})) for address in addresses]  # noqa: B023 - run at once
    assert done[0] == done[1] == done[2]
    assert "people_onetimecode" in str(done[0].statements)


def test_asking_for_a_password_link_too_often_sends_no_more_and_says_nothing_else(client, postbox, settings):
    settings.CODES_PER_HOUR = 2
    user = StaffFactory()
    pages = []
    for _ in range(3):
        cache.clear()
        pages.append(client.post(reverse("account_reset_password"), {"email": user.email})["Location"])
    assert set(pages) == {reverse("account_reset_password_done")}
    assert postbox.kinds() == ["signin.password_reset"] * 2


def test_the_secret_of_a_set_up_not_finished_is_not_readable_in_the_session(client):
    sign_in(client, StaffFactory())
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    kept = [str(row.get_decoded()) for row in Session.objects.all()]
    assert "mfa.totp.secret" in str(kept)
    assert secret not in str(kept)
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000x"})
    assert wrong.context["form"].secret == secret
    assert secret not in str([row.get_decoded() for row in Session.objects.all()])


def test_a_lost_factor_is_reset_by_two_people_and_a_new_one_is_set_up(postbox):
    user = StaffFactory(roles=["support"])
    with_factor(user)
    client = staff_client(user)
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["data_protection_officer"])
    reset = mfa_services.propose(
        user=user, why="Called back on the desk number.", actor=staff(maker.pk), now=clock.now()
    )
    with pytest.raises(NotAllowed):
        mfa_services.answer(reset=reset, approve=True, actor=staff(maker.pk), now=clock.now())
    assert client.get(ADMIN).status_code == 200
    mfa_services.answer(reset=reset, approve=True, actor=staff(checker.pk), now=clock.now())
    assert client.get(ADMIN).status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert postbox.kinds()[-1] == "signin.factor_reset"
    sign_in(client, user)
    assert client.get(ADMIN, follow=True).request["PATH_INFO"] == reverse("mfa_activate_totp")


def test_the_person_themselves_takes_no_part_in_the_reset():
    boss = StaffFactory(roles=["administrator"])
    with_factor(boss)
    with pytest.raises(Refused, match="two colleagues"):
        mfa_services.propose(user=boss, why="Mine.", actor=staff(boss.pk), now=clock.now())
    other = StaffFactory(roles=["administrator"])
    reset = mfa_services.propose(user=boss, why="Lost.", actor=staff(other.pk), now=clock.now())
    with pytest.raises(Refused, match="two colleagues"):
        mfa_services.answer(reset=reset, approve=True, actor=staff(boss.pk), now=clock.now())


def test_a_reset_does_not_take_away_a_factor_set_up_meanwhile():
    user = StaffFactory()
    with_factor(user)
    maker, checker = StaffFactory(roles=["administrator"]), StaffFactory(roles=["administrator"])
    reset = mfa_services.propose(user=user, why="Lost.", actor=staff(maker.pk), now=clock.now())
    Authenticator.objects.filter(user=user).delete()
    with_factor(user)
    with pytest.raises(Refused, match="changed since"):
        mfa_services.answer(reset=reset, approve=True, actor=staff(checker.pk), now=clock.now())
    assert Authenticator.objects.filter(user=user).exists()


def test_there_is_nothing_to_reset_without_a_factor_or_a_reason():
    boss = staff(StaffFactory(roles=["administrator"]).pk)
    with pytest.raises(Refused, match="no second factor"):
        mfa_services.propose(user=StaffFactory(), why="Lost.", actor=boss, now=clock.now())
    user = StaffFactory()
    with_factor(user)
    with pytest.raises(Refused, match="how you know"):
        mfa_services.propose(user=user, why=" ", actor=boss, now=clock.now())


def test_nobody_takes_their_own_factor_away():
    client = staff_client(StaffFactory(roles=["administrator"]))
    assert client.post(reverse("mfa_deactivate_totp"), follow=True).request["PATH_INFO"] == reverse("mfa_index")
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_nobody_signs_up(client):
    assert client.get("/staff/signup/").status_code == 404
    assert SECRET
