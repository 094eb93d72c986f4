"""The books of the company."""

from portal.registers.models.company import CompanyDetails
from portal.registers.models.officers import Officer

__all__ = ["CompanyDetails", "Officer"]
