"""Models, choices and permissions of KYC that several capabilities point to."""
