from portal.vault.models.files import ShredOrder, StoredFile
from portal.vault.models.keys import SubjectKey

__all__ = ["ShredOrder", "StoredFile", "SubjectKey"]
