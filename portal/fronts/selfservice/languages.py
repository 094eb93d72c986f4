"""The language of a page that a letter leads to."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation


def speak_as_chosen_or(language: str, request: HttpRequest) -> None:
    """Answer in the language of the letter, unless another one was chosen in this browser.

    What a browser sends by itself is a guess: many shops set it to English for everybody. The person reads the letter.
    """
    known = dict(settings.LANGUAGES)
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in known or language not in known:
        return
    translation.activate(language)
    request.LANGUAGE_CODE = language
