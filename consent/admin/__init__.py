from consent.admin import ledger, notices, publishing, taking

__all__ = ["ledger", "notices", "publishing", "taking"]
