"""firebase-admin's own two senders, each on the transport that it was made for.

`send_each` (requests, HTTP/1.1) speaks to the phone sandbox, with the pool of 100 connections that the SDK itself mounts for
Google's address only. `send_each_async` (httpx) speaks HTTP/2 over TLS, as to Google, to a server that answers at once.
httpx's line of log for each request is switched off, and `sniffio`, which httpcore asks for at every step, is installed.
"""

import asyncio
import datetime
import ipaddress
import logging
import os
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mvoting.stack import servers
from tests import workers
from tests.load import push_city

PHONES = 500  # the most that the SDK takes in one call
ROUNDS = 3


def measure(bench, city):
    """Record both senders at 0 and 80 ms."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request is not the sender's work
    messages = _messages()
    for delay_ms in (0, 80):
        city.post("delay", {"ms": delay_ms})
        bench.record_rounds(f"push.sdk_send_each_rate_{delay_ms}ms", _send_each(city, messages), "/s")
    city.post("delay", {"ms": 0})
    for delay_ms in (0, 80):
        with _h2_server(city.folder, delay_ms) as address:
            bench.record_rounds(f"push.sdk_send_each_async_rate_{delay_ms}ms", _send_each_async(address, messages), "/s")


def _messages():
    from mvoting.core.clock import now
    from notifications.campaigns import composing

    payload = composing.payload({**push_city.start("poll_opened", "none"), "_id": "sdk"}, "ko", now=now())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [payload.message("fid", f"sdk-{n}") for n in range(PHONES)]


@contextmanager
def _app(address):
    import firebase_admin
    from firebase_admin import messaging

    from notifications.channels.fcm.credentials import SandboxCredential

    before = messaging._MessagingService.FCM_URL
    messaging._MessagingService.FCM_URL = address + "/v1/projects/{0}/messages:send"
    app = firebase_admin.initialize_app(SandboxCredential(), {"projectId": "demo"}, name="bench")
    try:
        yield app
    finally:
        firebase_admin.delete_app(app)
        messaging._MessagingService.FCM_URL = before


def _send_each(city, messages):
    from firebase_admin import messaging

    rates = []
    with _app(city.sandbox) as app:
        service = messaging._get_messaging_service(app)
        service._client.session.mount(city.sandbox, requests.adapters.HTTPAdapter(pool_connections=100, pool_maxsize=100))
        for _ in range(ROUNDS):
            began = time.perf_counter()
            assert messaging.send_each(messages, app=app).success_count == PHONES
            rates.append(PHONES / (time.perf_counter() - began))
    return rates


def _send_each_async(address, messages):
    from firebase_admin import messaging

    async def rounds(app):
        rates = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            sent = await messaging.send_each_async(messages, dry_run=False, app=app)
            assert sent.success_count == PHONES, next(r.exception for r in sent.responses if not r.success)
            rates.append(PHONES / (time.perf_counter() - began))
        # Here, because the SDK closes its connections in another loop than the one that they belong to.
        await messaging._get_messaging_service(app)._async_client.aclose()
        return rates

    with _app(address) as app:
        return asyncio.run(rounds(app))


@contextmanager
def _h2_server(folder, delay_ms):
    """Run a server that speaks HTTP/2 only, under a certificate that this process trusts."""
    certificate, key = folder / "h2.pem", folder / "h2.key"
    _write_certificate(certificate, key)
    port = servers.free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--http", "2", "--host", servers.HOST, "--port", str(port)]
    command += ["--ssl-certificate", str(certificate), "--ssl-keyfile", str(key), "--no-access-log", "--log-level", "warning"]
    environment = {**os.environ, "H2_DELAY_MS": str(delay_ms)}
    process = subprocess.Popen(
        [*command, "tests.load.h2_app:app"], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    trusted = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(certificate)
    try:
        workers.wait_until(lambda: servers.port_is_taken(port))
        yield f"https://{servers.HOST}:{port}"
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if trusted is not None:
            os.environ["SSL_CERT_FILE"] = trusted
        # It waits for open connections, and its workers outlive it: the whole group is ended.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _write_certificate(certificate, key_file):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mVoting bench")])
    moment = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(minutes=5))
        .not_valid_after(moment + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(servers.HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
