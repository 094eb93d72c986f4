"""What every adapter does, and what may come of asking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from kyc.cases.providers.responses import Answer


@dataclass(frozen=True)
class Question:
    """``reference`` is the same for every attempt: a provider that knows it does a thing once. ``values`` are personal data."""

    reference: str
    values: Mapping[str, str] = field(repr=False)

    def value(self, kind: str) -> str:
        return self.values.get(kind, "")


@dataclass(frozen=True)
class Waiting:
    """Taken; the answer comes later. ``provider_reference`` is the provider's own opaque name for it."""

    provider_reference: str


class Unanswered(Exception):
    """No answer that could be read. ``code`` is a word for the record and never a text of the other side.

    ``is_final``: asking the same again gives the same. ``retry_after`` is how long the provider asked us to wait.
    """

    def __init__(self, code: str, *, is_final: bool = False, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.is_final = is_final
        self.retry_after = retry_after


@dataclass(frozen=True)
class Told:
    """What a provider told by itself about an earlier question, by our reference where it has one."""

    reference: str
    provider_reference: str
    outcome: Answer | Waiting | Unanswered


class Provider(Protocol):
    """One outside source. ``recipient`` is who gets the data, as the book of disclosures names it."""

    @property
    def recipient(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Kinds of values that a question must have."""
        ...

    @property
    def takes(self) -> tuple[str, ...]:
        """Kinds that go along where they are known."""
        ...

    def ask(self, question: Question) -> Answer | Waiting:
        """Ask once, without a transaction open. Raises Unanswered."""
        ...

    def ask_again(self, provider_reference: str) -> Answer | Waiting:
        """What has become of a question that was taken. Raises Unanswered."""
        ...

    def read_message(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Told:
        """A message of the provider's own. Raises BadSignature, Unanswered for one that nobody can read."""
        ...
