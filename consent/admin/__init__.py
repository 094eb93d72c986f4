from consent.admin import announcements, answers, ledger, lists, notices, publishing, sends, taking, telling

__all__ = ["announcements", "answers", "ledger", "lists", "notices", "publishing", "sends", "taking", "telling"]
