"""Whom a customer's session stands for."""

from django.contrib.auth.backends import BaseBackend

from portal.kernel.people.models import User


class CustomerBackend(BaseBackend):
    """Customers sign in with a code, not here: a session that ``browser_devices.open_session`` began finds its login by this.

    The sessions that began before there was this backend go on by Django's own.
    """

    def get_user(self, user_id: int) -> User | None:
        """The active login with its person and their subjects, in one statement, for every page asks for them."""
        return User.objects.select_related("principal__subject", "subject").filter(pk=user_id, is_active=True).first()
