"""What the tasks write into the history of a login."""

from datetime import UTC, datetime

from portal.core import actor
from portal.people.models import OneTimeCode, User
from portal.people.services import devices
from portal.people.states import SignInOutcome
from portal.signin.tries import Try


def wrong_code(code: OneTimeCode, made: Try) -> bool:
    """Note that a wrong code was typed for a customer's login. False: nobody has a login at the address."""
    user = User.objects.filter(email__iexact=code.address, is_staff=False, is_active=True).first()
    if user is None:
        return False
    devices.note(
        user=user,
        outcome=SignInOutcome.WRONG_CODE,
        actor=actor.stranger(address=made.address, via="page"),
        device=devices.known(user=user, token=made.token),
        browser=made.browser,
        now=datetime.fromtimestamp(made.at, UTC),
    )
    return True
