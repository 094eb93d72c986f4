from consent.admin import answers, ledger, lists, notices, publishing, taking

__all__ = ["answers", "ledger", "lists", "notices", "publishing", "taking"]
