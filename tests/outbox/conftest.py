from collections.abc import Iterator

import pytest

from tests.outbox.factories import Gate, RecordingChannel, add_purposes, answering_gate, use_channel, use_template


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with answering_gate(monkeypatch) as answering:
        yield answering


@pytest.fixture
def notice(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind ``tests.notice`` can be posted, for the purposes ``support`` and ``marketing``."""
    add_purposes()
    use_template(monkeypatch)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> RecordingChannel:
    """E-mail, as far as keys go: the channel takes none."""
    return use_channel(monkeypatch, RecordingChannel())


@pytest.fixture
def keyed_channel(monkeypatch: pytest.MonkeyPatch) -> RecordingChannel:
    return use_channel(monkeypatch, RecordingChannel(takes_idempotency_key=True))
