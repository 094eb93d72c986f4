"""The page on which a new version comes in: three ways make one draft, splits are mended, nothing that was entered is lost."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from consent.base.choices import VersionState
from consent.base.rules import policy_parser
from consent.base.selectors.notices import clauses_of, standing_defects
from consent.models import Notice, NoticeVersion
from consent.notices.services import policy_files
from portal.kernel.audit.kinds import AuditKind
from portal.kernel.audit.models import AuditEvent
from portal.kernel.core import clock
from tests.consent.documents import FORMS
from tests.consent.factories import law_is_loaded
from tests.consent.test_publishing import CLEAN, draft
from tests.people.factories import StaffFactory
from tests.signin.people_who_sign_in import staff_client

pytestmark = pytest.mark.django_db

ADD = reverse("admin:consent_noticeversion_add")
SEED = (settings.BASE_DIR / "portal/demo/data/policy.en.txt").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _law(db):
    law_is_loaded()


@pytest.fixture
def officer():
    return staff_client(StaffFactory(roles=["data_protection_officer"]))


def day(days=30):
    return clock.day(clock.now()) + timedelta(days=days)


def entered(**more):
    """As the page posts it for the policy; a first version where none is here."""
    return {
        "way": "paste",
        "text": "",
        "notice": "privacy-policy" if Notice.objects.exists() else "+",
        "title": "Privacy policy",
        "kind": "privacy_policy",
        "effective_on": day().isoformat(),
        **more,
    }


def in_force(text):
    version = draft(text, on=day(-30))
    NoticeVersion.objects.filter(pk=version.pk).update(state=VersionState.PUBLISHED, published_at=clock.now())
    return version


def made(version):
    return (
        version.binding.text,
        version.binding.sha256,
        clauses_of(version.binding),
        sorted((d.code, d.clause, d.message) for d in standing_defects(version)),
    )


def test_upload_paste_copy_and_the_command_make_the_same_draft_of_the_policy_of_the_company(officer, tmp_path):
    in_force(policy_files.neat(SEED))
    ways = [
        {"way": "paste", "text": SEED.replace("\n", "\r\n")},
        {"way": "copy"},
        *(
            {"way": "upload", "file": SimpleUploadedFile(f"policy.{form}", FORMS[form](policy_files.neat(SEED)))}
            for form in FORMS
        ),
    ]
    for place, way in enumerate(ways):
        on = day(30 + place).isoformat()
        answer = officer.post(ADD, entered(save="1", effective_on=on, **way))
        assert answer.status_code == 302, way
    path = tmp_path / "policy.txt"
    path.write_text(SEED, encoding="utf-8")
    call_command("import_policy", path, "--effective", day(60).isoformat())
    drafts = [made(version) for version in NoticeVersion.objects.filter(state="draft")]
    assert len(drafts) == len(ways) + 1
    assert all(one == drafts[0] for one in drafts)
    assert AuditEvent.objects.filter(kind=AuditKind.NOTICES_POLICY_IMPORTED).count() == len(ways) + 2


def test_the_split_of_a_file_is_shown_and_nothing_is_kept_yet(officer):
    file = SimpleUploadedFile("policy.docx", FORMS["docx"](CLEAN))
    answer = officer.post(ADD, entered(way="upload", file=file, show="1"))
    assert answer.status_code == 200
    shown = [(part.number, part.title) for part in answer.context["parts"]]
    assert shown == [(clause.number, clause.title) for clause in policy_parser.parse(CLEAN)]
    assert not NoticeVersion.objects.exists()
    form = answer.context["form"]
    assert (form["way"].value(), form["text"].value()) == ("paste", policy_files.neat(CLEAN))
    again = {name: form[name].value() for name in ("way", "text", "notice", "title", "kind", "effective_on")}
    assert officer.post(ADD, {**again, "save": "1"}).status_code == 302
    assert clauses_of(NoticeVersion.objects.get().binding)


def test_wrong_splits_are_mended_by_joining_and_splitting(officer):
    text = "1. One\n\nFirst:\n\n1. a list\n\nRights\n\nAll of them.\n"
    answer = officer.post(ADD, entered(text=text, join="2"))
    mended = answer.context["form"]["text"].value()
    assert mended == "1. One\n\nFirst: 1 a list\n\nRights\n\nAll of them.\n"
    assert '<h3 tabindex="-1" autofocus>1 One</h3>' in answer.text
    answer = officer.post(ADD, entered(text=mended, split="1:3"))
    assert [(p.number, p.title) for p in answer.context["parts"]] == [("1", "One"), ("2", "Rights")]
    refused = officer.post(ADD, entered(text=text, join="1"))
    assert refused.status_code == 422
    assert "nothing above 1 to join it with" in refused.text
    assert refused.context["form"]["text"].value() == text


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"effective_on": ""}, "effective_on", "required"),
        ({"effective_on": "soon"}, "effective_on", "DD-MM-YYYY"),
        ({"title": ""}, "title", "A new text needs this"),
        ({"title": "नीति"}, "title", "Give the title in English"),
        ({"kind": "consent_notice"}, "purposes", "Tick what the consent notice asks for"),
        ({"purposes": ["nonsense"]}, "purposes", "not one of the available choices"),
        ({"way": "upload"}, "file", "Choose a file"),
        ({"way": "copy"}, "notice", "nothing to copy"),
        ({"text": ""}, "text", "no words"),
        ({"text": "Ask 2345 6789 0124."}, "text", "Aadhaar number"),
    ],
)
def test_bad_input_says_what_to_do_and_keeps_everything_that_was_typed(officer, wrong, field, words):
    sent = entered(text="1. Scope\n\nA text that nobody types twice.\n", save="1")
    answer = officer.post(ADD, {**sent, **wrong})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.text
    assert "<title>Error:" in answer.text
    for name in ("title", "kind", "effective_on", "text"):
        assert answer.context["form"][name].value() == {**sent, **wrong}[name]
    assert not NoticeVersion.objects.exists()
    assert not Notice.objects.exists()


def test_words_of_a_file_stay_where_something_else_is_wrong(officer):
    file = SimpleUploadedFile("policy.md", b"# 1. Scope\n\nAll.\n")
    answer = officer.post(ADD, entered(way="upload", file=file, effective_on="", save="1"))
    assert answer.status_code == 422
    assert answer.context["form"]["text"].value() == "1. Scope\n\nAll.\n"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("policy.pdf", b"%PDF", "ends in .txt"),
        ("policy.docx", b"PK", "cannot be read"),
        ("policy.txt", b"PAN: ABCPE1234F", "Aadhaar number, a PAN"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_beside_its_field(officer, name, data, words):
    answer = officer.post(ADD, entered(way="upload", file=SimpleUploadedFile(name, data), save="1"))
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["file"])
    assert not NoticeVersion.objects.exists()


def test_a_day_that_has_passed_is_refused_beside_its_field(officer):
    in_force(CLEAN)
    answer = officer.post(ADD, entered(text=CLEAN, effective_on=day(-1).isoformat(), save="1"))
    assert answer.status_code == 422
    assert "that day has passed" in str(answer.context["form"].errors["effective_on"])
    assert NoticeVersion.objects.count() == 1


def test_a_second_press_of_save_makes_no_second_draft(officer):
    for _time in range(2):
        answer = officer.post(ADD, entered(text=CLEAN, notice="+", save="1"))
        assert answer.status_code == 302
    assert NoticeVersion.objects.count() == 1
    other = officer.post(ADD, entered(text=CLEAN + "\nMore.\n", notice="+", save="1"))
    assert "There is a text with this title already" in str(other.context["form"].errors["title"])


def test_a_consent_notice_is_drafted_with_what_it_asks_for(officer):
    sent = entered(text=CLEAN, notice="+", title="Offers", kind="consent_notice", purposes=["marketing"], save="1")
    assert officer.post(ADD, sent).status_code == 302
    version = NoticeVersion.objects.get()
    assert (version.notice.code, version.notice.kind, version.purposes) == ("offers", "consent_notice", ["marketing"])


def test_a_text_that_is_gone_is_named(officer):
    answer = officer.post(ADD, entered(text=CLEAN, notice="gone", save="1"))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["notice"]


@pytest.mark.parametrize("role", ["administrator", "support", "auditor"])
def test_only_who_may_import_brings_a_version_in(role, officer):
    other = staff_client(StaffFactory(roles=[role]))
    assert other.get(ADD).status_code == 403
    assert other.post(ADD, entered(text=CLEAN, save="1")).status_code == 403
    assert officer.get(ADD).status_code == 200
    assert not NoticeVersion.objects.exists()
