"""Files and texts of strangers, broken at random, against every reader that the portal has for them.

``python -m tests.fuzzing --seconds 600``: each reader for so long, in a process of its own; ``--write`` puts the table into
``portal/docs/campaigns.md``. ``tests/test_fuzzing.py`` runs a few inputs of each in the quick run.
"""
