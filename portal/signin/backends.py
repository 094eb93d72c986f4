"""Who a session stands for."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from portal.people.models import User


class LoginBackend(ModelBackend):
    """Password logins by e-mail address; a session's login comes with its person, which every page asks for."""

    def get_user(self, user_id: Any) -> User | None:
        """The active login with its person and their subjects, in one statement; None where there is none."""
        user = User.objects.select_related("principal__subject", "subject").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
