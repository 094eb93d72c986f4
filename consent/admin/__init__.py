from consent.admin import ledger, lists, notices, publishing, taking

__all__ = ["ledger", "lists", "notices", "publishing", "taking"]
