import json
from io import StringIO

import pytest
from django.core.management import call_command

from portal.kernel.outbox.channels.protocol import Outgoing, PermanentFailure
from tests.outbox.factories import Gate, RecordingChannel, posted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("notice")]


def refuse(outgoing: Outgoing) -> None:
    raise PermanentFailure("SMTP_550")


def test_the_command_sends_what_is_due_and_counts_it(gate: Gate, channel: RecordingChannel) -> None:
    posted()
    posted()
    out = StringIO()
    call_command("deliver_outbox", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"sent": 2, "not_sent": 0, "recovered": 0, "dead": 0}
    assert len(channel.taken) == 2


def test_the_command_says_no_when_a_message_needs_a_decision(gate: Gate, channel: RecordingChannel) -> None:
    channel.behaviour = refuse
    posted()
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("deliver_outbox", stdout=out)
    assert ended.value.code == 1
    assert out.getvalue() == "0 sent, 1 not sent, 0 recovered, 1 need a decision.\n"
