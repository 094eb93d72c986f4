from consent.admin import answers, ledger, lists, notices, publishing, sends, taking

__all__ = ["answers", "ledger", "lists", "notices", "publishing", "sends", "taking"]
