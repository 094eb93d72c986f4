import pytest
from django.db import DatabaseError
from django.test import Client

from portal.kernel.core import ports, readiness


def test_a_living_process_says_ok_without_a_database():
    assert Client().get("/healthz").content == b"ok\n"


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_ready_portal_names_its_parts():
    body = Client().get("/readyz").json()
    assert body["parts"]["database.default"]["ok"]
    assert body["parts"]["frozen.default"]["ok"]


@pytest.mark.django_db(databases=["default", "keys"])
def test_what_no_node_can_mend_keeps_no_node_from_its_requests(monkeypatch):
    """A sealer that was late took every node out of service at once, and with them the pages that need none."""
    late = [("ledger", lambda: ("ledger", False, "sealing is late"))]
    monkeypatch.setattr(ports.readiness, "_items", late)
    monkeypatch.setattr(readiness, "_broker", lambda: ("broker", False, "ConnectionError"))
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert not {"ledger", "broker"} & set(answer.json()["parts"])
    assert {name for name, ok, _detail in readiness.parts() if not ok} == {"ledger", "broker"}


@pytest.mark.django_db(databases=["default", "keys"])
def test_parts_that_cannot_be_asked_are_named_each_by_itself(monkeypatch):
    """Their functions share a name: one that broke hid the others, and alerts knew it by a name that it never has else."""
    names = ["ledger", "outbox", "signers", "witnesses"]
    assert sorted(name for name, _part in ports.readiness) == names

    def breaks():
        raise DatabaseError("row of Asha is locked")

    monkeypatch.setattr(
        ports.readiness, "_items", [(name, breaks) for name in names[:3]] + [("witnesses", lambda: 1 / 0)]
    )
    told = {name: detail for name, ok, detail in readiness.parts() if not ok}
    assert told == {**dict.fromkeys(names[:3], "DatabaseError"), "witnesses": "ZeroDivisionError"}


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_table_that_lost_its_guard_takes_its_node_out_of_service(monkeypatch):
    monkeypatch.setattr(readiness.append_only, "unfrozen", lambda connection: ["ledger_entry"])
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["frozen.default"] == {"ok": False, "detail": "1 tables can be changed"}


@pytest.mark.django_db(databases=["default", "keys"])
def test_a_database_that_does_not_answer_is_named_by_its_fault_only(monkeypatch):
    def down(connection):
        raise DatabaseError("password of user portal is wrong")

    monkeypatch.setattr(readiness.append_only, "unfrozen", down)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "password" not in answer.text
