"""SAML 2.0, web browser single sign-on, as a service provider: what is asked, and what of an answer is believed."""

import base64
import hashlib
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.response import OneLogin_Saml2_Response

from portal.fronts.signin.provider import Claims, Saml, digest, own_address, read

#: Characters of an answer, in base64.
LONGEST: Final = 256 * 1024
#: Seconds for which an assertion that was used is remembered: longer than any is believed.
REMEMBERED: Final = 24 * 3600
#: Attributes that hold an email address (RFC 4524 mail, and the names that directories give it).
EMAIL: Final = (
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "email",
    "mail",
)
_SAML: Final = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol"}


class NotBelieved(Exception):
    """An answer that proves nothing: why, for the log, in words and codes of our own; nothing that the answer says."""


class _Answer(OneLogin_Saml2_Response):
    """The toolkit's own words for what is wrong repeat the answer; here they stay an exception, which has a code."""

    def is_valid(self, *args: Any, **more: Any) -> bool:
        return bool(super().is_valid(*args, **{**more, "raise_exceptions": True}))


class _Auth(OneLogin_Saml2_Auth):
    response_class = _Answer


def _code(error: Exception) -> str:
    """The kind of an error, with its number where it has one."""
    number = getattr(error, "code", None)
    return f"{type(error).__name__} {number}" if isinstance(number, int) else type(error).__name__


def config() -> dict[str, Any]:
    """The settings of the toolkit: strict, assertions signed, no old algorithm. Raises NotBelieved without a provider."""
    where = settings.SIGNIN_SAML_METADATA
    try:
        text = read(where) if urlsplit(where).scheme in {"http", "https"} else Path(where).read_bytes()
        found = OneLogin_Saml2_IdPMetadataParser.parse(text, entity_id=settings.SIGNIN_SAML_ENTITY_ID or None)["idp"]
    except (OAuth2Error, OSError, KeyError, OneLogin_Saml2_Error, ValueError, etree.XMLSyntaxError) as error:
        raise NotBelieved(f"metadata: {_code(error)}") from None
    if settings.SIGNIN_SAML_CERTIFICATE:
        found = {name: value for name, value in found.items() if not name.startswith("x509cert")}
        found["x509cert"] = settings.SIGNIN_SAML_CERTIFICATE
    return {
        "strict": True,
        "idp": found,
        "sp": {
            "entityId": own_address("signin:saml-metadata"),
            "assertionConsumerService": {"url": own_address("signin:saml-answer"), "binding": Names.BINDING_HTTP_POST},
            "NameIDFormat": Names.NAMEID_UNSPECIFIED if settings.SIGNIN_SAML_SUBJECT else Names.NAMEID_PERSISTENT,
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantNameId": True,
            "wantAttributeStatement": False,
            "requestedAuthnContext": False,
            "allowSingleLabelDomains": True,
            "rejectDeprecatedAlgorithm": True,
            "digestAlgorithm": Names.SHA256,
            "signatureAlgorithm": Names.RSA_SHA256,
        },
    }


def _auth(answer: str = "") -> OneLogin_Saml2_Auth:
    here = urlsplit(own_address("signin:saml-answer"))
    request = {
        "https": "on" if here.scheme == "https" else "off",
        "http_host": here.netloc,
        "script_name": here.path,
        "get_data": {},
        "post_data": {"SAMLResponse": answer} if answer else {},
    }
    try:
        return _Auth(request, config())
    except OneLogin_Saml2_Error as error:
        raise NotBelieved(f"settings: {_code(error)}") from None


def begin(request: HttpRequest, provider: Saml, *, going_to: str) -> str:
    """The provider's address with our question; the session remembers the question."""
    auth = _auth()
    url = str(auth.login(return_to=""))
    provider.stash_redirect_state(request, "login", going_to, state_id=auth.get_last_request_id())
    return url


def prove(answer: str) -> tuple[Claims, str]:
    """What an answer proves, and which question of ours it answers. Whether this browser asked that is for the caller.

    Raises NotBelieved for anything but one signed assertion of the provider, for us, now, that was not used before.
    """
    _require_plain(answer)
    auth = _auth(answer)
    try:
        auth.process_response()
    except Exception as error:  # noqa: BLE001 - the toolkit, too, refuses whatever fails while it looks at an answer
        raise NotBelieved(_code(error)) from None
    if auth.get_errors() or not auth.is_authenticated():
        raise NotBelieved("not authenticated")
    question = auth.get_last_response_in_response_to()
    _require_question(auth.get_last_response_xml(), question, str(auth.get_last_assertion_id()))
    used = hashlib.sha256(str(auth.get_last_assertion_id()).encode()).hexdigest()
    if not cache.add(f"saml:{used}", True, REMEMBERED):
        raise NotBelieved("the assertion was used before")
    issuer, email = str(auth.get_settings().get_idp_data()["entityId"]), _email(auth)
    return Claims(
        subject=digest(issuer, _subject(auth)),
        email=email,
        # A directory asserts the addresses of its own domain; which domains count is a setting.
        is_verified=bool(email),
        contexts=frozenset(auth.get_last_authn_contexts()),
    ), str(question)


def _require_plain(answer: str) -> None:
    """What a provider writes needs no document type, and so no entity that could grow; nor another encoding to hide one."""
    try:
        text = base64.b64decode(answer, validate=False).decode()
    except ValueError:
        raise NotBelieved("no text") from None
    if "\0" in text or "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise NotBelieved("a document type")


def _require_question(text: Any, question: str | None, assertion: str) -> None:
    """Both the answer and the signed assertion in it name the question: an assertion cannot be moved into another answer.

    What stands beside the assertion is signed by nobody and is not asked.
    """
    plain = text if isinstance(text, bytes) else str(text).encode()
    root = etree.fromstring(plain, etree.XMLParser(resolve_entities=False, no_network=True))
    signed = [one for one in root.findall("saml:Assertion", _SAML) if one.get("ID") == assertion]
    said = [
        data.get("InResponseTo")
        for one in signed
        for data in one.iterfind("saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", _SAML)
    ]
    if not question or len(signed) != 1 or set(said) != {question}:
        raise NotBelieved("the assertion answers no question of ours")


def _subject(auth: OneLogin_Saml2_Auth) -> str:
    """What names the person for good: a persistent NameID, or the attribute of the settings. An address may be given to somebody
    else, a transient name is another one each time, and what an unspecified one is nobody says (SAML core, 8.3).
    """
    if name := settings.SIGNIN_SAML_SUBJECT:
        said = auth.get_attributes().get(name) or []
        if len(said) != 1 or not said[0]:
            raise NotBelieved("the attribute that names the subject is not there once")
        return f"{name}\0{said[0]}"
    if auth.get_nameid_format() != Names.NAMEID_PERSISTENT:
        raise NotBelieved("the NameID is not persistent")
    return str(auth.get_nameid())


def _email(auth: OneLogin_Saml2_Auth) -> str:
    said = auth.get_attributes()
    for name in EMAIL:
        if said.get(name):
            return str(said[name][0])
    return str(auth.get_nameid()) if auth.get_nameid_format() == Names.NAMEID_EMAIL_ADDRESS else ""


def metadata() -> bytes:
    """What a provider has to know of us."""
    made = _auth().get_settings().get_sp_metadata()
    return made if isinstance(made, bytes) else str(made).encode()
