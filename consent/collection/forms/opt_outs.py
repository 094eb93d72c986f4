"""What the public page asks of somebody who wants to stop messages: an address, and the code that came there."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.kernel.core import addresses
from portal.kernel.core.errors import Refused
from portal.kernel.core.text import without_hiding_marks
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.selectors import can_send

#: What is no number may have been meant as an address.
EITHER = _("Enter an email address like name@example.com, or a mobile number like +91 98765 43210.")


class StopAddressForm(forms.Form):
    address = forms.CharField(
        label=_("Mobile number or email"),
        help_text=_("The one that gets the messages. We send a code to it, whether we know it or not."),
        max_length=254,
        error_messages={
            "required": _("Enter the email address or mobile number that gets the messages"),
            "max_length": _("Enter the email address or mobile number that gets the messages"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )

    def clean_address(self) -> tuple[str, str]:
        """Kind and normal form. Nothing is looked up."""
        text = without_hiding_marks(str(self.cleaned_data["address"])).strip()
        kind = addresses.kind_of(text)
        try:
            normal = addresses.normalise(kind, text)
        except Refused as refused:
            said = refused.message if kind == addresses.EMAIL else EITHER
            raise forms.ValidationError(str(said), code=refused.code) from refused
        if kind == addresses.PHONE and not can_send(Channel.SMS):
            raise forms.ValidationError(
                _("We cannot send an SMS from here. Enter an email address, or use another way of this page."),
                code="NO_SMS",
            )
        return kind, normal


class StopCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=32,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
        error_messages={"required": _("Enter the code"), "max_length": _("Enter the code as you got it")},
    )
