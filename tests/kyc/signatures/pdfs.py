"""Signed PDFs of throw-away issuers."""

import io
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pikepdf
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.kyc import documents
from tests.kyc.signatures import vectors
from tests.kyc.signatures.vectors import Issuer


def signer(by: Issuer) -> signers.SimpleSigner:
    der = by.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(by.certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(der),
        cert_registry=SimpleCertificateStore(),
    )


def signed(
    by: Issuer, data: bytes | None = None, *, field: str = "Signature1", password: str = "", digest: str = "sha256"
) -> bytes:
    """One more signature on a PDF, as an incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data or plain()), strict=False)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    # In a thread: the library runs a loop of its own, and a browser test before may have left one running in this.
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(
            signers.sign_pdf,
            writer,
            signers.PdfSignatureMetadata(field_name=field, md_algorithm=digest),
            signer=signer(by),
            new_field_spec=fields.SigFieldSpec(sig_field_name=field),
            output=out,
        ).result()
    return out.getvalue()


@cache
def plain() -> bytes:
    """Without object streams, so that a byte of its text can be found and changed."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf("Name Asha Rao"))) as document:
        document.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )
    return out.getvalue()


@cache
def locked(password: str, *, code: str = "", edition: int = 6) -> bytes:
    """Not signed yet, and under a password; with a code among its pictures, as an e-Aadhaar shows one."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(documents.pdf("Name Asha Rao"))) as document:
        if code:
            picture = Image.open(io.BytesIO(vectors.picture(code))).convert("L")
            shown = document.make_stream(picture.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
            shown.Width, shown.Height, shown.ColorSpace = *picture.size, pikepdf.Name.DeviceGray
            shown.BitsPerComponent = 8
            document.pages[0].Resources.XObject = pikepdf.Dictionary(Code=shown)
            document.pages[0].contents_add(b"q 200 0 0 200 300 300 cm /Code Do Q")
        document.save(out, encryption=pikepdf.Encryption(user=password, owner=password, R=edition))  # type: ignore[arg-type]
    return out.getvalue()


def updated(data: bytes) -> bytes:
    """The signed file with another page text written behind the signature."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    stream = page["/Contents"]
    stream._data = documents.content("Name Mallory")
    stream._encoded_data = None
    writer.mark_update(page.raw_get("/Contents"))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
