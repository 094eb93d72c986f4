"""Signed documents of throw-away issuers, made here: good ones, and one for each way to cheat. Keys live in memory only."""

import base64
import gzip
import hashlib
import io
import itertools
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import pyzipper
import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from kyc.signatures.keys import Key

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
#: 1 November 2026, 12:30:45.123 in India; the Aadhaar number ends in 2346.
REFERENCE = "2346" + "20261101123045123"
MOBILE, EMAIL, SHARE_CODE = "9876543210", "asha@acme.example", "A1B2"
ALL = ("aadhaar_qr", "aadhaar_offline_ekyc", "eaadhaar_pdf", "digilocker_xml", "signed_pdf")
DSIG = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True)
class Issuer:
    private: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key(self) -> Key:
        return Key(self.certificate.public_bytes(Encoding.DER), frozenset(ALL))

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def sha256(self) -> str:
        return self.key.sha256

    def sign(self, data: bytes, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
        return self.private.sign(data, padding.PKCS1v15(), algorithm or hashes.SHA256())


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def issuer(
    name: str = "Issuer",
    start: datetime = datetime(2026, 2, 3, tzinfo=UTC),
    end: datetime = datetime(2029, 2, 3, tzinfo=UTC),
) -> Issuer:
    """A self-signed certificate; one name has one key, whatever the dates."""
    private = private_key(name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"DS {name} 01")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(int.from_bytes(hashlib.sha256(f"{name}{start}{end}".encode()).digest()[:8], "big"))
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True)
        .sign(private, hashes.SHA256())
    )
    return Issuer(private, made)


def expired() -> Issuer:
    """The same key under a certificate that ended before the documents here were issued."""
    return issuer("Issuer", datetime(2021, 2, 3, tzinfo=UTC), datetime(2024, 2, 3, tzinfo=UTC))


def stranger() -> Issuer:
    return issuer("Mallory")


def repeated(value: str, rounds: int) -> str:
    for _round in range(rounds):
        value = hashlib.sha256(value.encode()).hexdigest()
    return value


# --- Paperless Offline e-KYC and other XML -------------------------------------------------------------------------------


def ekyc(
    *, name: str = "Asha Rao", dob: str = "01-01-1990", reference: str = REFERENCE, share_code: str = SHARE_CODE
) -> str:
    """The document without its signature, in the shape of UIDAI's."""
    mobile, email = repeated(MOBILE + share_code, 6), repeated(EMAIL + share_code, 6)
    return (
        f'<OfflinePaperlessKyc referenceId="{reference}"><UidData>'
        f'<Poi dob="{dob}" e="{email}" gender="F" m="{mobile}" name="{name}"/>'
        '<Poa careof="" country="India" dist="Pune" house="12" landmark="" loc="Kothrud" pc="411038" po="Kothrud" '
        'state="Maharashtra" street="Paud Road" subdist="Haveli" vtc="Pune"/>'
        f"<Pht>{base64.b64encode(b'photo').decode()}</Pht></UidData></OfflinePaperlessKyc>"
    )


def canonical(text: str | bytes) -> bytes:
    return etree.tostring(etree.fromstring(text), method="c14n")


def enveloped(
    document: str,
    by: Issuer,
    *,
    named: Issuer | None = None,
    with_certificate: bool = True,
    method: str = "rsa-sha1",
    uri: str = "",
    digested: str | None = None,
) -> str:
    """Signed the way UIDAI does: default namespace, RSA-SHA1 over a SHA-256 digest. ``named`` stands in KeyInfo."""
    digest = base64.b64encode(hashlib.sha256(canonical(digested or document)).digest()).decode()
    namespace, algorithm = (
        (f"{DSIG}rsa-sha1", hashes.SHA1())
        if method == "rsa-sha1"
        else ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", hashes.SHA256())
    )
    info = (
        f'<SignedInfo xmlns="{DSIG}">'
        '<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
        f'<SignatureMethod Algorithm="{namespace}"/>'
        f'<Reference URI="{uri}"><Transforms><Transform Algorithm="{DSIG}enveloped-signature"/></Transforms>'
        f'<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>{digest}</DigestValue>'
        "</Reference></SignedInfo>"
    )
    value = base64.b64encode(by.sign(canonical(info), algorithm)).decode()
    der = base64.b64encode((named or by).certificate.public_bytes(Encoding.DER)).decode()
    info = info.replace(f' xmlns="{DSIG}"', "", 1)
    key_info = (
        f"<KeyInfo><X509Data><X509Certificate>{der}</X509Certificate></X509Data></KeyInfo>" if with_certificate else ""
    )
    signature = f'<Signature xmlns="{DSIG}">{info}<SignatureValue>{value}</SignatureValue>{key_info}</Signature>'
    before, end, after = document.rpartition("</")
    return before + signature + end + after


def wrapped(good: str) -> str:
    """The signed document, whole, inside another one that says something else."""
    signature = good[good.index("<Signature") : good.index("</Signature>") + len("</Signature>")]
    inner = good.replace(signature, "")
    evil = ekyc(name="Mallory")
    return evil.replace("</OfflinePaperlessKyc>", f"<Extra>{inner}</Extra>{signature}</OfflinePaperlessKyc>")


def beside(good: str) -> str:
    """A second person beside the signed one."""
    person = ekyc(name="Mallory")
    start, end = person.index("<UidData>"), person.index("</OfflinePaperlessKyc>")
    return good.replace("<UidData>", person[start:end] + "<UidData>", 1)


def doubly_signed(by: Issuer) -> str:
    """Two signatures side by side over the document without any: each finds the other in what it signed."""
    once = enveloped(ekyc(), by)
    return enveloped(once, by, digested=ekyc())


def countersigned(by: Issuer, second: Issuer) -> str:
    """The second signature is over the document with the first one, which it breaks."""
    return enveloped(enveloped(ekyc(), by), second)


def signed_inside(by: Issuer, second: Issuer) -> str:
    """The second signature lies inside the first, which leaves itself out with all that it holds: both stand."""
    once = enveloped(ekyc(), by).replace("</Signature>", "<Object/></Signature>")
    twice = enveloped(once, second)
    inner = twice[twice.rindex("<Signature ") : twice.rindex("</OfflinePaperlessKyc>")]
    return once.replace("<Object/>", f"<Object>{inner}</Object>")


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
#: Ten to the tenth letters, out of a file of one kilobyte.
BOMB = "".join(
    ['<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">']
    + [f'<!ENTITY {name} "{f"&{inner};" * 10}">' for inner, name in itertools.pairwise("abcdefghij")]
    + ["]>"]
)


def zipped(
    xml: str, *, share_code: str = SHARE_CODE, aes: bool = True, names: tuple[str, ...] = ("offlineaadhaar2026.xml",)
) -> bytes:
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        if aes and share_code:
            archive.setencryption(pyzipper.WZ_AES)
            archive.setpassword(share_code.encode())
        for name in names:
            archive.writestr(name, xml)
    data = out.getvalue()
    return data if aes or not share_code else zip_crypto(data, share_code)


def _crc_table() -> list[int]:
    table = []
    for number in range(256):
        value = number
        for _bit in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return table


def zip_crypto(data: bytes, password: str) -> bytes:
    """The traditional encryption of one stored member, put into an archive that has none (APPNOTE 6.1)."""
    table = _crc_table()
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value: int, byte: int) -> int:
        return (value >> 8) ^ table[(value ^ byte) & 0xFF]

    def update(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def encrypt(plain: bytes) -> bytes:
        out = bytearray()
        for byte in plain:
            stream = (keys[2] | 2) & 0xFFFF
            out.append(byte ^ ((stream * (stream ^ 1)) >> 8) & 0xFF)
            update(byte)
        return bytes(out)

    for byte in password.encode():
        update(byte)
    with pyzipper.ZipFile(io.BytesIO(data)) as archive:
        member = archive.infolist()[0]
    start = 30 + len(member.filename)
    body = data[start : start + member.compress_size]
    header = b"0123456789A" + bytes([(member.CRC >> 24) & 0xFF])
    locked = encrypt(header + body)
    size = len(locked).to_bytes(4, "little")
    directory = data[start + member.compress_size :]
    local = bytearray(data[:start])
    local[6:8], local[18:22] = (1).to_bytes(2, "little"), size
    central = bytearray(directory)
    central[8:10], central[20:24] = (1).to_bytes(2, "little"), size
    end = central.rindex(b"PK\x05\x06")
    central[end + 16 : end + 20] = (start + len(locked)).to_bytes(4, "little")
    return bytes(local) + locked + bytes(central)


def digilocker(*, kind: str = "PANCR", dob: str = "01-01-1990", number: str = "ABCPR1234K") -> str:
    return (
        f'<Certificate language="99" name="PAN Verification Record" type="{kind}" number="{number}" issuedAt="" '
        'issueDate="01-06-2015" expiryDate="" status="A"><IssuedBy><Organization name="Income Tax Department" code="in.gov.pan"/>'
        f'</IssuedBy><IssuedTo><Person name="Asha Rao" dob="{dob}" gender="F"/></IssuedTo>'
        '<CertificateData><PAN num="ABCPR1234K" verifiedOn="2026-11-01"/></CertificateData></Certificate>'
    )


def digilocker_aadhaar() -> str:
    return (
        '<Certificate type="ADHAR"><CertificateData><KycRes ret="Y" code="x" ts="2026-11-01T12:30:45" ttl="2027-11-01T12:30:45">'
        '<UidData uid="xxxxxxxx2346"><Poi dob="01-01-1990" gender="F" name="Asha Rao"/><Poa state="Maharashtra" pc="411038"/>'
        "</UidData></KycRes></CertificateData></Certificate>"
    )


# --- Secure QR ---------------------------------------------------------------------------------------------------------

#: Begins and ends like a JPEG 2000 codestream, and holds the byte that stands between fields.
PHOTO = b"\xff\x4f\xff\x51" + b"\xff\x00photo\xff\x01" * 12 + b"\xff\xd9"


def card(
    *,
    layout: str = "",
    name: str = "Asha Rao",
    dob: str = "01-01-1990",
    photo: bytes = PHOTO,
    indicator: int = 3,
    reference: str = REFERENCE,
    has_hashes: bool | None = None,
) -> bytes:
    """The signed part of a code."""
    fields = [layout] if layout else []
    fields += [
        str(indicator),
        reference,
        name,
        dob,
        "F",
        "C/O Ravi Rao",
        "Pune",
        "",
        "12",
        "Kothrud",
        "411038",
        "Kothrud",
    ]
    fields += ["Maharashtra", "Paud Road", "Haveli", "Pune"]
    if layout:
        fields.append(MOBILE[-4:] if layout != "V5" else "XXXXXX" + MOBILE[-4:])
    tail = b""
    if has_hashes if has_hashes is not None else not layout:
        tail += bytes.fromhex(repeated(EMAIL, 6)) if indicator & 1 else b""
        tail += bytes.fromhex(repeated(MOBILE, 6)) if indicator & 2 else b""
    return b"\xff".join(field.encode("latin-1") for field in fields) + b"\xff" + photo + tail


def code(signed: bytes, by: Issuer | None = None, *, pack: str = "gzip", signature: bytes | None = None) -> str:
    """The digits of a code."""
    payload = signed + (signature if signature is not None else (by or issuer()).sign(signed))
    packed = gzip.compress(payload, mtime=0) if pack == "gzip" else zlib.compress(payload)
    return digits(packed)


def digits(packed: bytes) -> str:
    number, parts = int.from_bytes(packed, "big"), []
    while number:
        number, part = divmod(number, 10**4000)
        parts.append(str(part).zfill(4000))
    return "".join(reversed(parts)).lstrip("0")


def picture(text: str, kind: str = "png", scale: int = 4) -> bytes:
    """A code as an image."""
    out = io.BytesIO()
    made = segno.make(text, error="L", boost_error=False, micro=False)
    if kind == "png":
        made.save(out, kind="png", scale=scale, border=4)
    else:
        made.save(out, kind="pdf", scale=1.2, border=4)
    return out.getvalue()


def age_dates(now: datetime) -> dict[str, str]:
    """Dates of birth around the eighteenth birthday, as written in documents."""
    today = (now + timedelta(hours=5, minutes=30)).date()
    birthday = today.replace(year=today.year - 18)
    return {
        "eighteen_today": birthday.strftime("%d-%m-%Y"),
        "eighteen_tomorrow": (birthday + timedelta(days=1)).strftime("%d-%m-%Y"),
        "year_only": str(today.year - 18),
    }
