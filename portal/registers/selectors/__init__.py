"""What the books say on a day."""

from portal.registers.selectors.books import company_details, current_officer

__all__ = ["company_details", "current_officer"]
