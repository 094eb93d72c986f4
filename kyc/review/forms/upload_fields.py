"""Fields of the upload form: a date as a document writes it, and a file or a photo."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kyc.numbers.result import ascii_digits
from portal.kernel.core.time_range import DayField

DATE_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d"]


class TypedDate(DayField):
    """A date as it stands on the document, with digits of any script."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(ascii_digits(value) if isinstance(value, str) else value)


class FileOrPhoto(forms.FileInput):
    """A file chosen from the device or, in a second input, a photo taken now: telephones open the camera for it."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = super().render(name, value, attrs, renderer)
        photo = '<p><label for="{0}">{1}</label> <input type="file" name="{2}" id="{0}" accept="image/*" capture="environment"></p>'
        return chosen + format_html(photo, f"id_{name}_photo", _("Or take a photo now"), f"{name}_photo")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.get(name) or files.get(f"{name}_photo")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}_photo" not in files
