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


@pytest.mark.parametrize("name", ["FIREBASE_AUTH_EMULATOR_HOST", "MVOTING_CLOCK_OFFSET_S"])
def test_what_production_refuses(good, name, tmp_path):
    credentials = tmp_path / "account.json"
    credentials.write_text("{}")
    production = {
        **good,
        "MVOTING_ENV": "production",
        "MVOTING_ALERT_MODE": "live",
        "MVOTING_FIREBASE_CREDENTIALS": str(credentials),
    }
    assert load_settings(production).is_production
    with pytest.raises(SettingsError, match=name):
        load_settings({**production, name: "9099"})
