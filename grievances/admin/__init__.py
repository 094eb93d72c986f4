"""Loads the staff's pages of every capability."""

import grievances.admin.tickets
import grievances.legacy_imports.admin
import grievances.mail.admin
import grievances.nominees.admin
import grievances.requests.admin.decisions
import grievances.requests.admin.requests
