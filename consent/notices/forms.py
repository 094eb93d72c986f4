"""What the pages of texts ask staff."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from consent.base.choices import NoticeKind, Weight
from consent.base.models.notices import BINDING_LANGUAGE, Notice, NoticeVersion
from consent.base.selectors.notices import summary_languages
from consent.notices.rules.clauses import is_number
from consent.notices.selectors.languages import language_of, languages
from consent.notices.services import policy_files
from consent.notices.services.draft_edits import REASONS
from portal.kernel.core import clock
from portal.kernel.core.conditional_fields import needed
from portal.kernel.core.errors import PortalError, Refused
from portal.kernel.core.pii_guard import PublicWords, names_an_identity_number
from portal.kernel.core.time_range import DayField
from portal.kernel.law.labels import names_of_purposes
from portal.kernel.people.admin.proposals import AnswerForm

#: Before the code of a language: the field of a summary in it.
SUMMARY = "summary_"


class WeightForm(forms.Form):
    """What kind of change a version is."""

    weight = forms.ChoiceField(
        label=gettext_lazy("What kind of change is it?"),
        help_text=gettext_lazy("A first version is neither. Nothing chosen means material: everybody is told before."),
        choices=[
            (Weight.MATERIAL, Weight.MATERIAL.label),
            (Weight.EDITORIAL, Weight.EDITORIAL.label),
        ],
        widget=forms.RadioSelect,
        required=False,
    )


class ClauseForm(forms.Form):
    """One clause of a draft. ``seen`` is the text that stood there when the page was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    number = PublicWords(
        label=gettext_lazy("Number"),
        help_text=gettext_lazy("Like 9 or 9.7. The clause stands where its number belongs."),
        max_length=16,
        widget=forms.TextInput(attrs={"size": 8}),
    )
    title = PublicWords(
        label=gettext_lazy("Title"), help_text=gettext_lazy("Without a full stop at its end."), max_length=130
    )
    body = PublicWords(
        label=gettext_lazy("Text"),
        help_text=gettext_lazy("An empty line parts paragraphs; lines that begin with “- ” are a list."),
        widget=forms.Textarea(attrs={"rows": 12}),
        max_length=20_000,
        required=False,
    )
    promise = forms.SlugField(
        label=gettext_lazy("Code of the promise"),
        help_text=gettext_lazy("Stays with the clause in every version. Empty: the portal gives one."),
        max_length=24,
        required=False,
    )

    def __init__(self, *args: Any, taken: Collection[str] = (), **kwargs: Any) -> None:
        """``taken`` are the numbers of the other clauses: everything that is wrong is said at once."""
        super().__init__(*args, **kwargs)
        self.taken = frozenset(taken)

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        if not is_number(number):
            raise forms.ValidationError(str(REASONS["BAD_NUMBER"]))
        return number

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"].strip()
        if title.endswith((".", "!", "?", "।")):
            raise forms.ValidationError(gettext_lazy("Take the full stop away from the end of the title."))
        return title

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        number = cleaned.get("number")
        if number in self.taken and not cleaned.get("shift"):
            is_new = "shift" in self.fields
            said = REASONS["NUMBER_TAKEN"] if is_new else gettext_lazy("There is a clause %(clause)s already.")
            self.add_error("number", str(said) % {"clause": number})
        return cleaned


class NewClauseForm(ClauseForm):
    shift = forms.BooleanField(
        label=gettext_lazy("Let the clause that has this number, and those after it, move on by one"), required=False
    )


class IntroductionForm(forms.Form):
    """The text before clause 1: it has neither number nor title."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    body = PublicWords(
        label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 12}), max_length=20_000, required=False
    )


class DayAndPurposesForm(forms.Form):
    """What a version has whichever way it comes: its day, and the purposes that it asks for."""

    effective_on = DayField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy(
            "Like 2026-12-28. Today or later; only the first version here of a text that was in force elsewhere may name an "
            "earlier day."
        ),
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        widget=forms.DateInput(format="%Y-%m-%d"),
    )
    purposes = forms.MultipleChoiceField(
        label=gettext_lazy("Purposes"),
        help_text=gettext_lazy(
            "What a consent notice asks for; of a policy, what is new with this version and is asked of each person by "
            "itself."
        ),
        choices=lambda: names_of_purposes().items(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class DetailsForm(DayAndPurposesForm):
    """A draft's day, its summary and its purposes. ``seen`` are those that stood there when the page was opened."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    what_changed = PublicWords(
        label=gettext_lazy("What changed, for the people whom it concerns"),
        help_text=gettext_lazy("Three to six plain sentences, one a line."),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=2000,
        required=False,
    )

    def __init__(self, data: Any, *, version: NoticeVersion, initial: dict[str, Any]) -> None:
        """Asks for the summary in each language that people are written to in, or that the draft can be read in."""
        summaries = {f"{SUMMARY}{code}": said for code, said in version.summaries.items()}
        super().__init__(data, initial={**summaries, **initial})
        for code in summary_languages(version):
            if code == BINDING_LANGUAGE:
                continue
            self.fields[f"{SUMMARY}{code}"] = PublicWords(
                label=format_lazy(gettext_lazy("The same in {language}"), language=language_of(code).name),
                widget=forms.Textarea(attrs={"rows": 6, "lang": code}),
                max_length=2000,
                required=False,
            )
        self.order_fields(
            ["seen", "effective_on", "what_changed", *(n for n in self.fields if n.startswith(SUMMARY)), "purposes"]
        )

    def clean(self) -> dict[str, Any]:
        """``summaries`` by language instead of a field for each."""
        cleaned = super().clean() or {}
        fields = [name for name in self.fields if name.startswith(SUMMARY)]
        cleaned["summaries"] = {name.removeprefix(SUMMARY): cleaned.pop(name, "") for name in fields}
        return cleaned


class Way(TextChoices):
    """How the words of a new version come."""

    UPLOAD = "upload", gettext_lazy("From a file")
    PASTE = "paste", gettext_lazy("From the box below")
    COPY = "copy", gettext_lazy("As the version in force has them")


#: In the list of texts: none of them. No code of a text is so.
NEW_TEXT = "+"


class NewVersionForm(DayAndPurposesForm):
    """A new version of a text: its words, and what has to be known about it."""

    field_order = ("way", "file", "text", "notice", "title", "kind", "effective_on", "purposes")

    way = forms.ChoiceField(
        label=gettext_lazy("Words"), choices=Way.choices, widget=forms.RadioSelect, initial=Way.UPLOAD
    )
    file = needed(
        gettext_lazy("for words from a file"),
        forms.FileField(
            label=gettext_lazy("File"),
            help_text=gettext_lazy(
                "A file that ends in .txt, .md, .docx or .html, at most 1 MB. Numbers stay, styles and pictures are left out."
            ),
            widget=forms.ClearableFileInput(attrs={"accept": ".txt,.md,.markdown,.docx,.html,.htm"}),
            required=False,
            allow_empty_file=True,
        ),
    )
    text = needed(
        gettext_lazy("for words from this box"),
        PublicWords(
            label=gettext_lazy("Text"),
            help_text=gettext_lazy(
                "Each clause begins with a line such as “9.1 Your rights”, without a full stop at its end."
            ),
            widget=forms.Textarea(attrs={"rows": 12}),
            max_length=policy_files.LARGEST,
            required=False,
            strip=False,
        ),
    )
    notice = forms.ChoiceField(
        label=gettext_lazy("Which text"),
        choices=lambda: [
            *Notice.objects.order_by("title").values_list("code", "title"),
            (NEW_TEXT, gettext_lazy("A new text")),
        ],
    )
    title = needed(
        gettext_lazy("for a new text"), PublicWords(label=gettext_lazy("Title"), max_length=120, required=False)
    )
    kind = needed(
        gettext_lazy("for a new text"),
        forms.ChoiceField(
            label=gettext_lazy("Kind"),
            choices=NoticeKind.choices,
            initial=NoticeKind.PRIVACY_POLICY,
            required=False,
        ),
    )

    def clean(self) -> dict[str, Any]:
        """``words``: the text in the form in which it is kept, from wherever it comes."""
        cleaned = super().clean() or {}
        is_new = cleaned.get("notice") == NEW_TEXT
        for name in ("title", "kind") if is_new else ():
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, gettext_lazy("A new text needs this."))
        if "way" in cleaned and not self.has_error("text") and not self.has_error("notice"):
            field = {Way.UPLOAD: "file", Way.PASTE: "text"}.get(Way(cleaned["way"]), "notice")
            try:
                cleaned["words"] = self._words(cleaned)
            except PortalError as refusal:
                self.add_error(field, forms.ValidationError(str(refusal), code=refusal.code))
        return cleaned

    def _words(self, cleaned: dict[str, Any]) -> str:
        """Raises Refused where the chosen way has no words, or words that must not be kept."""
        if cleaned["way"] == Way.COPY:
            return policy_files.of_version_in_force(cleaned["notice"], now=clock.now())
        if cleaned["way"] == Way.PASTE:
            return policy_files.neat(cleaned.get("text", ""))
        file = cleaned.get("file")
        if not file:
            raise Refused(gettext_lazy("Choose a file, or choose another way for the words."), code="NO_FILE")
        words = policy_files.read(file.name, file.read(policy_files.LARGEST_FILE + 1))
        if names_an_identity_number(words):
            raise Refused(
                gettext_lazy(
                    "The file has an Aadhaar number, a PAN or the number of a card. Take it out: it must not be kept here."
                ),
                code="NUMBER_IN_WORDS",
            )
        return words


class TranslationForm(forms.Form):
    """A text in another language."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=lambda: [(one.code, f"{one.name} ({one.code})") for one in languages().values() if one.code != "en"],
    )
    text = PublicWords(
        label=gettext_lazy("Text"),
        help_text=gettext_lazy(
            "The clauses with the numbers of the binding text. Written by a person, not by a machine."
        ),
        widget=forms.Textarea(attrs={"rows": 16}),
        max_length=400_000,
        strip=False,
    )


class TranslationAnswerForm(AnswerForm):
    speaks_it = forms.BooleanField(
        label=gettext_lazy("I speak this language from home, and I have read the translation"), required=False
    )
