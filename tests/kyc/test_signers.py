from datetime import UTC, datetime

from kyc import signers
from kyc.signatures.reading import KINDS


def test_what_ships_is_what_its_row_says():
    found = signers.shipped()
    assert len({one.key.sha256 for one in found}) == len(found) == 4
    assert all(one.key.kinds <= set(KINDS) and one.source and one.confidence in {"R", "U"} for one in found)
    assert all("NIQUE IDENTIFICATION" in one.key.certificate.subject.rfc4514_string().upper() for one in found)


def test_a_certificate_of_uidai_is_valid_today_for_aadhaar():
    at = datetime(2026, 11, 25, tzinfo=UTC)
    assert [one.key.sha256[:8] for one in signers.shipped() if one.key.was_valid(at)] == ["e0304b9e"]
