"""Keys differ by purpose; what was sealed opens only where it belongs."""

import base64

import pytest
from cryptography.exceptions import InvalidTag

from mvoting.core import secrets, settings


@pytest.fixture(autouse=True)
def secret(monkeypatch, tmp_path):
    monkeypatch.setattr(
        secrets,
        "settings",
        lambda: settings.load_settings(
            {
                "MVOTING_ENV": "test",
                "MVOTING_MONGODB_URI": "mongodb://127.0.0.1",
                "MVOTING_REDIS_URL": "redis://127.0.0.1",
                "MVOTING_SECRET": base64.b64encode(bytes(range(32))).decode(),
                "MVOTING_KEYS_DIR": str(tmp_path),
            }
        ),
    )
    secrets.derive_key.cache_clear()
    yield
    secrets.derive_key.cache_clear()


def test_keys_differ_by_purpose_and_salt():
    keys = {secrets.derive_key("a"), secrets.derive_key("b"), secrets.derive_key("a", b"salt")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)


def test_keyed_is_stable_and_bound_to_its_purpose():
    assert secrets.keyed("phone", "+821000000001") == secrets.keyed("phone", "+821000000001")
    assert secrets.keyed("phone", "+821000000001") != secrets.keyed("member", "+821000000001")


def test_sealed_opens_only_unchanged_and_where_it_belongs():
    sealed = secrets.seal("facts", b"11110", bound_to=b"person")
    assert secrets.unseal("facts", sealed, bound_to=b"person") == b"11110"
    for purpose, data, bound in (
        ("other", sealed, b"person"),
        ("facts", sealed, b"somebody"),
        ("facts", sealed[:-1] + bytes([sealed[-1] ^ 1]), b"person"),
    ):
        with pytest.raises(InvalidTag):
            secrets.unseal(purpose, data, bound_to=bound)
