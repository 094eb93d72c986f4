"""The Hindi and Marathi catalogues hold every text that a customer's page can show."""

import ast
import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.validators import (
    EmailValidator,
    MaxLengthValidator,
    MinLengthValidator,
    ProhibitNullCharactersValidator,
)
from django.forms import CharField, ChoiceField, EmailField, FileField, MultipleChoiceField, MultiValueField
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.translation.template import templatize

from kyc.check_words import CHECKS, OUTCOMES, TYPED
from kyc.children import TAKES_NONE
from kyc.states import (
    DecisionOutcome,
    DecisionReason,
    DeletionRefusal,
    DocumentKind,
    DocumentState,
    LikenessState,
    ListSource,
    PartyRole,
    RenewalReason,
)
from kyc.upload_forms import AGREES, PROOF_FILES, UploadForm
from kyc.words import (
    AADHAAR_TYPED,
    DOES_NOT_FIT,
    FAULTS,
    MISNAMED,
    NUMBERS,
    PROOF_FAULTS,
    ROLES,
    SCANS,
    SHOWN,
    STANDINGS,
    WHYS,
)

ROOT = Path(settings.BASE_DIR)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
#: What writes the words of customers' pages, and what stands in their letters.
SOURCES = [
    *(ROOT / "templates" / "selfservice").rglob("*.html"),
    *(ROOT / "portal/selfservice").rglob("*.py"),
    ROOT / "consent/blocking_forms.py",
    ROOT / "consent/forms.py",
    ROOT / "consent/questions_forms.py",
    ROOT / "consent/states.py",
    ROOT / "consent/stop_forms.py",
    ROOT / "consent/words.py",
    ROOT / "portal/signin/views/account.py",
    ROOT / "portal/signin/views/customers.py",
    ROOT / "portal/people/services/codes.py",
    ROOT / "portal/core/addresses.py",
    ROOT / "portal/core/plain_words.py",
    ROOT / "consent/letters.py",
    ROOT / "consent/services/acknowledging.py",
    ROOT / "consent/services/addresses.py",
    ROOT / "consent/services/announcing.py",
    ROOT / "consent/services/asking.py",
    ROOT / "consent/services/blocking.py",
    ROOT / "consent/services/choosing.py",
    ROOT / "consent/services/confirming.py",
    ROOT / "consent/services/guarding.py",
    ROOT / "consent/services/late_notices.py",
    ROOT / "consent/services/managing.py",
    ROOT / "consent/services/offering.py",
    ROOT / "consent/services/preferring.py",
    ROOT / "consent/services/recording.py",
    ROOT / "consent/services/renewing.py",
    ROOT / "consent/services/sender_choices.py",
    ROOT / "consent/services/undos.py",
    ROOT / "consent/services/withdrawing.py",
    ROOT / "grievances/nominee_forms.py",
    ROOT / "grievances/nominee_words.py",
    ROOT / "grievances/record_details.py",
    ROOT / "grievances/request_forms.py",
    ROOT / "grievances/request_words.py",
    ROOT / "grievances/services/asking.py",
    ROOT / "grievances/services/bundling.py",
    ROOT / "grievances/services/claiming.py",
    ROOT / "grievances/services/deciding.py",
    ROOT / "grievances/services/drafts.py",
    ROOT / "grievances/services/ending.py",
    ROOT / "grievances/services/nominating.py",
    ROOT / "grievances/services/proving.py",
    ROOT / "grievances/services/reading.py",
    ROOT / "grievances/services/resolving.py",
    ROOT / "grievances/services/standings.py",
    ROOT / "grievances/services/thread.py",
    ROOT / "grievances/services/uploads.py",
    ROOT / "consent/services/needed.py",
    ROOT / "kyc/services/consenting.py",
    ROOT / "kyc/services/describing.py",
    ROOT / "kyc/services/opening.py",
    ROOT / "kyc/services/parties.py",
    ROOT / "kyc/services/proving.py",
    ROOT / "kyc/services/uploading.py",
    ROOT / "portal/law/explanations.py",
    ROOT / "portal/law/words.py",
    ROOT / "portal/outbox/channels/push.py",
    ROOT / "portal/outbox/services/posting.py",
    ROOT / "portal/people/services/customers.py",
    ROOT / "portal/people/services/invitations.py",
    ROOT / "portal/people/services/logins.py",
    ROOT / "portal/people/services/principals.py",
    ROOT / "portal/registers/services/letters.py",
    ROOT / "portal/signin/browsers.py",
    ROOT / "portal/registers/words.py",
    ROOT / "consent/services/answering_for.py",
    ROOT / "consent/services/cookies.py",
    ROOT / "consent/services/going_on.py",
    ROOT / "consent/services/opting_in.py",
    ROOT / "consent/services/standing_down.py",
    ROOT / "grievances/services/appealing.py",
    ROOT / "grievances/services/rating.py",
    ROOT / "kyc/services/fetching.py",
    ROOT / "kyc/services/letting_go.py",
    ROOT / "portal/outbox/services/browsers.py",
    ROOT / "portal/people/services/account_changes.py",
    ROOT / "portal/people/services/contacts.py",
    ROOT / "portal/people/services/powers.py",
    ROOT / "portal/people/services/protections.py",
    ROOT / "grievances/detail_forms.py",
    ROOT / "grievances/forms.py",
    ROOT / "portal/signin/views/address_changes.py",
    ROOT / "portal/signin/views/push.py",
    ROOT / "portal/signin/welcome.py",
]
#: Services that a customer's page calls for something without words, or whose words it replaces by its own.
SAID_TO_STAFF = {
    "grievances.services.naming",
    "grievances.services.timing",
    "kyc.services.deciding",
    "kyc.services.deleting",
    "kyc.services.minors",
    "portal.people.services.freezes",
    "portal.retention.services.children",
}
#: What Django says of a field in a customer's form, and of a number in a sentence.
OF_DJANGO = {
    *(CharField.default_error_messages.values()),
    *(ChoiceField.default_error_messages.values()),
    *(EmailField.default_error_messages.values()),
    *(FileField.default_error_messages[code] for code in ("invalid", "missing", "empty")),
    *(MultiValueField.default_error_messages.values()),
    *(MultipleChoiceField.default_error_messages.values()),
    EmailValidator.message,
    ProhibitNullCharactersValidator.message,
}


def texts(source):
    """The texts of a template or a module; of a plural the singular."""
    plain = source.read_text(encoding="utf-8")
    if source.suffix == ".html":
        plain = "\n".join(line.strip() for line in templatize(plain, origin=str(source)).splitlines())
    for _line, message, _comments, _context in extract("python", io.BytesIO(plain.encode()), KEYWORDS):
        yield message[0] if isinstance(message, tuple) else message


def catalogue(language):
    path = ROOT / "portal/locale" / language / "LC_MESSAGES" / "django.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


def translated(language):
    """Every text of the catalogue that has a translation."""
    found = set()
    for message in catalogue(language):
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and all(said):
            found.add(message.id[0] if isinstance(message.id, tuple | list) else message.id)
    return found


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_no_text_of_a_customers_page_is_left_in_english(language):
    wanted = {text for source in SOURCES for text in texts(source)}
    assert len(wanted) > 300
    assert sorted(wanted - translated(language)) == []


def services_of_customers_pages():
    """The services that a customer's page imports itself."""
    pages = [
        *(ROOT / "portal/selfservice").rglob("*.py"),
        *(ROOT / "portal/signin/views" / f"{name}.py" for name in ("account", "address_changes", "customers", "push")),
    ]
    named = {
        name
        for page in pages
        for node in ast.walk(ast.parse(page.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{one.name}" for one in node.names))
        if ".services." in name
    }
    return {name for name in named if source_of(name).is_file()}


def source_of(module):
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def test_each_service_that_a_customers_page_calls_is_searched_for_texts_or_says_them_to_staff():
    called = {name for name in services_of_customers_pages() if any(texts(source_of(name)))}
    assert len(called) > 30
    assert sorted(name for name in called - SAID_TO_STAFF if source_of(name) not in SOURCES) == []
    assert sorted(SAID_TO_STAFF - called) == []


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_what_django_says_of_a_customers_field_is_not_in_english(language):
    def said_of_lengths():
        of = {"limit_value": 9, "show_value": 3}
        return [MaxLengthValidator.message % of, MinLengthValidator.message % of]

    with translation.override("en"):
        english, lengths = {str(said): said for said in OF_DJANGO}, said_of_lengths()
    with translation.override(language):
        assert [said for said, lazy in english.items() if str(lazy) == said] == []
        assert not set(lengths) & set(said_of_lengths())
        assert "byte" not in filesizeformat(5)


@pytest.mark.parametrize(("language", "word"), [("hi", "खाता-बही"), ("mr", "खातेवही")])
def test_the_ledger_has_one_name_which_is_not_that_of_an_account(language, word):
    said = [
        str(message.string)
        for message in catalogue(language)
        if message.id and message.string and re.search(r"\bledger\b", str(message.id), re.IGNORECASE)
    ]
    assert len(said) > 5
    assert [text for text in said if word not in text] == []


def _words_of(field):
    return field.label, field.help_text


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_what_a_letter_says_about_a_document_is_left_nowhere_in_english(language):
    with translation.override("en"):
        numbers = [text for texts_of_type in NUMBERS.values() for text in texts_of_type.values()]
        wanted = {
            str(text)
            for text in (
                *DocumentKind.labels,
                *DocumentState.labels,
                *DecisionReason.labels,
                *RenewalReason.labels,
                *DeletionRefusal.labels,
                *(said for said, _mark in STANDINGS.values()),
                *FAULTS.values(),
                *MISNAMED.values(),
                *PROOF_FAULTS.values(),
                *ROLES.values(),
                *SHOWN.values(),
                *WHYS.values(),
                *(said for said, _accepted in PROOF_FILES.values()),
                *_words_of(UploadForm.base_fields["share_code"]),
                *AGREES.values(),
                AADHAAR_TYPED,
                TAKES_NONE,
                UploadForm.base_fields["is_account"].label,
                *CHECKS.values(),
                *TYPED.values(),
                *OUTCOMES.values(),
                *SCANS.values(),
                *PartyRole.labels,
                *LikenessState.labels,
                *ListSource.labels,
                *DecisionOutcome.labels,
                *numbers,
            )
        } | {str(DOES_NOT_FIT)}
    assert len(wanted) > 25
    assert sorted(wanted - translated(language)) == []


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_a_translation_keeps_every_placeholder(language):
    for message in catalogue(language):
        pairs = (
            zip(message.id, message.string, strict=True)
            if isinstance(message.id, tuple)
            else [(message.id, message.string)]
        )
        for source, said in pairs:
            if source and said:
                assert sorted(PLACEHOLDER.findall(source)) == sorted(PLACEHOLDER.findall(said)), source


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_the_catalogue_says_that_it_is_a_draft(language):
    path = ROOT / "portal/locale" / language / "LC_MESSAGES" / "django.po"
    assert "NEEDS NATIVE REVIEW" in path.read_text(encoding="utf-8")[:600]
