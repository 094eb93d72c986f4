"""A new channel of messages touches at most six files: it is added to a copy of the tree, and works there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "var", "node_modules", "__pycache__", ".*_cache", ".hypothesis")
CODE, LABEL = "whatsapp_calling", "WhatsApp Business Calling"
MOST_FILES = 6
DESCRIPTION = f"""    "{CODE}": ChannelDescription(
        reaches=PHONE, fallback=65, senders=("whatsapp_number",), reply="voice", answered_on="whatsapp", by_gateway=True
    ),
"""
#: What the recipe of ``portal/docs/architecture.md`` names: the text before which, or instead of which, something is written.
CHANGES = (
    ("portal/kernel/law/channels.py", '    "push": ChannelDescription', DESCRIPTION + '    "push": ChannelDescription'),
    (
        "portal/kernel/law/choices.py",
        '    PUSH = "push"',
        f'    WHATSAPP_CALLING = "{CODE}", _("{LABEL}")\n    PUSH = "push"',
    ),
    ("portal/kernel/law/data/purposes.toml", '"voice", "push"', f'"voice", "{CODE}", "push"'),
    ("portal/locale/hi/LC_MESSAGES/django.po", None, f'\nmsgid "{LABEL}"\nmsgstr "WhatsApp बिज़नेस कॉलिंग"\n'),
    ("portal/locale/mr/LC_MESSAGES/django.po", None, f'\nmsgid "{LABEL}"\nmsgstr "WhatsApp बिझनेस कॉलिंग"\n'),
)
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


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(ROOT, tmp_path / "tree", ignore=LEFT_OUT, symlinks=True))
    for name, before, text in CHANGES:
        path = copy / name
        old = path.read_text()
        assert before is None or before in old, f"{name}: the recipe is not true any more"
        path.write_text(old + text if before is None else old.replace(before, text))
    return copy


def test_a_new_channel_touches_at_most_six_files_and_no_line_of_code(tree: Path) -> None:
    assert len({name for name, _before, _text in CHANGES}) <= MOST_FILES
    (tree / "tests/law/test_added_channel.py").write_text(TEST)
    for po in tree.glob("portal/locale/*/LC_MESSAGES/django.po"):
        compiled = [sys.executable, "-m", "babel.messages.frontend", "compile", "--use-fuzzy"]
        subprocess.run([*compiled, "-i", str(po), "-o", str(po.with_suffix(".mo"))], check=True, capture_output=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/law/test_added_channel.py"]
    ended = subprocess.run(command, cwd=tree, env=_environment(), check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-4_000:]
    described = [*command[:-1], "tests/law/test_channels.py", "-k", "described or same_place"]
    assert subprocess.run(described, cwd=tree, env=_environment(), check=False, capture_output=True).returncode == 0


def _environment() -> dict[str, str]:
    """That of a run of its own, not of the test process that starts it."""
    of_this_process = {"DJANGO_SETTINGS_MODULE", "PORTAL_VAR", "TEST_PROCESS", "PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"}
    return {name: value for name, value in os.environ.items() if name not in of_this_process}


def test_the_recipe_names_the_files_that_are_touched() -> None:
    guide = (ROOT / "portal/docs/architecture.md").read_text()
    recipe = re.search(r"\*\*A message channel\.\*\*.*", guide)
    assert recipe is not None
    named = set(re.findall(r"`([\w/.]+)`", recipe[0]))
    assert {name for name, _before, _text in CHANGES} <= named
