"""Settings, read once from the environment. Wrong or missing ones stop the start with one message that names them all."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ENVIRONMENTS = ("development", "test", "production")
ALERT_MODES = ("live", "test")


class SettingsError(Exception):
    """One or more settings are wrong; the text names each with what is expected."""


@dataclass(frozen=True)
class Settings:
    """All settings of one deployment; the field's metadata is what README's table shows."""

    env: str = field(metadata={"name": "MVOTING_ENV", "default": "production", "what": "`development`, `test` or `production`"})
    mongodb_uri: str = field(metadata={"name": "MVOTING_MONGODB_URI", "what": "MongoDB replica set"})
    mongodb_name: str = field(metadata={"name": "MVOTING_MONGODB_NAME", "default": "mvoting", "what": "database name"})
    redis_url: str = field(
        metadata={"name": "MVOTING_REDIS_URL", "what": "Redis, broker and rate limits; may be wiped at any time"}
    )
    secret: bytes = field(repr=False, metadata={"name": "MVOTING_SECRET", "what": "root secret, at least 32 bytes, base64"})
    keys_dir: Path = field(metadata={"name": "MVOTING_KEYS_DIR", "what": "folder with the signing keys (PEM)"})
    public_url: str = field(
        metadata={"name": "MVOTING_PUBLIC_URL", "default": "http://127.0.0.1:8000", "what": "address citizens see"}
    )
    firebase_project: str = field(
        metadata={"name": "MVOTING_FIREBASE_PROJECT", "default": "demo-mvoting", "what": "Firebase project id"}
    )
    firebase_credentials: Path | None = field(
        metadata={"name": "MVOTING_FIREBASE_CREDENTIALS", "default": "", "what": "service account file; needed in production"}
    )
    terms_version: int = field(
        metadata={
            "name": "MVOTING_TERMS_VERSION",
            "default": "1",
            "what": "version of the terms; raised, everybody is asked anew",
        }
    )
    privacy_version: int = field(
        metadata={"name": "MVOTING_PRIVACY_VERSION", "default": "1", "what": "the same for the privacy notice"}
    )
    trusted_proxies: int = field(
        metadata={
            "name": "MVOTING_TRUSTED_PROXIES",
            "default": "0",
            "what": "how many proxies stand before the API and append to X-Forwarded-For; 0 believes no such header",
        }
    )
    national_issuer: str = field(
        metadata={
            "name": "MVOTING_NATIONAL_ISSUER",
            "default": "",
            "what": "OpenID issuer of the national identity provider; empty: not offered",
        }
    )
    national_client_id: str = field(
        metadata={"name": "MVOTING_NATIONAL_CLIENT_ID", "default": "", "what": "this city's client id there"}
    )
    national_client_secret: str = field(
        repr=False, metadata={"name": "MVOTING_NATIONAL_CLIENT_SECRET", "default": "", "what": "its secret"}
    )
    sms_url: str = field(
        metadata={
            "name": "MVOTING_SMS_URL",
            "default": "",
            "what": 'the city\'s gateway for text messages, which gets `{"to", "text"}` by POST; empty: no codes by text message',
        }
    )
    sms_key: str = field(
        repr=False, metadata={"name": "MVOTING_SMS_KEY", "default": "", "what": "the key it asks for (`Authorization: Bearer`)"}
    )
    fcm_url: str = field(
        metadata={
            "name": "MVOTING_FCM_URL",
            "default": "https://fcm.googleapis.com",
            "what": "base address of FCM; the phone sandbox in development",
        }
    )
    push_sender: str = field(
        metadata={
            "name": "MVOTING_PUSH_SENDER",
            "default": "pooled",
            "what": "`pooled`, or `sdk` for firebase-admin's own sender",
        }
    )
    push_rate_per_s: float = field(
        metadata={"name": "MVOTING_PUSH_RATE", "default": "9000", "what": "pushes a second for all workers together"}
    )
    push_timeout_s: float = field(
        metadata={
            "name": "MVOTING_PUSH_TIMEOUT_S",
            "default": "15",
            "what": "how long an answer of FCM is waited for; shorter makes repeats",
        }
    )
    push_alone_max: int = field(
        metadata={
            "name": "MVOTING_PUSH_ALONE_MAX",
            "default": "10000",
            "what": "how many phones a poll's notices may ring on the word of the officer who scheduled it; "
            "more wait for a colleague's release",
        }
    )
    alert_mode: str = field(
        metadata={
            "name": "MVOTING_ALERT_MODE",
            "default": "test (production: must be set)",
            "what": "`live` or `test`; in test mode every alert is marked as a test and reaches only phones registered in it",
        }
    )
    clock_offset_s: float = field(
        metadata={"name": "MVOTING_CLOCK_OFFSET_S", "default": "0", "what": "shifts this process's clock; tests only"}
    )

    @property
    def is_production(self) -> bool:
        return self.env == "production"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read settings from `environ`.

    Raises: SettingsError naming every wrong or missing setting at once.
    """
    wrong: list[str] = []

    def text(name: str, default: str | None = None) -> str:
        value = environ.get(name, "").strip() or default
        if value is None:
            wrong.append(f"{name}: missing")
            return ""
        return value

    env = text("MVOTING_ENV", "production")
    if env not in ENVIRONMENTS:
        wrong.append(f"MVOTING_ENV: must be one of {', '.join(ENVIRONMENTS)}, not {env!r}")
    mongodb_uri = text("MVOTING_MONGODB_URI")
    if mongodb_uri and not mongodb_uri.startswith(("mongodb://", "mongodb+srv://")):
        wrong.append("MVOTING_MONGODB_URI: must start with mongodb:// or mongodb+srv://")
    redis_url = text("MVOTING_REDIS_URL")
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        wrong.append("MVOTING_REDIS_URL: must start with redis://, rediss:// or unix://")
    secret = _secret(text("MVOTING_SECRET"), wrong)
    keys_dir = Path(text("MVOTING_KEYS_DIR"))
    if str(keys_dir) != "." and not keys_dir.is_dir():
        wrong.append("MVOTING_KEYS_DIR: no such folder")
    credentials = text("MVOTING_FIREBASE_CREDENTIALS", "")
    if credentials and not Path(credentials).is_file():
        wrong.append("MVOTING_FIREBASE_CREDENTIALS: no such file")
    if env == "production" and not credentials:
        wrong.append("MVOTING_FIREBASE_CREDENTIALS: missing (needed in production)")
    if env == "production" and environ.get("FIREBASE_AUTH_EMULATOR_HOST"):
        wrong.append("FIREBASE_AUTH_EMULATOR_HOST: must not be set in production, because unsigned tokens would be accepted")
    public_url = text("MVOTING_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        wrong.append("MVOTING_PUBLIC_URL: must start with http:// or https://")
    national = [text(f"MVOTING_NATIONAL_{name}", "") for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")]
    if any(national) and not all(national):
        wrong.append("MVOTING_NATIONAL_ISSUER, _CLIENT_ID and _CLIENT_SECRET: give all three or none")
    if national[0] and env == "production" and not national[0].startswith("https://"):
        wrong.append("MVOTING_NATIONAL_ISSUER: must start with https:// in production")
    sms_url, sms_key = text("MVOTING_SMS_URL", ""), text("MVOTING_SMS_KEY", "")
    if bool(sms_url) != bool(sms_key):
        wrong.append("MVOTING_SMS_URL and MVOTING_SMS_KEY: give both or none")
    if sms_url and not sms_url.startswith("https://" if env == "production" else ("http://", "https://")):
        wrong.append("MVOTING_SMS_URL: must start with https:// in production, else with http:// or https://")
    terms_version = _whole("MVOTING_TERMS_VERSION", text("MVOTING_TERMS_VERSION", "1"), 1, 10_000, wrong)
    privacy_version = _whole("MVOTING_PRIVACY_VERSION", text("MVOTING_PRIVACY_VERSION", "1"), 1, 10_000, wrong)
    trusted_proxies = _whole("MVOTING_TRUSTED_PROXIES", text("MVOTING_TRUSTED_PROXIES", "0"), 0, 8, wrong)
    fcm_url = text("MVOTING_FCM_URL", "https://fcm.googleapis.com").rstrip("/")
    if not fcm_url.startswith(("http://", "https://")):
        wrong.append("MVOTING_FCM_URL: must start with http:// or https://")
    push_sender = text("MVOTING_PUSH_SENDER", "pooled")
    if push_sender not in ("pooled", "sdk"):
        wrong.append(f"MVOTING_PUSH_SENDER: must be pooled or sdk, not {push_sender!r}")
    push_rate = _number("MVOTING_PUSH_RATE", text("MVOTING_PUSH_RATE", "9000"), wrong)
    if not 100 <= push_rate <= 1_000_000:
        wrong.append("MVOTING_PUSH_RATE: must lie between 100 and 1000000")
    push_timeout = _number("MVOTING_PUSH_TIMEOUT_S", text("MVOTING_PUSH_TIMEOUT_S", "15"), wrong)
    if not 1 <= push_timeout <= 60:
        wrong.append("MVOTING_PUSH_TIMEOUT_S: must lie between 1 and 60")
    push_alone_max = _whole("MVOTING_PUSH_ALONE_MAX", text("MVOTING_PUSH_ALONE_MAX", "10000"), 0, 100_000_000, wrong)
    alert_mode = text("MVOTING_ALERT_MODE", None if env == "production" else "test")
    if alert_mode and alert_mode not in ALERT_MODES:
        wrong.append(f"MVOTING_ALERT_MODE: must be one of {', '.join(ALERT_MODES)}, not {alert_mode!r}")
    offset = _number("MVOTING_CLOCK_OFFSET_S", text("MVOTING_CLOCK_OFFSET_S", "0"), wrong)
    if offset and env == "production":
        wrong.append("MVOTING_CLOCK_OFFSET_S: must not be set in production")
    if wrong:
        raise SettingsError("mVoting cannot start; these settings are wrong:\n" + "\n".join(f"  - {line}" for line in wrong))
    return Settings(
        env=env,
        mongodb_uri=mongodb_uri,
        mongodb_name=text("MVOTING_MONGODB_NAME", "mvoting"),
        redis_url=redis_url,
        secret=secret,
        keys_dir=keys_dir,
        public_url=public_url,
        firebase_project=text("MVOTING_FIREBASE_PROJECT", "demo-mvoting"),
        firebase_credentials=Path(credentials) if credentials else None,
        terms_version=terms_version,
        privacy_version=privacy_version,
        trusted_proxies=trusted_proxies,
        national_issuer=national[0].rstrip("/"),
        national_client_id=national[1],
        national_client_secret=national[2],
        sms_url=sms_url,
        sms_key=sms_key,
        fcm_url=fcm_url,
        push_sender=push_sender,
        push_rate_per_s=push_rate,
        push_timeout_s=push_timeout,
        push_alone_max=push_alone_max,
        alert_mode=alert_mode,
        clock_offset_s=offset,
    )


def _secret(text: str, wrong: list[str]) -> bytes:
    if not text:
        return b""
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        wrong.append("MVOTING_SECRET: must be base64")
        return b""
    if len(secret) < 32:
        wrong.append("MVOTING_SECRET: must be at least 32 bytes")
    return secret


def _whole(name: str, text: str, low: int, high: int, wrong: list[str]) -> int:
    if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
        wrong.append(f"{name}: must be a whole number from {low} to {high}, not {text!r}")
        return low
    return int(text)


def _number(name: str, text: str, wrong: list[str]) -> float:
    try:
        return float(text)
    except ValueError:
        wrong.append(f"{name}: must be a number, not {text!r}")
        return 0.0


@cache
def settings() -> Settings:
    """Give this process's settings."""
    return load_settings(os.environ)
