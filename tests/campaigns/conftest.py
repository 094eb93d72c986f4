"""The desk of KYC without its child, as the tests of that room have it."""

from tests.kyc.conftest import house, individual, same_process

__all__ = ["house", "individual", "same_process"]
