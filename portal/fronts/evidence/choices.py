from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Method(TextChoices):
    """How a sample is drawn: the words of ``sampling``, which is plain Python."""

    RANDOM = "random", _("at random")
    EVERY = "every", _("each k-th")
    FIRST = "first", _("highest risk first")


class Judgement(TextChoices):
    """What a person attests of a promise."""

    KEPT = "kept", _("Kept")
    NOT_KEPT = "not_kept", _("Not kept")


class RequestState(TextChoices):
    """Where an auditor's request for information stands."""

    ASKED = "asked", _("Waits for an answer")
    ANSWERED = "answered", _("Answered: the auditor reviews it")
    FLAGGED = "flagged", _("Sent back: the answer does not do")
    ACCEPTED = "accepted", _("Accepted")


#: Which state follows which.
MOVES: dict[str, set[str]] = {
    RequestState.ASKED: {RequestState.ANSWERED},
    RequestState.ANSWERED: {RequestState.ACCEPTED, RequestState.FLAGGED},
    RequestState.FLAGGED: {RequestState.ANSWERED},
}
#: Staff owe an answer.
OWED = (RequestState.ASKED, RequestState.FLAGGED)
