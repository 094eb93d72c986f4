"""Each recipe of the guide is carried out in a copy of the tree: it names every file that it touches, and they are few.

What is new works there: the tests that the recipe says will ask are run in the copy, where they ask by themselves.
"""

from pathlib import Path

import pytest

from tests.architecture.recipes import Tree, recipe, unnamed

REGISTER = '''"""Drills: the plan for incidents, tried out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.kernel.core.data_categories import declare
from portal.kernel.core.records import Place
from portal.kernel.registers.base.models.register_entries import BookEntry, book


class Drill(BookEntry):
    """One drill that was held."""

    scenario = models.CharField(_("scenario"), max_length=300)
    drilled_on = models.DateField(_("day of the drill"))

    OWN = ("scenario", "drilled_on")
    record = book(
        name=_("Drills"),
        place=Place.tab("registers", 87),
        title=_("Propose a drill"),
        shows=("drilled_on",),
    )
    data_categories = declare(none=f"{BookEntry.DECLARED} {' '.join(OWN)}", free_text="reason")

    class Meta(BookEntry.Meta):
        verbose_name = _("drill")
        verbose_name_plural = _("drills")
'''
RULE = """[[rule]]
key = "kyc.first_look"
kind = "promise"
amount = 4
unit = "hour"
counting = "elapsed"
start_event = "uploaded"
effective_from = 2025-12-15
source = "Onesetu house rules, 15 December 2025"
note = "Somebody opens what came."

"""
CHECKS = """[documents.lease_deed]
checks = [
  { name = "file_safety", severity = "blocking" },
  { name = "expiry", severity = "blocking" },
]

"""
VIEW = '''@require_safe
def what_we_never_do(request: HttpRequest) -> HttpResponse:
    """What nobody has to fear here."""
    return _page(request, "what-we-never-do", {})


'''
TEMPLATE = """{% extends "selfservice/base.html" %}
{% load i18n %}
{% block title %}{% translate "What we never do" %}{% endblock %}
{% block before_content %}{% include "selfservice/includes/breadcrumbs.html" %}{% endblock %}
{% block content %}
  <h1>{% translate "What we never do" %}</h1>
  <p class="lead">{% translate "We never sell what you tell us" %}</p>
  {% include "selfservice/books/others.html" %}
{% endblock %}
"""
#: That it opens for anybody, in each language, from the page beside it.
PAGE_TEST = """import pytest
from django.test import Client
from django.urls import reverse


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("hi", "हम क्या कभी नहीं करते"), ("mr", "आम्ही काय कधीच करत नाही")])
def test_the_page_is_there_and_linked(language, words):
    client, page = Client(headers={"accept-language": language}), reverse("privacy:what-we-never-do")
    assert words in client.get(page).text
    assert page in client.get(reverse("privacy:measures")).text
"""
SNAPS = "tests/architecture/test_snapshots.py"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree")


def test_a_new_register_is_a_model_and_its_migration(tree: Tree) -> None:
    named, asked = recipe("A register")
    tree.write("portal/kernel/registers/entries/models/drills.py", REGISTER)
    tree.migrate("registers")
    tree.make("tests.evidence.program_tables")
    assert unnamed(tree.touched(), named) == []
    assert len(tree.touched()) == 3
    tree.insert(
        "tests/registers/entered.py",
        '    "ExternalLink": {',
        '    "Drill": {"scenario": "A stolen laptop.", "drilled_on": timedelta(days=-4)},\n',
    )
    tree.insert(
        "tests/journeys/who_may_open.py", '    "registers_training"', '    "registers_drill": OF_THE_COMPANY,\n'
    )
    assert {"tests/registers/entered.py", "tests/journeys/who_may_open.py"} <= asked
    alone = "Drill or each_book or test_inventory or test_snapshots or every_register or every_address"
    files = "registers/test_books registers/test_inventory evidence/test_forged_packs journeys/test_who_may_open_what"
    assert tree.test(SNAPS, *(f"tests/{file}.py" for file in files.split()), "-k", alone) <= asked


def test_a_new_kind_of_document_is_its_code_its_checks_its_need_and_its_words(tree: Tree) -> None:
    named, asked = recipe("A kind of document")
    tree.insert(
        "kyc/base/choices.py", "    CANCELLED_CHEQUE =", '    LEASE_DEED = "lease_deed", _("Registered lease deed")\n'
    )
    tree.insert("kyc/data/plans.toml", "[documents.tax_residency]\n", CHECKS)
    tree.insert("kyc/data/requirements.toml", 'pan = ["pan_card"]\n', 'premises = ["lease_deed"]\n')
    tree.say(Registered_lease_deed=("पंजीकृत पट्टा विलेख", "नोंदणीकृत भाडेकरार"))
    tree.migrate("kyc")
    assert unnamed(tree.touched(), named) == []
    assert len(tree.touched()) == 6
    ask = ("tests/kyc/test_plans.py", "tests/kyc/test_requirements.py", "tests/selfservice/test_translations.py")
    assert set(ask) <= asked
    assert tree.test(SNAPS, *ask) <= asked


def test_a_new_deadline_is_a_rule_its_plan_and_its_title(tree: Tree) -> None:
    named, asked = recipe("A deadline")
    tree.insert("portal/kernel/law/data/house_rules.toml", '[[rule]]\nkey = "kyc.issued_lately"', RULE)
    tree.insert("portal/kernel/law/data/clock_plans.toml", '"kyc.check"]', '"kyc.first_look", ')
    tree.insert("portal/kernel/law/data/titles.toml", '"kyc.issued_lately" =', '"kyc.first_look" = "Open a KYC file"\n')
    assert unnamed(tree.touched(), named) == []
    assert len(tree.touched()) == 3
    table = "tests/law/test_clock_plans_table.py"
    tree.insert(table, "kyc.check Tue 2026-12-01", "kyc.first_look Fri 2026-11-27, ")
    ask = (table, "tests/law/test_rules.py", "tests/law/test_words.py")
    assert set(ask) <= asked
    assert tree.test(SNAPS, *ask) <= asked


def test_a_new_page_for_customers_is_its_view_its_address_its_template_and_its_words(tree: Tree) -> None:
    named, asked = recipe("A page for customers")
    views = "portal/fronts/selfservice/views/transparency.py"
    tree.insert(views, '    (_("How we guard data")', '    (_("What we never do"), "privacy:what-we-never-do"),\n')
    tree.insert(views, "@require_safe\ndef measures", VIEW)
    tree.insert(
        "portal/fronts/selfservice/urls.py",
        '    path("measures/"',
        '    path("what-we-never-do/", transparency.what_we_never_do, name="what-we-never-do"),\n',
    )
    tree.write("templates/selfservice/books/what-we-never-do.html", TEMPLATE)
    tree.say(
        What_we_never_do=("हम क्या कभी नहीं करते", "आम्ही काय कधीच करत नाही"),
        We_never_sell_what_you_tell_us=("आप जो बताते हैं उसे हम कभी नहीं बेचते", "तुम्ही सांगता ते आम्ही कधीही विकत नाही"),
    )
    assert unnamed(tree.touched(), named) == []
    assert len(tree.touched()) == 5
    table = "tests/journeys/who_may_open.py"
    assert table in asked
    tree.insert(table, '    "privacy:measures"', '    "privacy:what-we-never-do": Page(For.ANYBODY),\n')
    (tree.root / "tests/selfservice/test_added_page.py").write_text(PAGE_TEST)
    files = "selfservice/test_added_page selfservice/test_translations journeys/test_who_may_open_what"
    alone = "test_snapshots or test_added_page or test_translations or every_address"
    assert tree.test(SNAPS, *(f"tests/{file}.py" for file in files.split()), "-k", alone) <= asked
