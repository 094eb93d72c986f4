"""Addresses of staff that take more than a file: registered in ``ports.larger_requests``."""

from typing import Final

IMPORT: Final = "/admin/jobs/listimport/add/"
#: The largest CSV file (``portal.kernel.jobs.services.imports.file_reader.MOST_BYTES``), and what a form puts around it.
LARGEST_IMPORT: Final = 61 * 1024 * 1024
