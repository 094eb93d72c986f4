"""KYC archives of an old system."""
