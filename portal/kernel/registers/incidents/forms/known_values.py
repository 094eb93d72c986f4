"""Forms that show what is known of one row, to be changed: what a colleague saved meanwhile is not written back."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.kernel.registers.incidents.rules import reads_alike

#: The code of a field that both changed.
CHANGED_MEANWHILE = "CHANGED_MEANWHILE"


class KnownValuesForm(forms.Form):
    """It gives only what its sender changed, compared with what their page showed (a hidden field beside each value).

    Where somebody else saved another value of the same field since the page was made, the field shows both and nothing is
    saved: sent again, it is compared with the value that is shown now. A page without the hidden field showed nothing.
    """

    def show_known(self, known: Mapping[str, Any]) -> None:
        """Let each field show the value that is known of it. Call it before the form is shown or checked."""
        self.initial = {**self.initial, **known}
        self._known = {name: value for name, value in known.items() if name in self.fields}
        for name in self._known:
            self.fields[name].show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Leave out what the sender did not change. A field that both changed is an error (CHANGED_MEANWHILE)."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for name, known in getattr(self, "_known", {}).items():
            if name not in given:
                continue  # faulty: said beside it already
            if _is_same(given[name], self._seen(name)) or _is_same(given[name], known):
                del given[name]
            elif not _is_same(self._seen(name), known):
                self._say_both(name, known)
        return given

    def _seen(self, name: str) -> Any:
        """What the sender's page showed."""
        field = self.fields[name]
        raw = field.hidden_widget().value_from_datadict(self.data, self.files, self[name].html_initial_name)
        try:
            return field.to_python(raw)
        except forms.ValidationError:
            return None

    def _say_both(self, name: str, known: Any) -> None:
        said = _(
            "A colleague changed this while you wrote. It is now: %(now)s. What you wrote is still here: put both together, "
            "then send it again."
        )
        self.add_error(
            name, forms.ValidationError(said, code=CHANGED_MEANWHILE, params={"now": self._told(name, known)})
        )
        data: Any = self.data
        self.data = data = data.copy()
        seen = self[name].html_initial_name
        if isinstance(known, list):
            data.setlist(seen, [str(value) for value in known])
        else:
            data[seen] = str(known)

    def _told(self, name: str, value: Any) -> str:
        """A value as its field says it."""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        labels = {str(key): str(label) for key, label in getattr(self.fields[name], "choices", ())}
        values = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(str(one), str(one)) for one in values) or _("nothing")


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same: a browser may change the order of choices, too."""
    if isinstance(one, str) and isinstance(other, str):
        return reads_alike(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return bool(one == other)
