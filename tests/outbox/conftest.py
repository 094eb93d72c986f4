from collections.abc import Iterator

import pytest

from tests.outbox.factories import Gate, RecordingChannel, answering_gate, use_channel, use_template


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with answering_gate(monkeypatch) as answering:
        yield answering


@pytest.fixture
def notice(monkeypatch: pytest.MonkeyPatch) -> None:
    use_template(monkeypatch)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> RecordingChannel:
    """E-mail, as far as keys go: the channel takes none."""
    return use_channel(monkeypatch, RecordingChannel())


@pytest.fixture
def keyed_channel(monkeypatch: pytest.MonkeyPatch) -> RecordingChannel:
    return use_channel(monkeypatch, RecordingChannel(takes_idempotency_key=True))
