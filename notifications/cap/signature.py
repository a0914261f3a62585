"""Signatures of CAP messages: enveloped XML signatures over the whole message (CAP 1.2, 3.3.4.1; XML-DSig).

What is used of a signed message is what the signature covers, and nothing else that stands in the file.
"""

from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

# Public-key methods without SHA-1; the signature stands directly in the message and covers all of it.
METHODS = frozenset(method for method in SignatureMethod if "SHA1" not in method.name and not method.name.startswith("HMAC"))
EXPECTED = SignatureConfiguration(location="./", signature_methods=METHODS)


class SignatureRefused(ValueError):
    """A message that its institution did not sign; the text is a stable word: `unsigned`, `bad-signature`, `not-the-message`."""


def certificate_refusal(pem: str, *, now: datetime) -> str | None:
    """Tell why signatures cannot be checked against a certificate: `unreadable`, `expired`, `not-yet-valid` or nothing."""
    try:
        certificate = load_pem_x509_certificate(pem.encode())
    except ValueError:
        return "unreadable"
    if certificate.not_valid_after_utc <= now:
        return "expired"
    return "not-yet-valid" if certificate.not_valid_before_utc > now else None


def signed_part(data: bytes, pem: str) -> bytes:
    """Check a message's signature by this very certificate and give the message as it was signed.

    Args: data: a message that the reader found to be free of document types.
    Raises: SignatureRefused.
    """
    try:
        result = XMLVerifier().verify(data, x509_cert=pem, expect_config=EXPECTED)
    except InvalidInput:
        raise SignatureRefused("unsigned") from None
    except (InvalidSignature, etree.LxmlError, ValueError):
        raise SignatureRefused("bad-signature") from None
    signed = None if isinstance(result, list) else result.signed_xml
    if signed is None or etree.QName(signed).localname != "alert":
        raise SignatureRefused("not-the-message")
    return etree.tostring(signed)
