"""The ledger's commands: what they print, and the exit codes that scripts rely on."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from portal.kernel.core.errors import NotFound, Refused
from portal.kernel.ledger import services
from portal.kernel.ledger.errors import NotSealed
from portal.kernel.ledger.models import Entry, Verification
from tests.ledger import attacks
from tests.ledger.factories import EntryFactory
from tests.ledger.test_documents import document, written
from tests.ledger.test_receipts import SIGNER

pytestmark = pytest.mark.django_db


def run(name, *args, **options):
    """Exit code and standard output of a command."""
    out = io.StringIO()
    try:
        call_command(name, *args, stdout=out, **options)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def answer(name, *args, **options):
    code, text = run(name, *args, json=True, **options)
    return code, json.loads(text)


def test_seal_ledger_tells_how_many_and_the_root():
    EntryFactory.create_batch(3)
    code, body = answer("seal_ledger")
    assert (code, body["sealed"], body["size"]) == (0, 4, 4)
    assert answer("seal_ledger")[1] == {"sealed": 0, "size": 4, "root": body["root"]}
    assert run("seal_ledger")[1].endswith("\n")


def test_ledger_info_gives_the_key_to_check_receipts_with():
    code, body = answer("ledger_info")
    assert (code, body["size"], body["anchor"], body["witnesses"]) == (0, 0, None, [])
    sealed = answer("seal_ledger")[1]
    body = answer("ledger_info")[1]
    assert body["vkey"] == services.verifier().vkey
    assert body["anchor"] == {"size": 1, "root": sealed["root"]}
    assert services.verifier().vkey in run("ledger_info")[1]


def test_verify_ledger_is_clean_and_then_is_not():
    EntryFactory.create_batch(2)
    services.seal_now()
    code, body = answer("verify_ledger")
    assert (code, body["ok"], body["size"], body["failures"], body["redacted"]) == (0, True, 3, [], 0)
    assert "Clean: 3 leaves" in run("verify_ledger")[1]
    # The pages that say when the ledger was last checked know of both clean runs, and of no other.
    assert [(row.scope, row.size, row.ok) for row in Verification.objects.all()] == [("all", 3, True)] * 2
    attacks.execute(
        "UPDATE ledger_payload SET body = %s WHERE entry_id = (SELECT min(entry_id) FROM ledger_payload)", b"{}"
    )
    code, body = answer("verify_ledger")
    assert (code, body["ok"]) == (1, False)
    assert [failure["check"] for failure in body["failures"]] == ["V2"]
    code, text = run("verify_ledger")
    assert code == 1
    assert text.splitlines()[-1].startswith("NOT clean: V2")
    assert Verification.objects.count() == 2


def test_verify_ledger_compares_with_an_anchor_and_receipts_kept_elsewhere(tmp_path, anchor_of_its_own):
    EntryFactory()
    services.seal_now()
    copy = tmp_path / "copy.json"
    copy.write_text(anchor_of_its_own.read_text())
    receipt = tmp_path / "mine.tlog-proof"
    run("receipt", "latest", out=receipt)
    code, body = answer("verify_ledger", anchor=copy, receipt=[receipt])
    assert (code, body["anchor"]["size"]) == (0, 2)
    with pytest.raises(CommandError, match="no anchor file") as caught:
        run("verify_ledger", anchor=tmp_path / "nowhere.json")
    assert caught.value.returncode == 2


def test_a_receipt_is_written_and_checked_without_the_database(tmp_path, django_assert_num_queries):
    entry = EntryFactory()
    services.seal_now()
    path = tmp_path / "mine.tlog-proof"
    code, body = answer("receipt", str(entry.event_id), out=path)
    assert (code, body["index"], body["bytes"]) == (0, 1, path.stat().st_size)
    with django_assert_num_queries(0):
        code, body = answer("verify_receipt", path, vkey=services.verifier().vkey)
    assert (code, body["ok"], body["index"], body["size"]) == (0, True, 1, 2)
    assert body["origin"] == services.verifier().name
    assert body["payload"]["event_id"] == str(entry.event_id)
    assert body["reason"] is None


def test_a_receipt_without_key_exits_3_and_a_bent_one_exits_1(tmp_path):
    EntryFactory()
    services.seal_now()
    path = tmp_path / "mine.tlog-proof"
    run("receipt", "latest", out=path)
    code, body = answer("verify_receipt", path)
    assert (code, body["ok"], body["reason"]) == (3, False, "consistent, not authenticated")
    assert "not authenticated" in run("verify_receipt", path)[1]
    path.write_bytes(path.read_bytes().replace(b"index 1", b"index 0"))
    for vkey in (None, services.verifier().vkey):
        code, body = answer("verify_receipt", path, vkey=vkey)
        assert (code, body["ok"]) == (1, False)
        assert body["reason"]


def test_the_json_form_is_checked_word_by_word(tmp_path):
    path, key = tmp_path / "mine.json", SIGNER.verifier.vkey
    path.write_bytes(written(document()))
    code, body = answer("verify_receipt", path, vkey=key)
    assert (code, body["ok"], body["unproved"]) == (0, True, ["status", "ledger.witnesses"])
    assert "proved by nothing: status, ledger.witnesses" in run("verify_receipt", path, vkey=key)[1]
    path.write_bytes(written({**document(), "record": {**document()["record"], "event": "given"}}))
    code, text = run("verify_receipt", path, vkey=key)
    assert code == 1
    assert text.startswith("Refused: The readable part of this file is not what is proved: record.event.")
    assert "Give the .tlog-proof file." in text


def test_a_damaged_key_is_a_usage_error(tmp_path):
    path = tmp_path / "mine.tlog-proof"
    path.write_text("x")
    with pytest.raises(CommandError, match="--vkey") as caught:
        run("verify_receipt", path, vkey="nonsense")
    assert caught.value.returncode == 2


def test_a_receipt_of_nothing_of_a_waiting_and_of_an_erased_entry(tmp_path):
    out = tmp_path / "x.tlog-proof"
    unknown = (
        "latest",
        "no-uuid",
        "123e4567-e89b-12d3-a456-426614174000",
        "OS-CR-7K4M-9QX2-C3TN",
        "os-gr-7k4m-9qx2",
        "OS-",
    )
    for event_id in unknown:
        with pytest.raises(NotFound):
            run("receipt", event_id, out=out)
    entry = EntryFactory()
    with pytest.raises(NotSealed):
        run("receipt", str(entry.event_id), out=out)
    services.seal_now()
    services.redact([Entry.objects.get(pk=entry.pk)], basis="test", requested_at=entry.recorded_at)
    with pytest.raises(Refused, match="erased"):
        run("receipt", str(entry.event_id), out=out)
    assert not out.exists()
