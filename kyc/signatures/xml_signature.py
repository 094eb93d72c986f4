"""Enveloped XML signatures of Indian issuers: one signature, over the whole document, by a pinned certificate.

The form is judged before anything is computed, so that no element can stand beside the signed ones and be read in their
place. What is inside KeyInfo is never trusted: it only tells a broken signature from a stranger's. Fields are read from
the bytes that were verified, never from the file.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml import exceptions
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from kyc.signatures.keys import Key
from kyc.signatures.result import Flaw, NotReadableError, Signature
from portal.kernel.vault.inspection.result import Fault

MOST_BYTES = 1024 * 1024
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
#: The bytes that begin a document type or an entity, in the encodings a parser would follow.
_DECLARATIONS = tuple(
    word.encode(encoding)
    for word in ("<!DOCTYPE", "<!ENTITY", "<!doctype")
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
)
_CANONICAL = frozenset(
    [
        CanonicalizationMethod.CANONICAL_XML_1_0.value,
        CanonicalizationMethod.CANONICAL_XML_1_1.value,
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0.value,
    ]
)
_ENVELOPED = SignatureConstructionMethod.enveloped.value
#: UIDAI and DigiLocker sign with RSA-SHA1 over a SHA-256 digest. SHA-1 is taken for these documents and for no other.
_METHODS = frozenset({SignatureMethod.RSA_SHA1, SignatureMethod.RSA_SHA256})
_DIGESTS = frozenset({DigestAlgorithm.SHA256})


@dataclass(frozen=True)
class Verified:
    """``root`` is the signed document as verified, without its signature; None unless the signature holds."""

    state: Signature
    key: Key | None = None
    root: Any = None
    faults: tuple[Flaw, ...] = ()


def parsed(data: bytes) -> Any:
    """The root element. Raises NotReadableError: TOO_LARGE, DTD, CORRUPT."""
    if len(data) > MOST_BYTES:
        raise NotReadableError(Fault.TOO_LARGE)
    if any(declaration in data for declaration in _DECLARATIONS):
        raise NotReadableError("DTD")
    try:
        root = etree.fromstring(data, parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotReadableError(Fault.CORRUPT) from error
    described = root.getroottree().docinfo
    if (
        described.internalDTD is not None
        or described.externalDTD is not None
        or any(True for _entity in root.iter(etree.Entity))
    ):
        raise NotReadableError("DTD")
    return root


def parser() -> etree.XMLParser:
    """No entity, no document type, no network, no huge tree."""
    return etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)


def warm() -> None:
    """Parse and canonicalise once, before the limits."""
    root = parsed(b"<warm>\xe0\xa4\x85</warm>")
    etree.fromstring(etree.tostring(root, method="c14n"), parser())
    parsed('<?xml version="1.0" encoding="ISO-8859-1"?><warm/>'.encode("latin-1"))


def local_name(element: Any) -> str:
    """The name of an element without its namespace; empty for a comment."""
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def verify(root: Any, *, name: str, children: frozenset[str], keys: Sequence[Key]) -> Verified:
    """Who signed a document whose root is ``name`` and holds nothing but ``children`` (each at most once) and its signature.

    Raises NotReadableError TYPE_MISMATCH for another document that is not signed at all.
    """
    signatures = [one for one in root.iter() if local_name(one) == "Signature"]
    if not signatures:
        if local_name(root) != name:
            raise NotReadableError(Fault.TYPE_MISMATCH)
        return Verified(Signature.MISSING)
    if len(signatures) > 1:
        return Verified(Signature.INVALID, faults=(Flaw.MORE_THAN_ONE_SIGNATURE,))
    found = [local_name(one) for one in root if isinstance(one.tag, str)]
    is_whole = (
        local_name(root) == name and sorted(found) == sorted(set(found)) and set(found) <= children | {"Signature"}
    )
    if not is_whole or signatures[0].getparent() is not root or signatures[0].tag != DSIG + "Signature":
        return Verified(Signature.INVALID, faults=(Flaw.NOT_THE_WHOLE_DOCUMENT,))
    if fault := _fault_of_form(signatures[0]):
        return Verified(Signature.INVALID, faults=(fault,))
    return _by_a_key(root, signatures[0], keys)


def _fault_of_form(signature: Any) -> Flaw | None:
    """What such a signature never has. The schema would let all of it through."""
    info = signature.findall(DSIG + "SignedInfo")
    value = signature.findall(DSIG + "SignatureValue")
    references = list(signature.iter(DSIG + "Reference"))
    if len(info) != 1 or len(value) != 1 or len(references) != 1 or references[0].getparent() is not info[0]:
        return Flaw.METHOD_NOT_ALLOWED
    if references[0].get("URI") != "":
        return Flaw.NOT_THE_WHOLE_DOCUMENT
    if any(True for _object in signature.iter(DSIG + "Object", DSIG + "Manifest")):
        return Flaw.METHOD_NOT_ALLOWED
    transforms = [one.get("Algorithm") for one in references[0].iter(DSIG + "Transform")]
    is_enveloped = transforms[:1] == [_ENVELOPED] and len(transforms) <= 2 and set(transforms[1:]) <= _CANONICAL
    method = _algorithm(info[0], "SignatureMethod")
    is_known = (
        _algorithm(info[0], "CanonicalizationMethod") in _CANONICAL
        and method in {one.value for one in _METHODS}
        and _algorithm(references[0], "DigestMethod") in {one.value for one in _DIGESTS}
    )
    return None if is_enveloped and is_known else Flaw.METHOD_NOT_ALLOWED


def _algorithm(element: Any, name: str) -> str:
    found = element.findall(DSIG + name)
    return str(found[0].get("Algorithm")) if len(found) == 1 else ""


def _by_a_key(root: Any, signature: Any, keys: Sequence[Key]) -> Verified:
    document = etree.tostring(root)
    for key in keys:
        said = _signed_by(document, key.certificate)
        if said is Signature.UNKNOWN_SIGNER:
            continue
        if said is Signature.INVALID:
            return Verified(Signature.INVALID, key, faults=(Flaw.DIGEST_DIFFERS,))
        return Verified(Signature.VALID, key, root=said)
    return _by_a_stranger(document, signature, keys)


def _by_a_stranger(document: bytes, signature: Any, keys: Sequence[Key]) -> Verified:
    """A signature that no pinned key made: broken, in the name of a pinned signer, or whole but of an unknown one."""
    named = [one for one in map(_certificate, signature.iter(DSIG + "X509Certificate")) if one is not None]
    if not named:
        return Verified(Signature.UNKNOWN_SIGNER)
    pinned = {key.der for key in keys}
    said = [_signed_by(document, one) for one in named if one.public_bytes(Encoding.DER) not in pinned]
    if any(one is Signature.INVALID for one in said):
        return Verified(Signature.INVALID, faults=(Flaw.DIGEST_DIFFERS,))
    if any(one is not Signature.UNKNOWN_SIGNER for one in said):
        return Verified(Signature.UNKNOWN_SIGNER)
    return Verified(Signature.INVALID, faults=(Flaw.SIGNATURE_BROKEN,))


def _certificate(element: Any) -> x509.Certificate | None:
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(element.text or ""))
        return found if isinstance(found.public_key(), rsa.RSAPublicKey) else None
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        return None


def _signed_by(document: bytes, certificate: x509.Certificate) -> Any:
    """The verified document, INVALID when this key signed another one, UNKNOWN_SIGNER when it signed nothing here.

    The certificate's own validity is judged elsewhere, at the document's time: here it is asked at its first second.
    """
    configuration = SignatureConfiguration(
        location="./",
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=certificate.not_valid_before_utc + timedelta(seconds=1),
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    verifier = XMLVerifier()
    # lxml writes xmlns="" where an inherited default namespace ends that never began: in every file of UIDAI.
    verifier.excise_empty_xmlns_declarations = True
    try:
        found = verifier.verify(
            document, x509_cert=certificate, expect_config=configuration, parser=parser(), validate_schema=False
        )
    except exceptions.InvalidDigest:
        return Signature.INVALID
    except (exceptions.SignXMLException, UnsupportedAlgorithm, etree.LxmlError, ValueError, TypeError, AttributeError):
        return Signature.UNKNOWN_SIGNER
    return found.signed_xml if not isinstance(found, list) else Signature.UNKNOWN_SIGNER
