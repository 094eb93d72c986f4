from portal.vault.models.files import ShredOrder, StoredFile
from portal.vault.models.keys import SubjectKey
from portal.vault.models.marks import ErasureMark

__all__ = ["ErasureMark", "ShredOrder", "StoredFile", "SubjectKey"]
