"""A change of a company's people, or of a nominee, is told with a link that undoes it and what followed from it."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from grievances.models import Ticket
from grievances.nominees.services import nominations
from portal.fronts.signin import address_changes, cancellation, change_rows
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import actor, clock
from portal.kernel.core.errors import LostRace, Refused
from portal.kernel.outbox.models import Message
from portal.kernel.outbox.services import message_content
from portal.kernel.people.choices import MemberRole
from portal.kernel.people.models import AccountChange, Invitation, Membership, Principal
from portal.kernel.people.services import account_changes, customers, logins
from tests.grievances.nominees import named
from tests.people.factories import (
    AddressChangeFactory,
    ContactPointFactory,
    CustomerFactory,
    CustomerUserFactory,
    FiduciaryFactory,
    MembershipFactory,
)
from tests.shipped import every_rule
from tests.signin.people_who_sign_in import confirmed, customer_client

WAIT = timedelta(hours=72)
THIEF = "thief@evil.example"


@pytest.fixture(autouse=True)
def law(db):
    every_rule()
    FiduciaryFactory(code="onesetu")
    cache.clear()


@pytest.fixture
def acme():
    return CustomerFactory(name="Acme Traders")


@pytest.fixture
def asha(acme):
    return CustomerUserFactory(email="asha@acme.example", member_of=acme)


@pytest.fixture
def bina(acme):
    return CustomerUserFactory(email="bina@acme.example", member_of=acme)


@pytest.fixture
def ravi(acme):
    return CustomerUserFactory(email="ravi@acme.example", member_of=acme, member_of__role=MemberRole.MEMBER)


def by(user):
    return actor.customer(user.pk)


def address_of(user):
    return user.principal.contact_points.filter(kind="email", left_at=None).latest("pk")


def undone(change, user):
    """As if the link of the letter to this person had been pressed."""
    by_link = {"contact": address_of(user), "actor": actor.stranger(), "now": clock.now()}
    return cancellation.cancel_account_change(change=change, **by_link)


def part_of(user, acme):
    return Membership.objects.get(principal=user.principal, customer=acme, ended_at=None)


def people_of(acme):
    rows = Membership.objects.filter(customer=acme, ended_at=None).select_related("principal__user")
    return {(row.principal.user.email, row.role) for row in rows}


def link_to(address):
    """The cancel link of the first letter to an address that has one."""
    for row in Message.objects.order_by("pk"):
        if message_content.address_of(row) == address:
            found = re.search(r"/privacy/account/change/[^\s]+", message_content.text_of(row).body)
            if found:
                return found[0]
    return None


def letters():
    return sorted(
        (row.kind, message_content.address_of(row)) for row in Message.objects.exclude(kind="signin.act_code")
    )


def told_of_cancelling():
    kinds = {"change_cancelled", "cancelled_by_another", "cancelled_by_you", "part_restored", "address_dropped"}
    rows = Message.objects.filter(kind__in=[f"signin.{kind}" for kind in kinds])
    return {(row.kind, message_content.address_of(row)) for row in rows}


def pressed(client, address):
    """Whose login made the change reads that they are signed out; another owner, that whoever made it is."""
    link = link_to(address)
    made_by = AccountChange.objects.earliest("pk").user.email
    is_own = address == made_by
    assert ("Every device is signed out." in client.get(link).text) == is_own
    assert ("The person who made the change is signed out on every device." in client.get(link).text) != is_own
    client.post(link)
    assert ("Every device is signed out." in client.get(link).text) == is_own
    assert "is cancelled" in client.get(link).text


def let_in_thief(acme, asha):
    invitation = customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    return logins.accept(invitation=invitation, full_name="A Thief", actor=actor.stranger(), now=clock.now())


def test_a_removed_member_is_written_to_and_every_owner_has_a_link(acme, asha, bina, ravi):
    path = reverse("privacy:change-member", args=[acme.reference, part_of(ravi, acme).pk])
    confirmed(customer_client(asha), path, {"act": "remove", "sure": "1"})
    assert letters() == [
        ("signin.part_changed", "ravi@acme.example"),
        ("signin.people_changed", "asha@acme.example"),
        ("signin.people_changed", "bina@acme.example"),
    ]
    assert link_to("ravi@acme.example") is None
    assert message_content.text_of(Message.objects.get(kind="signin.part_changed")).subject == (
        "Your role in an organisation has changed"
    )
    text = message_content.text_of(Message.objects.filter(kind="signin.people_changed").earliest("pk"))
    assert "Acme Traders at Onesetu: a person was removed." in text.body
    assert "within 14 days" in text.body


def test_the_owners_of_before_undo_what_a_stolen_session_did_to_the_company(acme, asha, bina, client):
    before = people_of(acme)
    signed_in = customer_client(asha)
    UserSession.objects.create(
        user=asha, ip="203.0.113.7", user_agent="Firefox", session_key=signed_in.session.session_key
    )
    thief = let_in_thief(acme, asha)
    customers.remove_member(membership=part_of(asha, acme), actor=by(thief))
    customers.remove_member(membership=part_of(bina, acme), actor=by(thief))
    assert people_of(acme) == {(THIEF, "owner")}
    pressed(client, "bina@acme.example")
    assert people_of(acme) == before
    assert signed_in.get(reverse("privacy:account")).status_code == 302
    ticket = Ticket.objects.get()
    assert ticket.kind == "breach"
    assert told_of_cancelling() == {
        ("signin.cancelled_by_another", "asha@acme.example"),
        ("signin.cancelled_by_you", "bina@acme.example"),
        ("signin.part_restored", THIEF),
    }
    assert AuditEvent.objects.filter(kind="people.account.change_cancelled").count() == 3
    client.post(link_to("bina@acme.example"))
    assert Ticket.objects.count() == 1


def body_of(kind):
    return message_content.text_of(Message.objects.get(kind=f"signin.{kind}")).body


def test_each_reads_of_a_cancelled_change_what_concerns_them(acme, asha, bina, ravi):
    customers.change_role(membership=part_of(ravi, acme), role=MemberRole.OWNER, actor=by(asha))
    assert undone(AccountChange.objects.get(), bina)
    assert told_of_cancelling() == {
        ("signin.cancelled_by_another", asha.email),
        ("signin.cancelled_by_you", bina.email),
        ("signin.part_restored", ravi.email),
    }
    assert "Another owner of Acme Traders" in body_of("cancelled_by_another")
    assert "For 72 hours you cannot change the people of Acme Traders." in body_of("cancelled_by_another")
    assert "Acme Traders: the role of a person was changed." in body_of("cancelled_by_you")
    assert "signed out" not in body_of("cancelled_by_you") + body_of("part_restored")
    restored = Message.objects.filter(kind="signin.part_restored").earliest("pk")
    assert message_content.text_of(restored).subject == "A change of your role in an organisation was cancelled"
    assert "Your role in Acme Traders is as it was" in body_of("part_restored")


def test_whoever_cancelled_their_own_change_reads_of_their_account_alone(acme, asha, ravi):
    customers.remove_member(membership=part_of(ravi, acme), actor=by(asha))
    assert undone(AccountChange.objects.get(), asha)
    assert told_of_cancelling() == {("signin.change_cancelled", asha.email), ("signin.part_restored", ravi.email)}
    assert "you are signed out on every device" in body_of("change_cancelled")


def test_who_cancels_a_nominee_of_a_system_is_signed_out_of_nothing(asha):
    nominations.name(principal=asha.principal, named=named(), actor=actor.interface(3), at=clock.now())
    assert undone(AccountChange.objects.get(), asha)
    assert told_of_cancelling() == {("signin.cancelled_by_you", asha.email)}
    assert "a nominee was named." in body_of("cancelled_by_you")


def moved_since(user, address, at):
    """The login has moved, as with both codes."""
    row = AddressChangeFactory(
        user=user, old_address=user.email, new_address=address, begun_at=at, proved_at=at, done_at=at
    )
    logins.change_email(user=user, new_address=address, actor=by(user), now=at)
    return row


def test_the_link_of_an_invitation_moves_back_a_login_that_was_moved_since(acme, asha, bina, client):
    customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    link = link_to("asha@acme.example")
    row = moved_since(asha, "mine@evil.example", clock.now())
    assert "Your account keeps its earlier addresses." in client.get(link).text
    client.post(link)
    asha.refresh_from_db()
    row.refresh_from_db()
    assert asha.email == "asha@acme.example"
    assert row.cancelled_at is not None
    assert AuditEvent.objects.filter(kind="people.contact.change_cancelled").count() == 1
    assert told_of_cancelling() == {
        ("signin.change_cancelled", "asha@acme.example"),
        ("signin.address_dropped", "mine@evil.example"),
    }


def test_the_link_of_a_nominee_moves_back_a_login_that_was_moved_since(asha):
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    contact = address_of(asha)
    moved_since(asha, "mine@evil.example", clock.now())
    by_link = {"contact": contact, "actor": actor.stranger(), "now": clock.now()}
    assert cancellation.cancel_account_change(change=AccountChange.objects.get(), **by_link)
    asha.refresh_from_db()
    assert asha.email == "asha@acme.example"


def test_where_the_earlier_address_is_taken_who_pressed_there_is_written_to_all_the_same(asha):
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    contact = address_of(asha)
    moved_since(asha, "mine@evil.example", clock.now())
    CustomerUserFactory(email="asha@acme.example")
    by_link = {"contact": contact, "actor": actor.stranger(), "now": clock.now()}
    assert cancellation.cancel_account_change(change=AccountChange.objects.get(), **by_link)
    assert ("signin.change_cancelled", "asha@acme.example") in told_of_cancelling()


def test_a_login_stays_at_the_address_that_pressed_though_a_thief_had_moved_it_in_between(acme, asha):
    second = ContactPointFactory(principal=asha.principal, kind="email", address="second@asha.example")
    customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    theft = moved_since(asha, "mine@evil.example", clock.now())
    moved_since(asha, second.address, clock.now())
    by_link = {"contact": second, "actor": actor.stranger(), "now": clock.now()}
    assert cancellation.cancel_account_change(change=AccountChange.objects.get(), **by_link)
    asha.refresh_from_db()
    theft.refresh_from_db()
    assert asha.email == second.address
    assert theft.cancelled_at is not None


@pytest.mark.parametrize("who", ["another owner", "the address that the login was moved to"])
def test_a_login_stays_where_another_owner_presses_or_the_person_who_reads_mail_there(acme, asha, bina, who):
    second = ContactPointFactory(principal=asha.principal, kind="email", address="second@asha.example")
    customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    moved_since(asha, second.address, clock.now())
    contact = address_of(bina) if who == "another owner" else second
    by_link = {"contact": contact, "actor": actor.stranger(), "now": clock.now()}
    assert cancellation.cancel_account_change(change=AccountChange.objects.get(), **by_link)
    asha.refresh_from_db()
    assert asha.email == second.address


def test_of_a_closed_company_nobody_reads_that_their_part_came_back(acme, asha, bina, ravi):
    customers.remove_member(membership=part_of(ravi, acme), actor=by(asha))
    customers.close(customer=acme, actor=actor.SYSTEM)
    assert undone(AccountChange.objects.get(), bina)
    assert told_of_cancelling() == {
        ("signin.cancelled_by_another", asha.email),
        ("signin.cancelled_by_you", bina.email),
    }


def test_an_invitation_that_nobody_accepted_opens_nothing_after_it_was_cancelled(acme, asha, client):
    customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    pressed(client, "asha@acme.example")
    assert Invitation.objects.get().cancelled_at is not None


def test_a_role_is_given_back_and_a_new_owner_has_no_link(acme, asha, ravi, client):
    customers.change_role(membership=part_of(ravi, acme), role=MemberRole.OWNER, actor=by(asha))
    assert link_to("ravi@acme.example") is None
    customers.change_role(membership=part_of(asha, acme), role=MemberRole.MEMBER, actor=by(ravi))
    pressed(client, "asha@acme.example")
    assert people_of(acme) == {("asha@acme.example", "owner"), ("ravi@acme.example", "member")}


def test_a_changed_role_notes_what_it_was_at_that_moment_not_when_the_page_was_read(acme, asha, bina, ravi):
    read = part_of(ravi, acme)
    customers.change_role(membership=part_of(ravi, acme), role=MemberRole.OWNER, actor=by(asha))
    customers.change_role(membership=read, role=MemberRole.MEMBER, actor=by(bina))
    assert AccountChange.objects.latest("pk").old_role == MemberRole.OWNER
    assert AuditEvent.objects.filter(kind="people.member.role_changed").latest("pk").facts["old"] == MemberRole.OWNER


def test_what_another_owner_did_meanwhile_stays(acme, asha, bina, ravi, client):
    customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    customers.remove_member(membership=part_of(ravi, acme), actor=by(bina))
    pressed(client, "asha@acme.example")
    assert ("ravi@acme.example", "member") not in people_of(acme)


def test_for_72_hours_the_login_changes_nothing_and_then_does_again(acme, asha, ravi, client):
    now = clock.now()
    customers.change_role(membership=part_of(ravi, acme), role=MemberRole.OWNER, actor=by(asha), now=now)
    change = AccountChange.objects.get()
    assert cancellation.cancel_account_change(change=change, contact=address_of(asha), actor=actor.stranger(), now=now)
    acts = (
        lambda at: customers.invite(customer=acme, address=THIEF, actor=by(asha), now=at),
        lambda at: nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=at),
    )
    for act in acts:
        with pytest.raises(Refused) as refused:
            act(now + WAIT - timedelta(seconds=1))
        assert refused.value.code == "CHANGES_FROZEN"
        act(now + WAIT)


def refusals(*acts):
    """The codes of those that were refused."""
    found = []
    for act in acts:
        try:
            act()
        except Refused as refused:
            found.append(refused.code)
        else:
            found.append(None)
    return found


@pytest.mark.parametrize("who", ["another owner", "the login's own address"])
def test_who_another_owner_cancelled_is_frozen_in_that_company_and_nowhere_else(acme, asha, bina, who):
    other, now = CustomerFactory(name="Bharat Mills"), clock.now()
    MembershipFactory(customer=other, principal=asha.principal)
    invite = {"address": "new@acme.example", "actor": by(asha)}
    customers.invite(customer=acme, **invite)
    assert undone(AccountChange.objects.get(), bina if who == "another owner" else asha)
    assert refusals(
        lambda: customers.invite(customer=acme, **invite),
        lambda: customers.invite(customer=other, **invite),
        lambda: nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now()),
        lambda: address_changes.begin(
            user=asha, kind="email", address="own@asha.example", browser="", actor=by(asha), now=clock.now()
        ),
    ) == (["CHANGES_FROZEN", None, None, None] if who == "another owner" else ["CHANGES_FROZEN"] * 4)
    words = {account_changes.frozen_words(asha, customer=one, now=now) for one in (acme, other, None)}
    assert len(words) == (2 if who == "another owner" else 1)


def test_an_upgrade_lifts_no_freeze_and_freezes_nobody(acme, asha, bina):
    for user in (asha, bina):
        customers.invite(customer=acme, address=f"new-{user.pk}@acme.example", actor=by(user))
    AccountChange.objects.filter(user=asha).update(cancelled_at=clock.now(), freezes_login=False)
    import_module("portal.kernel.people.migrations.0006_freezes_login").fill(apps, None)
    assert [bool(account_changes.frozen_words(user, now=clock.now())) for user in (asha, bina)] == [True, False]


def test_a_process_of_the_release_before_writes_a_change_without_the_column_that_it_does_not_know(acme, asha):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_accountchange (kind, subject_ref, customer_id, user_id, nominee, old_role, before, made_at) "
            "VALUES ('invited', %s, %s, %s, '', '', %s, %s)",
            [acme.subject.ref.hex, acme.pk, asha.pk, b"", clock.now()],
        )
    assert AccountChange.objects.get().freezes_login is False


def test_pages_of_another_company_ask_for_the_code_as_before_and_those_of_the_frozen_one_do_not(acme, asha, bina):
    other = CustomerFactory(name="Bharat Mills")
    MembershipFactory(customer=other, principal=asha.principal)
    customers.invite(customer=acme, address="new@acme.example", actor=by(asha))
    undone(AccountChange.objects.get(), bina)
    client = customer_client(asha)
    asked = {"email": "two@acme.example", "role": "member"}
    frozen = client.post(reverse("privacy:members", args=[acme.reference]), asked)
    assert frozen.url == reverse("privacy:account")
    assert "in this organisation was cancelled" in client.get(frozen.url).text
    assert "proof_code" in client.post(reverse("privacy:members", args=[other.reference]), asked).text


def test_the_link_ends_after_fourteen_days(acme, asha, ravi, client, monkeypatch):
    customers.remove_member(membership=part_of(ravi, acme), actor=by(asha))
    link, made = link_to("asha@acme.example"), AccountChange.objects.get().made_at
    token = link.rstrip("/").rpartition("/")[2]
    change_rows.by_token(token, now=made + timedelta(days=14) - timedelta(seconds=1))
    with pytest.raises(Refused) as refused:
        change_rows.by_token(token, now=made + timedelta(days=14))
    assert refused.value.code == "LINK_ENDED"


def test_a_nominee_of_a_stolen_session_is_undone_with_all_that_followed(asha, client):
    own = nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    held = nominations.details_of(own)
    Message.objects.all().delete()
    AccountChange.objects.all().delete()
    act = {"principal": asha.principal, "actor": by(asha), "at": clock.now()}
    nominations.change(nominee=own, named=named(email=THIEF, full_name="A Thief", rights=["erasure"]), **act)
    nominations.end(nominee=own, **act)
    thief = nominations.name(named=named(email="two@evil.example"), **act)
    pressed(client, "asha@acme.example")
    own.refresh_from_db()
    thief.refresh_from_db()
    assert (own.ended_at, nominations.details_of(own)) == (None, held)
    assert len(own.rights) > 1
    assert thief.ended_at is not None
    with pytest.raises(Refused):
        nominations.change(nominee=own, named=named(email="three@evil.example"), **act)


def test_the_link_of_a_changed_address_undoes_nominees_and_people_too(acme, asha, client):
    now = clock.now()
    change = AddressChangeFactory(user=asha, done_at=now, begun_at=now - timedelta(hours=1))
    let_in_thief(acme, asha)
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    cancellation.cancel(change=change, actor=actor.stranger(), now=clock.now())
    assert people_of(acme) == {("asha@acme.example", "owner")}
    assert not nominations.of_person(asha.principal.subject.ref).exists()


def test_a_nominee_whom_a_system_told_us_of_is_no_change_of_the_login(asha, client):
    system = actor.interface(3)
    nominee = nominations.name(principal=asha.principal, named=named(), actor=system, at=clock.now())
    assert AccountChange.objects.get().user is None
    assert "signed out" not in client.get(link_to("asha@acme.example")).text
    client.post(link_to("asha@acme.example"))
    assert "signed out" not in client.get(link_to("asha@acme.example")).text
    nominee.refresh_from_db()
    assert nominee.ended_at is not None
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    assert AccountChange.objects.latest("pk").user == asha


@pytest.mark.parametrize("language", ["en", "hi", "mr"])
def test_who_reads_of_a_closed_company_is_told_that_its_people_stay(acme, asha, ravi, client, language):
    customers.remove_member(membership=part_of(ravi, acme), actor=by(asha))
    customers.close(customer=acme, actor=actor.SYSTEM)
    link = link_to("asha@acme.example")
    english = (
        "The people of your organisation stay as they are: its account is closed, or an insolvency order is in force."
    )
    client.cookies["django_language"] = language
    with translation.override(language):
        said = gettext(english)
        restored = gettext("The people of your organisation are as they were before.")
        cancelled = gettext("The change is cancelled.")
    assert (said == english) == (language == "en")
    page = client.get(link).text
    assert (said in page, restored in page) == (True, False)
    client.post(link)
    page = client.get(link).text
    assert (said in page, cancelled in page) == (True, False)
    assert people_of(acme) == {("asha@acme.example", "owner")}


def test_old_changes_are_deleted(acme, asha, ravi):
    customers.remove_member(membership=part_of(ravi, acme), actor=by(asha))
    assert change_rows.sweep(now=clock.now() + timedelta(days=61)) == 1


def test_an_owner_who_was_demoted_and_then_removed_is_an_owner_again(acme, asha, bina, client):
    before = people_of(acme)
    customers.change_role(membership=part_of(bina, acme), role=MemberRole.MEMBER, actor=by(asha))
    customers.remove_member(membership=part_of(bina, acme), actor=by(asha))
    pressed(client, "asha@acme.example")
    assert people_of(acme) == before


def test_a_removed_owner_whose_invitation_can_still_be_cancelled_has_no_link(acme, asha, bina):
    thief = let_in_thief(acme, asha)
    customers.remove_member(membership=part_of(thief, acme), actor=by(bina))
    assert link_to(THIEF) is None
    assert ("signin.part_changed", THIEF) in letters()


def test_who_was_let_in_lately_is_one_statement_however_many_changes_there_were(acme, asha, django_assert_num_queries):
    for _ in range(5):
        customers.remove_member(membership=part_of(let_in_thief(acme, asha), acme), actor=by(asha))
    account_changes.link_life(clock.now())  # the rule is read once
    with django_assert_num_queries(2):  # the rule, the persons
        found = account_changes.let_in_lately(acme, at=clock.now())
    assert found == {Principal.objects.get(user__email=THIEF).pk}


def test_an_owner_who_was_removed_and_invited_again_still_has_links_and_a_member_who_came_back_as_owner_none(
    acme, asha, bina, ravi
):
    for user, role in ((bina, MemberRole.OWNER), (ravi, MemberRole.OWNER)):
        customers.remove_member(membership=part_of(user, acme), actor=by(asha))
        invitation = customers.invite(customer=acme, address=user.email, role=role, actor=by(asha))
        logins.accept(invitation=invitation, full_name="", actor=actor.stranger(), now=clock.now())
    Message.objects.all().delete()
    customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    assert {address for kind, address in letters() if kind == "signin.people_changed"} == {asha.email, bina.email}


def test_an_owner_whose_invitation_can_no_longer_be_cancelled_has_a_link(acme, asha, bina):
    thief = let_in_thief(acme, asha)
    AccountChange.objects.update(made_at=clock.now() - timedelta(days=14))
    customers.remove_member(membership=part_of(thief, acme), actor=by(bina))
    assert link_to(THIEF) is not None


def test_an_owner_who_was_a_member_for_a_day_has_a_link_once_the_first_of_the_two_changes_is_older_than_links(
    acme, asha, bina
):
    now = clock.now()
    for days, role in ((14, MemberRole.MEMBER), (13, MemberRole.OWNER)):
        at = now - timedelta(days=days)
        customers.change_role(membership=part_of(asha, acme), role=role, actor=by(bina), now=at)
    Message.objects.all().delete()
    customers.remove_member(membership=part_of(asha, acme), actor=by(bina), now=now)
    assert link_to(asha.email) is not None


def test_a_cancelled_invitation_ends_the_membership_that_a_cancelled_removal_gave_back(acme, asha, bina, client):
    thief = let_in_thief(acme, asha)
    customers.remove_member(membership=part_of(thief, acme), actor=by(bina))
    assert undone(AccountChange.objects.get(kind="removed"), bina)
    assert (THIEF, "owner") in people_of(acme)
    client.post(link_to("asha@acme.example"))
    assert people_of(acme) == {("asha@acme.example", "owner"), ("bina@acme.example", "owner")}


def test_a_cancelled_invitation_leaves_a_membership_of_another_invitation(acme, asha, bina, client):
    guest = let_in_thief(acme, asha)
    customers.remove_member(membership=part_of(guest, acme), actor=by(bina))
    invitation = customers.invite(customer=acme, address=THIEF, role=MemberRole.MEMBER, actor=by(bina))
    logins.accept(invitation=invitation, full_name="", actor=actor.stranger(), now=clock.now())
    client.post(link_to("asha@acme.example"))
    assert (THIEF, "member") in people_of(acme)


def test_an_invitation_that_was_accepted_since_it_was_read_lets_nobody_stay(acme, asha):
    invitation = customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
    change = AccountChange.objects.select_related("invitation", "customer").get()
    logins.accept(invitation=invitation, full_name="A Thief", actor=actor.stranger(), now=clock.now())
    account_changes.undo_of_company(change, actor=actor.stranger(), at=clock.now())
    assert people_of(acme) == {("asha@acme.example", "owner")}


def test_the_maker_of_a_change_undoes_what_followed_in_another_company_too(acme, asha, client):
    other = CustomerFactory(name="Bharat Mills")
    MembershipFactory(customer=other, principal=asha.principal)
    nominations.name(principal=asha.principal, named=named(), actor=by(asha), at=clock.now())
    thief = let_in_thief(other, asha)
    customers.invite(customer=other, address="two@evil.example", role=MemberRole.OWNER, actor=by(thief))
    customers.remove_member(membership=part_of(asha, other), actor=by(thief))
    pressed(client, "asha@acme.example")
    assert people_of(other) == {("asha@acme.example", "owner")}
    assert not AccountChange.objects.filter(cancelled_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_of_a_cancel_and_an_acceptance_at_once_nobody_stays_in_the_company():
    for number in range(4):
        acme = CustomerFactory()
        asha = CustomerUserFactory(email=f"asha{number}@acme.example", member_of=acme)
        invitation = customers.invite(
            customer=acme, address=f"thief{number}@evil.example", role=MemberRole.OWNER, actor=by(asha)
        )
        change, together = AccountChange.objects.get(customer=acme), threading.Barrier(2)

        def act(which, asha=asha, invitation=invitation, change=change, together=together):
            together.wait(timeout=10)
            try:
                if which:
                    return undone(change, asha)
                return logins.accept(
                    invitation=invitation, full_name="A Thief", actor=actor.stranger(), now=clock.now()
                ).email
            except LostRace:
                return "lost"
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=2) as pool:
            accepted, cancelled = list(pool.map(act, (False, True)))
        assert cancelled is True
        assert accepted in {"lost", f"thief{number}@evil.example"}
        assert people_of(acme) == {(f"asha{number}@acme.example", "owner")}


@pytest.mark.django_db(transaction=True)
def test_of_a_cancel_and_a_further_change_at_once_nothing_of_the_thief_remains():
    for number in range(4):
        acme = CustomerFactory()
        asha = CustomerUserFactory(email=f"asha{number}@acme.example", member_of=acme)
        ContactPointFactory(principal=asha.principal, kind="email", address=f"own{number}@acme.example")
        customers.invite(customer=acme, address=THIEF, role=MemberRole.OWNER, actor=by(asha))
        change, together = AccountChange.objects.get(customer=acme), threading.Barrier(2)
        contact = asha.principal.contact_points.first()

        def act(which, acme=acme, asha=asha, change=change, contact=contact, together=together):
            together.wait(timeout=10)
            try:
                if which:
                    return cancellation.cancel_account_change(
                        change=change, contact=contact, actor=actor.stranger(), now=clock.now()
                    )
                return customers.invite(
                    customer=acme, address="two@evil.example", role=MemberRole.OWNER, actor=by(asha)
                ).pk
            except Refused as refused:
                return refused.code
            finally:
                connection.close()

        with ThreadPoolExecutor(max_workers=2) as pool:
            invited, cancelled = list(pool.map(act, (False, True)))
        assert cancelled is True
        assert invited == "CHANGES_FROZEN" or isinstance(invited, int)
        assert not Invitation.objects.filter(customer=acme, cancelled_at=None).exists()
