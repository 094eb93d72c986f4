from portal.kernel.vault.models.erasure_log import ErasureMark
from portal.kernel.vault.models.files import ShredOrder, StoredFile
from portal.kernel.vault.models.keys import SubjectKey

__all__ = ["ErasureMark", "ShredOrder", "StoredFile", "SubjectKey"]
