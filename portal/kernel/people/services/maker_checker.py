"""Two people: one proposes, another answers, both bound to the same text."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import rfc8785
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import advisory_locks, clock, field_changes, pii_guard
from portal.kernel.core.actor import Actor
from portal.kernel.core.data_categories import DataCategory
from portal.kernel.core.errors import IllegalMove, LostRace, NotAllowed, Refused
from portal.kernel.core.fields import EncryptedTextField
from portal.kernel.people.choices import Answer
from portal.kernel.people.models import FourEyesModel, FourEyesRule, Role, RoleGrant, User
from portal.kernel.people.selectors import grants_in_force, staff_in_role
from portal.kernel.people.services import factor_ages

P = TypeVar("P", bound=FourEyesModel)
#: Of the staff in a role those who are named.
NAMED = 5


def shown_digest(shown: Mapping[str, Any] | str | bytes) -> str:
    """SHA-256 (hex) of what was shown: bytes and text as they are, a mapping as RFC 8785 canonical JSON."""
    if isinstance(shown, str):
        shown = shown.encode()
    return hashlib.sha256(shown if isinstance(shown, bytes) else rfc8785.dumps(dict(shown))).hexdigest()


def person_of(actor: Actor) -> User:
    """The active staff login behind an actor. Raises NotAllowed for a task, a customer or a stranger."""
    user = User.objects.filter(pk=actor.user_id, is_staff=True, is_active=True).first() if actor.user_id else None
    if user is None:
        raise NotAllowed(_("Only a signed-in staff member can do this."))
    return user


def _role_ids(user: User, now: datetime) -> set[int]:
    """Asked of the database each time: a role that ended a moment ago must not answer.

    Beside a role that is bound to certain days and areas, as the auditor's is, no other role counts: as with permissions.
    """
    if not User.objects.filter(pk=user.pk, is_staff=True, is_active=True).exists():
        return set()
    held = list(grants_in_force(RoleGrant.objects.filter(user=user), now=now).values_list("role", "role__needs_scope"))
    bound = {role for role, needs_scope in held if needs_scope}
    return bound or {role for role, _needs_scope in held}


def require_maker(user: User, act: str, *, now: datetime | None = None) -> None:
    """Raises NotAllowed unless one of the user's roles, in force now, may propose ``act``."""
    if not may_propose(user, act, now=now or clock.now()):
        raise NotAllowed(_("Your role may not propose this. Ask an administrator who may."))


def may_propose(user: User, act: str, *, now: datetime) -> bool:
    """Whether a role of the user, in force at ``now``, may propose ``act``."""
    return FourEyesRule.objects.filter(act=act, maker_role__in=_role_ids(user, now)).exists()


def second_people(*, act: str, user: User) -> str:
    """Who may answer what ``user`` proposes: each role that may, with the names of the staff who hold it now; without
    ``user``, who never answers their own. Empty where the table has no such pair. Fills ``answers.second_people``.
    """
    now = clock.now()
    pairs = FourEyesRule.objects.filter(act=act, maker_role__in=_role_ids(user, now))
    found = []
    for code, label in Role.objects.filter(pk__in=pairs.values("checker_role")).values_list("code", "label"):
        others = staff_in_role(code, now=now).exclude(pk=user.pk).order_by("full_name", "email")
        names = ", ".join(other.display_name for other in others[:NAMED])
        found.append(f"{label} ({names or gettext('nobody else holds this role now')})")
    return "; ".join(sorted(found))


def acts_to_answer(user: User, *, now: datetime) -> set[str]:
    """The acts that a role of the user, in force at ``now``, may answer for some maker; ``require_checker`` decides."""
    return set(FourEyesRule.objects.filter(checker_role__in=_role_ids(user, now)).values_list("act", flat=True))


def require_checker(proposal: FourEyesModel, user: User, *, now: datetime | None = None) -> None:
    """Raises NotAllowed unless the user is another person than the maker and a role of theirs may answer the act.

    The table pairs roles: the checker's role must stand beside a role that the maker holds or held when proposing.
    Raises IllegalMove when the proposal was answered already.
    """
    if proposal.answer != Answer.PENDING:
        raise IllegalMove(_("This was decided already."))
    if proposal.made_by_id == user.pk:
        raise NotAllowed(_("Another person must decide: you proposed this yourself."))
    maker_roles = set(
        grants_in_force(RoleGrant.objects.filter(user_id=proposal.made_by_id), now=proposal.made_at).values_list(
            "role_id", flat=True
        )
    )
    pairs = FourEyesRule.objects.filter(
        act=proposal.act, maker_role__in=maker_roles, checker_role__in=_role_ids(user, now or clock.now())
    )
    if not pairs.exists():
        raise NotAllowed(_("Your role may not decide this. Ask an administrator who may."))


def _require_maker_still(proposal: FourEyesModel, user: User, now: datetime) -> None:
    """Raises Refused unless the maker, too, could propose the act now, to this checker: a yes carries it out today."""
    pairs = FourEyesRule.objects.filter(
        act=proposal.act,
        maker_role__in=_role_ids(proposal.made_by, now),
        checker_role__in=_role_ids(user, now),
    )
    if not pairs.exists():
        message = _(
            "The person who proposed this can no longer propose it. Refuse it, so that it can be proposed again."
        )
        raise Refused(message, code="MAKER_LEFT")


def propose(
    model: type[P], *, act: str, maker: User, shown: Mapping[str, Any] | str | bytes, now: datetime, **fields: Any
) -> P:
    """Insert one proposal in the caller's transaction, bound to the digest of ``shown``.

    Raises FactorTooOld (``factor_ages``), NotAllowed when the maker's roles do not carry the act, Refused (NUMBER_IN_WORDS) when a free text of
    ``fields`` that is not sealed has the number of an identity paper or of an account.
    """
    advisory_locks.share(advisory_locks.of_login(maker.pk))
    require_maker(maker, act, now=now)
    factor_ages.require(act, now=now)
    pii_guard.require_no_number(*_written(model, fields))
    proposal = model._default_manager.create(
        act=act, made_by=maker, made_at=now, shown_sha256=shown_digest(shown), **fields
    )
    field_changes.watch_created(proposal)
    return proposal


def _written(model: type[FourEyesModel], fields: Mapping[str, Any]) -> list[str]:
    """What people wrote freely and the table holds in the clear; what is sealed comes as bytes or has a column for it."""
    free = [name for name, category in model.data_categories.items() if category == DataCategory.FREE_TEXT]
    plain = [name for name in free if not isinstance(model._meta.get_field(name), EncryptedTextField)]
    return [value for name in plain if isinstance(value := fields.get(name), str)]


def answered_by(proposal: FourEyesModel, user: User) -> str:
    """Who was quicker: a second click tells its person that the first one counted."""
    if proposal.checked_by_id == user.pk:
        return str(_("You have decided this already: your first decision counts."))
    return str(_("Someone else decided this a moment ago."))


def answer(
    proposal: FourEyesModel,
    *,
    checker: User,
    approve: bool,
    shown: Mapping[str, Any] | str | bytes,
    reason: str = "",
    now: datetime,
) -> None:
    """Approve or refuse in the caller's transaction; what follows from a yes is the caller's, in the same one.

    Raises FactorTooOld (``factor_ages``), NotAllowed (see ``require_checker``), Refused when a yes meets something else than what was proposed, or a maker
    who is deactivated or has lost the role (MAKER_LEFT), when a refusal has no reason or the reason a number that may not be
    kept (NUMBER_IN_WORDS), LostRace when somebody else answered first. A no needs no match: it makes room for a new proposal.
    """
    advisory_locks.share(advisory_locks.of_login(checker.pk), advisory_locks.of_login(proposal.made_by_id))
    require_checker(proposal, checker, now=now)
    factor_ages.require(proposal.act, now=now)
    if approve:
        _require_maker_still(proposal, checker, now)
    if approve and shown_digest(shown) != proposal.shown_sha256:
        raise Refused(
            _("What was proposed has changed since. Refuse it: then it can be proposed anew."), code="SHOWN_CHANGED"
        )
    if not approve and not reason.strip():
        raise Refused(_("Say why you reject it, so that the other person can fix it."), code="REASON_MISSING")
    pii_guard.require_no_number(reason)
    with transaction.atomic():
        updated = (
            type(proposal)
            ._default_manager.filter(pk=proposal.pk, answer=Answer.PENDING)
            .update(
                answer=Answer.APPROVED if approve else Answer.REFUSED,
                checked_by=checker,
                checked_at=now,
                reason=reason.strip(),
            )
        )
        if updated != 1:
            proposal.refresh_from_db()
            raise LostRace(answered_by(proposal, checker))
        proposal.refresh_from_db()
