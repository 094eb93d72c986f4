import gc

from portal.kernel.core import apps


def test_the_collector_leaves_alone_what_the_imports_made_and_looks_less_often():
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == apps.LOOK_AFTER
