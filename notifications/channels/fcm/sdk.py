"""The plain sender: firebase-admin's own `send_each`, kept as the fallback. The only file that touches its private names.

Measured traps: it retries and sleeps inside a call (28 s at a 429), a read timeout re-posts, and one failed token refresh
makes the whole call raise after most requests were sent; so its slices are small and such a slice is retried as unknown.
"""

import threading
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime

import firebase_admin
from firebase_admin import exceptions, messaging

from mvoting.core.log import event
from notifications.channels.fcm.credentials import AccessTokens, CredentialsUnavailable
from notifications.channels.fcm.pooled import CREDENTIAL_WAIT_S, TIMEOUT_S
from notifications.channels.fcm.verdicts import classify
from notifications.channels.gateway import ACCEPTED, Outcome, Push, Report, Throttle, Verdict

SLICE = 100


class SdkGateway:
    """Send pushes with firebase-admin; `PushGateway`."""

    def __init__(self, base_url: str, project: str, tokens: AccessTokens, *, timeout_s: float = TIMEOUT_S) -> None:
        self._base_url, self._project, self._tokens, self._timeout_s = base_url, project, tokens, timeout_s
        self._app: firebase_admin.App | None = None
        self._making = threading.Lock()

    def send(self, pushes: Sequence[Push], report: Report, throttle: Throttle) -> float:
        """Send in slices until done or stopped; give the seconds to wait before the rest is tried."""
        try:
            app = self._current_app()
        except CredentialsUnavailable as error:
            event("push.credentials_unavailable", reason=str(error))
            return CREDENTIAL_WAIT_S
        for first in range(0, len(pushes), SLICE):
            wait_s = throttle.take(len(pushes[first : first + SLICE]))
            if wait_s:
                return wait_s
            outcomes = self._send_slice(app, pushes[first : first + SLICE])
            # Every outcome is reported, also after a false answer: all of the slice was sent.
            goes_on = [report(first + n, outcome) for n, outcome in enumerate(outcomes)]
            if not all(goes_on):
                return 0.0
            held = [o.retry_after_s or 0.0 for o in outcomes if o.verdict is Verdict.SLOW_DOWN]
            if held:
                throttle.slow_down(max(held))
                return max(held)
            if any(o.verdict is Verdict.NOT_AUTHORISED for o in outcomes):
                event("push.not_authorised", code="sdk")
                return CREDENTIAL_WAIT_S
        return 0.0

    def close(self) -> None:
        """Forget the app and its connections."""
        if self._app is not None:
            firebase_admin.delete_app(self._app)
            self._app = None

    def _current_app(self) -> firebase_admin.App:
        credential = self._tokens.credential()
        with self._making:
            if self._app is None or self._app.credential is not credential:
                self.close()
                options = {"projectId": self._project, "httpTimeout": self._timeout_s}
                self._app = firebase_admin.initialize_app(credential, options, name=f"push-{id(self)}")
                messaging._MessagingService.FCM_URL = self._base_url + "/v1/projects/{0}/messages:send"
            return self._app

    def _send_slice(self, app: firebase_admin.App, pushes: Sequence[Push]) -> list[Outcome]:
        with warnings.catch_warnings():
            # Tokens are deprecated, but phones of today still have them.
            warnings.simplefilter("ignore", DeprecationWarning)
            messages = [push.payload.message(push.kind, push.value) for push in pushes]
        try:
            return [_outcome(response) for response in messaging.send_each(messages, app=app).responses]
        except exceptions.FirebaseError as error:
            return [Outcome(Verdict.RETRY, error.code)] * len(pushes)


def _outcome(response: messaging.SendResponse) -> Outcome:
    if response.success:
        return ACCEPTED
    answer = getattr(response.exception, "http_response", None)
    if answer is None:
        return Outcome(Verdict.RETRY, getattr(response.exception, "code", ""))
    return classify(answer.status_code, answer.content, answer.headers.get("Retry-After"), now=datetime.now(UTC))
