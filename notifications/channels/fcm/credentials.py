"""Access tokens for FCM by firebase-admin's credentials; a changed service account file is read without a restart."""

import threading
import time
from datetime import UTC
from pathlib import Path
from typing import Any

import google.auth.credentials
from firebase_admin import credentials

REFRESH_BEFORE_S = 300.0


class CredentialsUnavailable(Exception):
    """No access token could be had: the file is unreadable or the token server refuses or does not answer."""


class SandboxCredential(credentials.Base):
    """A credential that only the phone sandbox accepts."""

    def get_credential(self) -> Any:
        return _SandboxToken()


class _SandboxToken(google.auth.credentials.Credentials):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = "sandbox"  # a word that the sandbox takes and Google refuses  # nosec B105

    def refresh(self, request: Any) -> None:
        """Nothing to do: the word never changes."""


class AccessTokens:
    """Give the current access token of one service account."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the service account file; without one the sandbox's credential is used."""
        self._path = path
        self._lock = threading.Lock()
        self._modified_ns = -1
        self._credential: credentials.Base = SandboxCredential()
        self._token = ""  # none yet  # nosec B105
        self._refresh_at = 0.0

    def current(self) -> str:
        """Give a token that is valid for some minutes.

        Raises: CredentialsUnavailable.
        """
        with self._lock:
            self._reload()
            if not self._token or time.time() >= self._refresh_at:
                self._fetch()
            return self._token

    def is_fresh(self) -> bool:
        """Tell whether `current` would answer at once, without asking the token server."""
        return bool(self._token) and time.time() < self._refresh_at and self._modified() == self._modified_ns

    def discard(self, token: str) -> None:
        """Forget `token`, which the service refused; a newer one stays."""
        with self._lock:
            if token == self._token:
                self._token = ""  # none yet  # nosec B105

    def credential(self) -> credentials.Base:
        """Give firebase-admin's credential itself, for its own sender."""
        with self._lock:
            self._reload()
            return self._credential

    def _modified(self) -> int:
        if self._path is None:
            return -1
        try:
            return self._path.stat().st_mtime_ns
        except OSError as error:
            raise CredentialsUnavailable(f"service account file: {error.strerror}") from error

    def _reload(self) -> None:
        modified_ns = self._modified()
        if modified_ns == self._modified_ns:
            return
        try:
            self._credential = credentials.Certificate(str(self._path))
        except (ValueError, OSError) as error:
            raise CredentialsUnavailable("the service account file is not valid") from error
        self._modified_ns, self._token = modified_ns, ""

    def _fetch(self) -> None:
        try:
            info = self._credential.get_access_token()
        except Exception as error:  # google.auth raises its own, requests' and OS errors here, all meaning the same
            raise CredentialsUnavailable(type(error).__name__) from error
        self._token = info.access_token
        # google.auth gives naive UTC.
        expiry = info.expiry.replace(tzinfo=UTC).timestamp() if info.expiry else time.time() + 3600
        self._refresh_at = max(expiry - REFRESH_BEFORE_S, time.time() + 5)
