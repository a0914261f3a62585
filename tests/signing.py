"""A certificate and signatures for the tests of CAP messages."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signxml import XMLSigner, methods


class Signer:
    """An institution that signs its messages."""

    def __init__(self, name="기상청", *, starts=timedelta(days=-1), lasts=timedelta(days=30)):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        moment = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment + starts)
            .not_valid_after(moment + starts + lasts)
            .sign(key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(Encoding.PEM).decode()
        self._key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def signed(self, data, **options):
        """Give a message with its enveloped signature."""
        signer = XMLSigner(method=methods.enveloped, signature_algorithm="ecdsa-sha256", **options)
        return etree.tostring(signer.sign(etree.fromstring(data), key=self._key, cert=self.pem))
