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

from kyc.base.choices import (
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
from kyc.cases.check_labels import CHECKS, OUTCOMES, TYPED
from kyc.cases.labels import (
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
from kyc.cases.minor_guard import TAKES_NONE
from kyc.review.forms.document_uploads import AGREES, PROOF_FILES, UploadForm

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
    *(ROOT / "portal/fronts/selfservice").rglob("*.py"),
    ROOT / "consent/collection/forms/dnd.py",
    ROOT / "consent/preferences/choices.py",
    ROOT / "consent/preferences/forms.py",
    ROOT / "consent/prompts/forms.py",
    ROOT / "consent/base/choices.py",
    ROOT / "consent/collection/forms/opt_outs.py",
    ROOT / "consent/base/labels.py",
    ROOT / "portal/fronts/signin/views/account.py",
    ROOT / "portal/fronts/signin/views/customers.py",
    ROOT / "portal/kernel/people/services/codes.py",
    ROOT / "portal/kernel/core/addresses.py",
    ROOT / "portal/kernel/core/pii_guard.py",
    ROOT / "consent/records/pdfs.py",
    ROOT / "consent/notices/services/acknowledgements.py",
    ROOT / "consent/records/services/addresses.py",
    ROOT / "consent/notices/services/policy_notifications.py",
    ROOT / "consent/prompts/services/consent_prompts.py",
    ROOT / "consent/collection/services/dnd_preferences.py",
    ROOT / "consent/preferences/services/preference_updates.py",
    ROOT / "consent/records/services/confirmations.py",
    ROOT / "consent/records/services/guardian_consents.py",
    ROOT / "consent/notices/services/legacy_notices.py",
    ROOT / "consent/collection/services/consent_managers.py",
    ROOT / "consent/preferences/services/preference_options.py",
    ROOT / "consent/preferences/services/preferences.py",
    ROOT / "consent/records/services/consent_events.py",
    ROOT / "consent/prompts/services/consent_renewals.py",
    ROOT / "consent/preferences/services/sender_choices.py",
    ROOT / "consent/suppressions/services/undos.py",
    ROOT / "consent/suppressions/services/withdrawals.py",
    ROOT / "grievances/nominees/forms.py",
    ROOT / "grievances/nominees/labels.py",
    ROOT / "grievances/requests/correctable_fields.py",
    ROOT / "grievances/requests/forms.py",
    ROOT / "grievances/base/request_labels.py",
    ROOT / "grievances/requests/services/request_intake.py",
    ROOT / "grievances/requests/services/data_copies.py",
    ROOT / "grievances/nominees/services/nominee_claims.py",
    ROOT / "grievances/requests/services/request_decisions.py",
    ROOT / "grievances/tickets/services/drafts.py",
    ROOT / "grievances/requests/services/erasure_requests.py",
    ROOT / "grievances/nominees/services/nominations.py",
    ROOT / "grievances/requests/services/identity_verification.py",
    ROOT / "grievances/tickets/services/thread_access.py",
    ROOT / "grievances/tickets/services/resolutions.py",
    ROOT / "grievances/nominees/services/nominee_authority.py",
    ROOT / "grievances/tickets/services/conversation.py",
    ROOT / "grievances/tickets/services/uploads.py",
    ROOT / "consent/collection/services/required_consent.py",
    ROOT / "kyc/review/services/aadhaar_consent.py",
    ROOT / "kyc/review/services/customer_types.py",
    ROOT / "kyc/review/services/protected_access.py",
    ROOT / "kyc/review/services/related_parties.py",
    ROOT / "kyc/review/services/signed_documents.py",
    ROOT / "kyc/review/services/document_uploads.py",
    ROOT / "portal/kernel/law/explanations.py",
    ROOT / "portal/kernel/law/labels.py",
    ROOT / "portal/kernel/outbox/channels/push.py",
    ROOT / "portal/kernel/outbox/services/messages.py",
    ROOT / "portal/kernel/people/services/customers.py",
    ROOT / "portal/kernel/people/services/invitations.py",
    ROOT / "portal/kernel/people/services/logins.py",
    ROOT / "portal/kernel/people/services/people.py",
    ROOT / "portal/kernel/registers/entries/services/message_footer.py",
    ROOT / "portal/fronts/signin/browser_devices.py",
    ROOT / "portal/kernel/registers/base/labels.py",
    ROOT / "consent/collection/services/guardian_choices.py",
    ROOT / "consent/collection/services/cookies.py",
    ROOT / "consent/collection/services/non_consent_processing.py",
    ROOT / "consent/records/services/opt_in_confirmation.py",
    ROOT / "consent/records/services/guardianship_ends.py",
    ROOT / "grievances/tickets/services/appeals.py",
    ROOT / "grievances/tickets/services/ratings.py",
    ROOT / "kyc/review/services/digilocker_fetch.py",
    ROOT / "kyc/outcomes/services/deletion_requests.py",
    ROOT / "portal/kernel/outbox/services/push_subscriptions.py",
    ROOT / "portal/kernel/people/services/account_changes.py",
    ROOT / "portal/kernel/people/services/contacts.py",
    ROOT / "portal/kernel/people/services/authority.py",
    ROOT / "portal/kernel/people/services/guardianships.py",
    ROOT / "grievances/tickets/forms/category_questions.py",
    ROOT / "grievances/tickets/forms/public.py",
    ROOT / "portal/fronts/signin/views/address_changes.py",
    ROOT / "portal/fronts/signin/views/push.py",
    ROOT / "portal/fronts/signin/post_signin.py",
]
#: Services that a customer's page calls for something without words, or whose words it replaces by its own.
SAID_TO_STAFF = {
    "grievances.requests.services.subject_identification",
    "grievances.tickets.services.deadlines",
    "kyc.review.services.document_decisions",
    "kyc.review.services.deletion_decisions",
    "kyc.review.services.underage_detections",
    "portal.kernel.people.services.freezes",
    "portal.kernel.retention.services.underage_reports",
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
        *(ROOT / "portal/fronts/selfservice").rglob("*.py"),
        *(
            ROOT / "portal/fronts/signin/views" / f"{name}.py"
            for name in ("account", "address_changes", "customers", "push")
        ),
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


#: One word for one thing (answer, privacy, document, Grievance Officer): what stood beside it is written no more.
ONE_WORD = {"hi": ("जवाब", "निजता", "कागज़", "शिकायत अधिकारी"), "mr": ("तक्रार अधिकारी",)}


@pytest.mark.parametrize("language", ["hi", "mr"])
def test_one_thing_has_one_word_in_the_catalogue(language):
    said = [text for message in catalogue(language) for text in _strings(message) if message.id]
    assert [text for text in said if any(word in text for word in ONE_WORD[language])] == []


@pytest.mark.parametrize(("language", "verb"), [("hi", "देंगे"), ("mr", "देतील")])
def test_no_verb_says_whether_the_named_officer_is_a_man_or_a_woman(language, verb):
    said = [text for message in catalogue(language) for text in _strings(message)]
    assert [text for text in said if "%(officer)s" in text and verb in text] == []


def _strings(message):
    return message.string if isinstance(message.string, tuple | list) else (message.string,)


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
