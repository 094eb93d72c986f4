"""What staff read of a letter: every word of it but those with which they could act as the person."""

import re
from uuid import uuid4

import pytest
from django.conf import settings

from portal.kernel.core import answers
from portal.kernel.law.choices import Channel
from portal.kernel.outbox import templates
from portal.kernel.outbox.services import message_content, post, post_webhook
from tests.outbox.factories import add_purposes

pytestmark = pytest.mark.django_db
TEMPLATES = [
    tuple(path.name.removesuffix(".txt").rsplit(".", 1))
    for path in sorted((settings.BASE_DIR / "templates" / "messages").glob("*.txt"))
]
KINDS = sorted({kind for kind, _language in TEMPLATES})
VALUE = re.compile(r"\{\{ (\w+) \}\}")
#: A value with such a name opens something, unless it stands here with what it is instead.
TELLING = re.compile("code|key|link|token|secret|password|pin")
OPENS_NOTHING = {
    "signin.factor_added": {"link"},  # the page of one's own sessions, behind the sign-in; the same below
    "signin.factor_removed": {"link"},
    "signin.company_bound": {"link"},
    "signin.company_released": {"link"},
    "signin.passkey_added": {"link"},
    "signin.passkey_removed": {"link"},
    "signin.password_changed": {"link"},
    "signin.recovery_codes_made": {"link"},
    "signin.new_device": {"link"},
    "signin.factor_reset": {"link"},  # the front page of the workplace, behind the sign-in
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_which_values_open_something_and_says_it_in_every_language(kind: str) -> None:
    letters = [templates.load(kind, language) for name, language in TEMPLATES if name == kind]
    for letter in letters:
        values = set(VALUE.findall(letter.subject + letter.body))
        assert letter.opens <= values, f"{letter.language} names a value that it does not show"
        telling = {name for name in values if TELLING.search(name)}
        assert telling == letter.opens | OPENS_NOTHING.get(kind, set()), letter.language
        assert not letter.opens & set(VALUE.findall(letter.subject)), "a subject shows on a locked screen"
    assert {letter.opens for letter in letters} == {letters[0].opens}


def test_nothing_that_staff_read_of_any_kind_opens_anything() -> None:
    add_purposes()
    for kind, language in TEMPLATES:
        template = templates.load(kind, language)
        values = {name: f"{name}-{uuid4().hex}" for name in VALUE.findall(template.source)}
        message = post(
            kind=kind,
            subject_ref=uuid4(),
            channel=Channel.EMAIL,
            address="asha@example.com",
            language=language,
            purpose="marketing",  # carries the one-click link as well
            about="tests.thing:1",
            context=values,
        )
        whole, shown = message_content.text_of(message), message_content.text_of(message).without_keys()
        one_click = answers.one_click_url.ask(reference=message.reference, category="promotional")
        assert one_click in whole.body
        assert one_click not in shown.body
        for name, value in values.items():
            assert (value in shown.subject + shown.body) is (name not in template.opens), (kind, language, name)
        assert shown.variables == {}
        assert shown.body.count(message_content.DOTS) > len(template.opens)
        assert message.only_here is bool(template.opens)


def test_what_another_system_was_told_is_read_as_it_was_told() -> None:
    message = post_webhook(
        kind="consent.withdrawn",
        subject_ref=uuid4(),
        url="https://system.example/hooks",
        purpose="marketing",
        about="tests.thing:1",
        data={"reference": "OS-1"},
    )
    assert message_content.text_of(message).without_keys().body == message_content.text_of(message).body
