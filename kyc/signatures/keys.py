"""Pinned keys: certificates that we trust one by one, by fingerprint. No chain is built and nothing is fetched."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from kyc.signatures.result import Signature

#: Trusted for every kind of document: keys of one call of the command line.
ANY = "*"


@dataclass(frozen=True)
class Key:
    """One pinned certificate, as DER, and the kinds of document it may sign."""

    der: bytes
    kinds: frozenset[str]

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    def was_valid(self, at: datetime) -> bool:
        """Whether the certificate was valid at this instant."""
        return self.certificate.not_valid_before_utc <= at <= self.certificate.not_valid_after_utc

    def may_sign(self, kind: str) -> bool:
        return ANY in self.kinds or kind in self.kinds

    def as_json(self) -> dict[str, Any]:
        return {"der": base64.b64encode(self.der).decode(), "kinds": sorted(self.kinds)}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Key":
        return cls(base64.b64decode(given["der"]), frozenset(given["kinds"]))

    @classmethod
    def from_file(cls, data: bytes, kinds: Iterable[str]) -> "Key":
        """From a certificate file, PEM or DER. Raises ValueError for anything else, and for a key that is not RSA."""
        is_pem = b"-----BEGIN CERTIFICATE-----" in data
        certificate = x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
        if not isinstance(certificate.public_key(), rsa.RSAPublicKey):
            raise ValueError("The certificate contains no RSA key.")  # noqa: TRY004 - the file's content is wrong
        return cls(certificate.public_bytes(Encoding.DER), frozenset(kinds))


def who_signed(signature: bytes, signed: bytes, keys: Iterable[Key]) -> tuple[Signature, Key | None]:
    """Which key made this RSA PKCS#1 v1.5 SHA-256 signature: VALID, or INVALID when it signed something else.

    What a signature was made over can be recovered with the public key (RFC 8017, 8.2.2): a digest that differs means a
    document that was changed, while no digest at all means another signer, UNKNOWN_SIGNER.
    """
    digest = hashlib.sha256(signed).digest()
    for key in keys:
        public = key.certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            continue
        try:
            found = public.recover_data_from_signature(signature, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            continue
        return (Signature.VALID, key) if found == digest else (Signature.INVALID, key)
    return Signature.UNKNOWN_SIGNER, None


def at_its_time(key: Key, issued_at: datetime | None, *, now: datetime) -> Signature:
    """VALID, or KEY_OUTSIDE_VALIDITY: judged at the document's own signed time, or now when it tells none."""
    return Signature.VALID if key.was_valid(issued_at or now) else Signature.KEY_OUTSIDE_VALIDITY
