from consent.admin import ledger, notices

__all__ = ["ledger", "notices"]
