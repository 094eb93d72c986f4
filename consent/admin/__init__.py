from consent.admin import ledger, notices, publishing

__all__ = ["ledger", "notices", "publishing"]
