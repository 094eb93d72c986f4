"""Two companies' sign-in beside the tests: an OpenID provider and a SAML identity provider, with the manners of real ones.

What they say next can be spoilt: ``claims`` and ``header`` of the OpenID provider, ``change`` of the assertion of the other.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

CLIENT, SECRET = "portal", "secret-of-the-test"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, OTHER_KEY = new_key(), new_key()


def pem_of(key: rsa.RSAPrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def certificate_of(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "identity.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2050, 1, 1))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@contextmanager
def _served(
    answer: Callable[[str, str, dict[str, str], dict[str, str]], tuple[int, dict[str, str], bytes]],
) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, headers, sent = answer(self.command, self.path, dict(parse_qsl(body)), dict(self.headers))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(sent)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = _do  # noqa: N815 - names of the library

        def log_message(self, *_args: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class OpenId:
    """An OpenID provider: discovery, authorize, token, keys. Codes work once; PKCE and the secret are asked."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    #: What the next token says otherwise, and how it is signed.
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = KEY
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    named: str = ""
    #: What lies at a path instead.
    instead: dict[str, bytes] = field(default_factory=dict)

    def answer(
        self, method: str, path: str, sent: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        asked = urlsplit(path)
        if asked.path in self.instead:
            return 200, {"Content-Type": "application/json"}, self.instead[asked.path]
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/.well-known/openid-configuration":
            return self._json(
                {
                    "issuer": self.named or self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        if asked.path == "/keys":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return self._json({"keys": [{**key, "kid": "first", "use": "sig", "alg": "RS256"}]})
        if asked.path == "/authorize":
            assert (query["client_id"], query["code_challenge_method"]) == (CLIENT, "S256")
            assert query["nonce"]
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            back = urlencode({"code": code, "state": query["state"]})
            return 302, {"Location": f"{query['redirect_uri']}?{back}"}, b""
        if asked.path == "/token":
            return self._token(sent)
        return 404, {}, b""

    def _token(self, sent: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        asked = self.codes.pop(sent.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if (
            asked is None
            or sent.get("client_secret") != SECRET
            or proof.decode() != asked["code_challenge"]
            or sent.get("redirect_uri") != asked["redirect_uri"]
        ):
            return self._json({"error": "invalid_grant"}, 400)
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        said = {name: value for name, value in {**said, **self.person, **self.claims}.items() if value is not None}
        key = self.key if self.algorithm != "none" else None
        token = jwt.encode(said, key, algorithm=self.algorithm, headers={"kid": "first", **self.header})
        return self._json({"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    @staticmethod
    def _json(said: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
        return status, {"Content-Type": "application/json"}, json.dumps(said).encode()


@contextmanager
def openid() -> Iterator[OpenId]:
    provider = OpenId()
    with _served(provider.answer) as address:
        provider.issuer = address
        yield provider


_ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{now}">
<saml:Issuer>{issuer}</saml:Issuer><saml:Subject><saml:NameID Format="{format}">{subject}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData{in_response_to} NotOnOrAfter="{end}" Recipient="{recipient}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>
</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{now}"><saml:AuthnContext>
<saml:AuthnContextClassRef>{context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>{email}</saml:AttributeValue></saml:Attribute>
</saml:AttributeStatement></saml:Assertion>"""
_RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="{response}" Version="2.0" IssueInstant="{now}"
 Destination="{recipient}"{answers}><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""


@dataclass
class Saml:
    """A SAML identity provider: metadata over HTTP, and answers to questions as its page would post them."""

    address: str = ""
    person: dict[str, str] = field(default_factory=dict)
    #: What the next assertion says otherwise; ``key`` None leaves it unsigned.
    change: dict[str, str] = field(default_factory=dict)
    key: Any = KEY

    @property
    def entity(self) -> str:
        return f"{self.address}/metadata"

    def answer(
        self, method: str, path: str, sent: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        if path != "/metadata":
            return 404, {}, b""
        certificate = "".join(certificate_of(KEY).splitlines()[1:-1])
        said = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity}">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing">
<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate>
</ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService
 Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{self.address}/sso"/></md:IDPSSODescriptor>
</md:EntityDescriptor>"""
        return 200, {"Content-Type": "application/samlmetadata+xml"}, said.encode()

    def answer_to(self, url: str) -> str:
        """The form field ``SAMLResponse`` that answers the question in an address of this provider."""
        assert url.startswith(f"{self.address}/sso?")
        asked = etree.fromstring(
            zlib.decompress(base64.b64decode(parse_qs(urlsplit(url).query)["SAMLRequest"][0]), -15)
        )
        question = str(asked.get("ID"))
        now = datetime.now(tz=UTC)
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        said = {
            "id": f"_{secrets.token_hex(16)}",
            "response": f"_{secrets.token_hex(16)}",
            "now": now.strftime(stamp),
            "begin": (now - timedelta(minutes=1)).strftime(stamp),
            "end": (now + timedelta(minutes=5)).strftime(stamp),
            "issuer": self.entity,
            "audience": str(asked.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")),
            "recipient": str(asked.get("AssertionConsumerServiceURL")),
            "format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "context": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            "in_response_to": f' InResponseTo="{question}"',
            "answers": f' InResponseTo="{question}"',
            **self.person,
            **self.change,
        }
        assertion = _ASSERTION.format(**said)
        if self.key is not None:
            signed = OneLogin_Saml2_Utils.add_sign(assertion, pem_of(self.key), certificate_of(self.key))
            assertion = signed.decode() if isinstance(signed, bytes) else signed
            assertion = assertion.partition("?>")[2] if assertion.startswith("<?xml") else assertion
        return base64.b64encode(_RESPONSE.format(**said, assertion=assertion).encode()).decode()


@contextmanager
def saml() -> Iterator[Saml]:
    provider = Saml()
    with _served(provider.answer) as address:
        provider.address = address
        yield provider
