"""A new channel of messages touches at most six files: it is added to a copy of the tree, and works there."""

from pathlib import Path

from tests.architecture.recipes import Tree, recipe, unnamed

CODE, LABEL = "whatsapp_calling", "WhatsApp Business Calling"
MOST_FILES = 6
DESCRIPTION = f"""    "{CODE}": ChannelDescription(
        reaches=PHONE, fallback=65, senders=("whatsapp_number",), reply="voice", answered_on="whatsapp", by_gateway=True
    ),
"""
#: What must hold of a channel that nobody has written a line of code for.
TEST = f"""
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from consent.base.rules.contact import Reason
from consent.decisions.services.contact_decisions import may_contact
from portal.channel_adapters import adapters
from portal.kernel.core import clock
from portal.kernel.law.choices import Channel
from portal.kernel.outbox.choices import SHORT, WITHOUT_ADDRESS
from portal.kernel.people.selectors import CONTACT_KIND_OF_CHANNEL
from portal.kernel.registers.base.choices import SENDERS_OF_CHANNEL, SenderKind
from tests.consent.factories import ASHA_PHONE, law_is_loaded, person, published_notice, said

NEW = Channel("{CODE}")
NOON = datetime(2027, 2, 3, 12, tzinfo=clock.IST)


def asked():
    return may_contact(address=ASHA_PHONE, purpose="marketing", channel=NEW, at=clock.now()).reason


@pytest.mark.django_db
def test_no_table_changes():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    call_command("check", verbosity=0)


def test_every_room_knows_it():
    assert CONTACT_KIND_OF_CHANNEL[NEW] == "phone"
    assert SENDERS_OF_CHANNEL[NEW] == (SenderKind.WHATSAPP_NUMBER,)
    assert NEW not in WITHOUT_ADDRESS | SHORT
    assert adapters(carried=[NEW], push=False, demo=False)[NEW].endswith("GatewayChannel")
    with translation.override("hi"):
        assert "कॉलिंग" in str(NEW.label)


@pytest.mark.django_db
def test_a_consent_on_it_is_recorded_and_decides_until_it_is_withdrawn():
    law_is_loaded()
    with time_machine.travel(NOON):
        published_notice()
        asha = person()
        assert asked() is Reason.NO_CONSENT
        said(asha, "given", channel=NEW, occurred_at=clock.now() - timedelta(minutes=9))
        assert asked() is not Reason.NO_CONSENT
        said(asha, "withdrawn", channel=NEW)
        assert asked() is Reason.CONSENT_WITHDRAWN
"""


def test_a_new_channel_touches_at_most_six_files_and_no_line_of_code(tmp_path: Path) -> None:
    named, asked = recipe("A message channel")
    tree = Tree(tmp_path / "tree")
    tree.insert("portal/kernel/law/channels.py", '    "push": ChannelDescription', DESCRIPTION)
    tree.insert("portal/kernel/law/choices.py", '    PUSH = "push"', f'    WHATSAPP_CALLING = "{CODE}", _("{LABEL}")\n')
    tree.insert("portal/kernel/law/data/purposes.toml", '"push"', f'"{CODE}", ', times=-1)
    tree.say(WhatsApp_Business_Calling=("WhatsApp बिज़नेस कॉलिंग", "WhatsApp बिझनेस कॉलिंग"))
    assert unnamed(tree.touched(), named) == []
    assert len(tree.touched()) <= MOST_FILES
    (tree.root / "tests/law/test_added_channel.py").write_text(TEST)
    described, added = "tests/law/test_channels.py", "tests/law/test_added_channel.py"
    assert described in asked
    assert tree.test(added, described, "-k", "test_added_channel or described or same_place") <= asked
