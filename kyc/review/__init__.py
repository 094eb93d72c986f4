"""The review desk: upload, checks, proposals and decisions, appeals, minors, Re-KYC."""
