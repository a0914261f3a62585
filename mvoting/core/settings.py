"""Settings, read once from the environment. Wrong or missing ones stop the start with one message that names them all."""

import base64
import binascii
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

ENVIRONMENTS = ("development", "test", "production")
ALERT_MODES = ("live", "test")
WEB = ("http://", "https://")


class SettingsError(Exception):
    """One or more settings are wrong; the text names each with what is expected."""


# --- how a value is read: each gives it, or raises ValueError saying what it must be ---------------------------------


def _one_of(*known: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}, not {text!r}")
        return text

    return read


def _address(*starts: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and not text.startswith(starts):
            raise ValueError(f"must start with {' or '.join(starts)}")
        return text

    return read


def _base_address(text: str) -> str:
    """Read a web address to which paths are added."""
    return _address(*WEB)(text).rstrip("/")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            raise ValueError(f"must be a whole number from {low} to {high}, not {text!r}")
        return int(text)

    return read


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}, not {text!r}")
        return number

    return read


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise ValueError("no such folder")
    return Path(text)


def _file(text: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ValueError("no such file")
    return Path(text) if text else None


def _secret(text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("must be base64") from None
    if len(secret) < 32:
        raise ValueError("must be at least 32 bytes")
    return secret


WITNESSES_MAX = 20
_WITNESS_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")


def _witnesses(text: str) -> Mapping[str, str]:
    """Read NAME=HEX,…: who watches the boards, with Ed25519 public keys."""
    pairs = [pair.strip().partition("=") for pair in text.split(",") if pair.strip()]
    keys = {name: key.lower() for name, _, key in pairs}
    try:
        sizes = {len(bytes.fromhex(key)) for key in keys.values()}
    except ValueError:
        sizes = {0}
    if len(keys) < len(pairs) or len(keys) > WITNESSES_MAX or sizes - {32} or not all(map(_WITNESS_NAME.fullmatch, keys)):
        raise ValueError("must be NAME=KEY,NAME=KEY with keys of 64 hex letters")
    return keys


def _setting(
    name: str, what: str, read: Callable[[str], Any] = str, *, default: str | None = None, is_secret: bool = False
) -> Any:
    """Describe a setting: its variable, what README says of it, how it is read; without a default it must be set."""
    return field(repr=not is_secret, metadata={"name": f"MVOTING_{name}", "what": what, "read": read, "default": default})


@dataclass(frozen=True)
class Settings:
    """All settings of one deployment; README's table is made of them."""

    env: str = _setting("ENV", "`development`, `test` or `production`", _one_of(*ENVIRONMENTS), default="production")
    mongodb_uri: str = _setting("MONGODB_URI", "MongoDB replica set", _address("mongodb://", "mongodb+srv://"))
    mongodb_name: str = _setting("MONGODB_NAME", "database name", default="mvoting")
    redis_url: str = _setting(
        "REDIS_URL",
        "Redis, broker and rate limits; may be wiped at any time",
        _address("redis://", "rediss://", "unix://"),
    )
    secret: bytes = _setting("SECRET", "root secret, at least 32 bytes, base64", _secret, is_secret=True)
    keys_dir: Path = _setting("KEYS_DIR", "folder with the signing keys (PEM)", _folder)  # noqa: RUF009 - it gives a field
    public_url: str = _setting("PUBLIC_URL", "address citizens see", _base_address, default="http://127.0.0.1:8000")
    firebase_project: str = _setting("FIREBASE_PROJECT", "Firebase project id", default="demo-mvoting")
    firebase_credentials: Path | None = _setting(  # noqa: RUF009 - it gives a field
        "FIREBASE_CREDENTIALS", "service account file; needed in production", _file, default=""
    )
    terms_version: int = _setting(
        "TERMS_VERSION", "version of the terms; raised, everybody is asked anew", _whole(1, 10_000), default="1"
    )
    privacy_version: int = _setting("PRIVACY_VERSION", "the same for the privacy notice", _whole(1, 10_000), default="1")
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES",
        "how many proxies stand before the API and append to X-Forwarded-For; 0 believes no such header",
        _whole(0, 8),
        default="0",
    )
    national_issuer: str = _setting(
        "NATIONAL_ISSUER", "OpenID issuer of the national identity provider; empty: not offered", _base_address, default=""
    )
    national_client_id: str = _setting("NATIONAL_CLIENT_ID", "this city's client id there", default="")
    national_client_secret: str = _setting("NATIONAL_CLIENT_SECRET", "its secret", default="", is_secret=True)
    sms_url: str = _setting(
        "SMS_URL",
        'the city\'s gateway for text messages, which gets `{"to", "text"}` by POST; empty: no codes by text message',
        _address(*WEB),
        default="",
    )
    sms_key: str = _setting("SMS_KEY", "the key it asks for (`Authorization: Bearer`)", default="", is_secret=True)
    fcm_url: str = _setting(
        "FCM_URL",
        "base address of FCM; the phone sandbox in development",
        _base_address,
        default="https://fcm.googleapis.com",
    )
    push_sender: str = _setting(
        "PUSH_SENDER", "`pooled`, or `sdk` for firebase-admin's own sender", _one_of("pooled", "sdk"), default="pooled"
    )
    push_rate_per_s: float = _setting(
        "PUSH_RATE", "pushes a second for all workers together", _number(100, 1_000_000), default="9000"
    )
    push_timeout_s: float = _setting(
        "PUSH_TIMEOUT_S", "how long an answer of FCM is waited for; shorter makes repeats", _number(1, 60), default="15"
    )
    push_alone_max: int = _setting(
        "PUSH_ALONE_MAX",
        "how many people the notices of all polls that one officer scheduled may ring in 24 hours on that word alone; "
        "more wait for a colleague's release",
        _whole(0, 100_000_000),
        default="10000",
    )
    alert_mode: str = _setting(
        "ALERT_MODE",
        "`live` or `test`; in test mode every alert is marked as a test and reaches only phones registered in it; "
        "in production it must be set",
        _one_of(*ALERT_MODES),
        default="test",
    )
    witnesses: Mapping[str, str] = _setting(
        "WITNESSES",
        "who watches the polls' boards, as `NAME=KEY,NAME=KEY`; `python -m mvoting board witness` prints a witness's",
        _witnesses,
        default="",
    )
    clock_offset_s: float = _setting(
        "CLOCK_OFFSET_S", "shifts this process's clock; tests only", _number(-(10**9), 10**9), default="0"
    )

    @property
    def is_production(self) -> bool:
        return self.env == "production"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read settings from `environ`.

    Raises: SettingsError naming every wrong or missing setting at once.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for setting in fields(Settings):
        facts = setting.metadata
        text = environ.get(facts["name"], "").strip() or facts["default"]
        try:
            values[setting.name] = _read(text, facts["read"])
        except ValueError as refusal:
            wrong.append(f"{facts['name']}: {refusal}")
    wrong += _at_odds(values, environ)
    if wrong:
        raise SettingsError("mVoting cannot start; these settings are wrong:\n" + "\n".join(f"  - {line}" for line in wrong))
    return Settings(**values)


def _read(text: str | None, read: Callable[[str], Any]) -> Any:
    if text is None:
        raise ValueError("missing")
    return read(text)


def _at_odds(values: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[str]:
    """Say what does not fit together. Values that were refused by themselves are not there."""
    national = [values.get(f"national_{part}") for part in ("issuer", "client_id", "client_secret")]
    if any(national) and not all(national):
        yield "MVOTING_NATIONAL_ISSUER, _CLIENT_ID and _CLIENT_SECRET: give all three or none"
    if "sms_url" in values and bool(values["sms_url"]) != bool(values["sms_key"]):
        yield "MVOTING_SMS_URL and MVOTING_SMS_KEY: give both or none"
    if values.get("env") == "production":
        yield from _unfit_for_production(values, environ)


def _unfit_for_production(values: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[str]:
    for name in ("FIREBASE_CREDENTIALS", "ALERT_MODE"):
        if not environ.get(f"MVOTING_{name}", "").strip():
            yield f"MVOTING_{name}: missing (needed in production)"
    for name in ("national_issuer", "sms_url"):
        if values.get(name, "").startswith("http://"):
            yield f"MVOTING_{name.upper()}: must start with https:// in production"
    if values.get("clock_offset_s"):
        yield "MVOTING_CLOCK_OFFSET_S: must not be set in production"
    if environ.get("FIREBASE_AUTH_EMULATOR_HOST"):
        yield "FIREBASE_AUTH_EMULATOR_HOST: must not be set in production, because unsigned tokens would be accepted"


@cache
def settings() -> Settings:
    """Give this process's settings."""
    return load_settings(os.environ)
