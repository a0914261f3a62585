"""Wrong settings stop the start with one message that names them all."""

import base64

import pytest

from mvoting.core.settings import SettingsError, load_settings


@pytest.fixture
def good(tmp_path):
    return {
        "MVOTING_ENV": "development",
        "MVOTING_MONGODB_URI": "mongodb://127.0.0.1/?replicaSet=rs0",
        "MVOTING_REDIS_URL": "redis://127.0.0.1/0",
        "MVOTING_SECRET": base64.b64encode(b"s" * 32).decode(),
        "MVOTING_KEYS_DIR": str(tmp_path),
    }


def test_good_settings(good):
    assert load_settings(good).secret == b"s" * 32


def test_nothing_set_names_everything():
    with pytest.raises(SettingsError) as caught:
        load_settings({})
    for name in ("MONGODB_URI", "REDIS_URL", "SECRET", "KEYS_DIR", "FIREBASE_CREDENTIALS", "ALERT_MODE"):
        assert f"MVOTING_{name}: missing" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MVOTING_ENV", "staging"),
        ("MVOTING_MONGODB_URI", "postgres://x"),
        ("MVOTING_REDIS_URL", "http://x"),
        ("MVOTING_SECRET", "not base64!"),
        ("MVOTING_SECRET", "c2hvcnQ="),
        ("MVOTING_KEYS_DIR", "/no/such/folder"),
        ("MVOTING_PUBLIC_URL", "ftp://x"),
        ("MVOTING_ALERT_MODE", "drill"),
        ("MVOTING_CLOCK_OFFSET_S", "soon"),
        ("MVOTING_CLOCK_OFFSET_S", "nan"),
        ("MVOTING_FIREBASE_CREDENTIALS", "/no/such/file"),
        ("MVOTING_FCM_URL", "fcm.googleapis.com"),
        ("MVOTING_TERMS_VERSION", "0"),
        ("MVOTING_PRIVACY_VERSION", "one"),
        ("MVOTING_TRUSTED_PROXIES", "9"),
        ("MVOTING_PUSH_SENDER", "pigeon"),
        ("MVOTING_PUSH_RATE", "99"),
        ("MVOTING_PUSH_TIMEOUT_S", "61"),
        ("MVOTING_PUSH_ALONE_MAX", "-1"),
        ("MVOTING_NATIONAL_ISSUER", "https://id.example"),
        ("MVOTING_SMS_URL", "https://sms.example"),
        ("MVOTING_SMS_KEY", "key"),
    ],
)
def test_each_wrong_value_is_named(good, name, value):
    with pytest.raises(SettingsError, match=name):
        load_settings({**good, name: value})


def test_the_secret_is_never_shown(good):
    settings = load_settings(good)
    assert "s" * 32 not in repr(settings)
    with pytest.raises(SettingsError) as caught:
        load_settings({**good, "MVOTING_ENV": "x"})
    assert good["MVOTING_SECRET"] not in str(caught.value)


def test_defaults_and_base_addresses(good):
    settings = load_settings(
        {
            **good,
            "MVOTING_PUBLIC_URL": "https://vote.example/",
            "MVOTING_SMS_URL": "http://sms.example/send/",
            "MVOTING_SMS_KEY": "key",
        }
    )
    assert (settings.public_url, settings.sms_url) == ("https://vote.example", "http://sms.example/send/")
    assert (settings.mongodb_name, settings.alert_mode, settings.push_rate_per_s) == ("mvoting", "test", 9000)
    assert settings.firebase_credentials is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"},
        {"MVOTING_CLOCK_OFFSET_S": "9099"},
        {"MVOTING_ALERT_MODE": ""},
        {"MVOTING_FIREBASE_CREDENTIALS": ""},
        {"MVOTING_SMS_URL": "http://sms.example", "MVOTING_SMS_KEY": "key"},
        {
            "MVOTING_NATIONAL_ISSUER": "http://id.example",
            "MVOTING_NATIONAL_CLIENT_ID": "a",
            "MVOTING_NATIONAL_CLIENT_SECRET": "b",
        },
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_production_refuses(good, wrong, tmp_path):
    credentials = tmp_path / "account.json"
    credentials.write_text("{}")
    production = {
        **good,
        "MVOTING_ENV": "production",
        "MVOTING_ALERT_MODE": "live",
        "MVOTING_FIREBASE_CREDENTIALS": str(credentials),
    }
    assert load_settings(production).is_production
    with pytest.raises(SettingsError, match=next(iter(wrong))) as caught:
        load_settings({**production, **wrong})
    assert str(caught.value).count("\n") == 1
