import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from portal.kernel.core import enqueue as enqueue_module
from portal.kernel.core.enqueue import enqueue, leaving_out


@pytest.fixture
def sent(monkeypatch):
    tasks = []

    class Signature:
        def __init__(self, name, args):
            self.call = (name, *args)

        def apply_async(self):
            tasks.append(self.call)

    monkeypatch.setattr(enqueue_module.current_app, "signature", Signature)
    return tasks


@pytest.mark.django_db(transaction=True)
def test_a_task_is_sent_only_after_the_commit(sent):
    with transaction.atomic():
        enqueue("kyc.tasks.run_plan", 7)
        assert sent == []
    assert sent == [("kyc.tasks.run_plan", 7)]


@pytest.mark.django_db(transaction=True)
def test_no_task_is_sent_for_a_write_that_was_rolled_back(sent):
    with transaction.atomic():
        enqueue("kyc.tasks.run_plan", 7)
        transaction.set_rollback(True)
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_an_unreachable_broker_does_not_undo_what_was_committed(monkeypatch):
    def unreachable(name, args):
        raise OperationalError("no route")

    monkeypatch.setattr(enqueue_module.current_app, "signature", unreachable)
    with transaction.atomic():
        enqueue("kyc.tasks.run_plan", 7)


@pytest.mark.django_db(transaction=True)
def test_a_block_that_does_the_work_itself_sends_no_task_for_it(sent):
    with leaving_out("room.tasks.done_here"), transaction.atomic():
        enqueue("room.tasks.done_here", 1)
        enqueue("room.tasks.other", 2)
    enqueue("room.tasks.done_here", 3)
    assert sent == [("room.tasks.other", 2), ("room.tasks.done_here", 3)]
