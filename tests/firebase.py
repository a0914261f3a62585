"""A stand-in for Google's certificate server, and tokens as Firebase signs them: forgeries are tested against real checks."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from firebase_admin import _token_gen, auth

PROJECT = "demo-mvoting"


class Certificates:
    """One signing key with its certificate, served on loopback."""

    def __init__(self):
        self.key = rsa.generate_private_key(65537, 2048)
        self.kid = "firebase-1"
        self.requests = 0

    def certificate(self):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "securetoken.system.gserviceaccount.com")])
        at = datetime.now(UTC)
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), 1, at - timedelta(days=1), at + timedelta(days=7))
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.PEM).decode()

    def token(self, *, key=None, kid=None, algorithm="RS256", provider="phone", **changes):
        """Sign an ID token; changes replace claims, None removes one."""
        at = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": f"https://securetoken.google.com/{PROJECT}",
            "aud": PROJECT,
            "auth_time": at - 5,
            "user_id": "uid-1",
            "sub": "uid-1",
            "iat": at - 5,
            "exp": at + 3600,
            "phone_number": "+821012345678",
            "firebase": {"identities": {}, "sign_in_provider": provider},
        }
        claims = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": kid or self.kid})


@contextmanager
def certificate_server(certificates):
    """Serve certificates as Google does: {kid: PEM} with Cache-Control. Gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            certificates.requests += 1
            body = json.dumps({certificates.kid: certificates.certificate()}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "public, max-age=20000")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def point_verifier_at(app, url):
    """Let firebase-admin fetch certificates from `url`. Uses private names of firebase-admin 7.7; kept in this one place."""
    client = auth._get_client(app)
    verifier = client._token_verifier.id_token_verifier
    assert isinstance(verifier, _token_gen._JWTVerifier)
    verifier.cert_url = url
