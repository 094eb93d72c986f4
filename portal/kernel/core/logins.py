"""Whose login a number is: lists name who acted in one way, whatever kept it."""

from django.contrib.auth import get_user_model

from portal.kernel.core.actor import ActorKind, spell


class Logins:
    """Tells logins of staff from those of customers; reads the numbers of staff once, when it is first asked."""

    def __init__(self) -> None:
        self._staff: frozenset[int] | None = None

    def spell_login(self, number: int | None) -> str | None:
        """The login of a foreign key: ``staff:8`` or ``customer:12``."""
        if number is None:
            return None
        if self._staff is None:
            self._staff = frozenset(
                get_user_model()._default_manager.filter(is_staff=True).values_list("pk", flat=True)
            )
        return f"{ActorKind.STAFF if number in self._staff else ActorKind.CUSTOMER}:{number}"

    def spell(self, written: str) -> str:
        """The same of a text: a whole label (``staff:user:8``), or a reference whose kind is to be found."""
        kind, _colon, ref = written.partition(":")
        if kind in set(ActorKind):
            return spell(kind, ref)
        if kind == "user" and ref.isdecimal():
            return str(self.spell_login(int(ref)))
        if not written:
            return ""
        return spell(ActorKind.INTERFACE if kind == "api_key" else ActorKind.SYSTEM, written)
