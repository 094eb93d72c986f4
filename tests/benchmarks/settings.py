"""What the rows are measured with: the tests' settings, but a commit waits for the disk as it does in real use.

The log of answers is held for its second, and an API key may ask often.
"""

from portal.settings import SQLITE_OPTIONS
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

for _database in DATABASES.values():
    if _database["ENGINE"].endswith("sqlite3"):
        _database["OPTIONS"] = SQLITE_OPTIONS
    else:
        _database["OPTIONS"] = {name: value for name, value in _database["OPTIONS"].items() if name != "options"}

DECISION_LOG_SECONDS = 1
API_REQUESTS_PER_MINUTE = 200_000
