"""Callers of the API over HTTP as phones and staff computers would be; the demo, the tests and the load runs use them."""

import re
import secrets
import time
from datetime import datetime
from typing import Any

import httpx
import pyotp

TOTP_STEP_S = 30
CLOCK_S = 0.5  # by how much the caller's clock may be ahead
CONSENTS = {"terms": 1, "privacy": 1, "is_fourteen": True}


class Refused(Exception):
    """The API answered with a problem."""

    def __init__(self, response: httpx.Response) -> None:
        is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
        self.status = response.status_code
        self.document: dict[str, Any] = response.json() if is_problem else {}
        self.code: str = self.document.get("code", "")
        request = response.request
        super().__init__(f"{request.method} {request.url.path}: {self.status} {self.code} {response.text[:300]}")


class Caller:
    """Somebody who calls the API; `headers` carry who it is once signed in."""

    def __init__(self, address: str, *, language: str = "en", timeout_s: float = 20.0) -> None:
        self.http = httpx.Client(base_url=address, headers={"Accept-Language": language}, timeout=timeout_s)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Call and give the answer's JSON (None for 204).

        Raises: Refused.
        """
        response = self.http.request(method, path, **({} if body is None else {"json": body}), **options)
        if response.is_error:
            raise Refused(response)
        return response.json() if response.content else None

    def bear(self, token: str) -> None:
        """Send `token` along from now on."""
        self.http.headers["Authorization"] = f"Bearer {token}"


class Citizen(Caller):
    """A citizen with one phone."""

    def __init__(self, address: str, phone: str, *, device_id: str = "", **options: Any) -> None:
        super().__init__(address, **options)
        self.phone = phone
        self.device_id = device_id or secrets.token_hex(16)
        self.push_token = f"demo-{self.device_id}"
        self.grant: dict[str, Any] = {}

    def sign_in(self) -> dict[str, Any]:
        """Sign in with the code of the development sign-in."""
        code = self.call("POST", "/v1/sign-in/development", {"phone": self.phone})["code"]
        device = {"id": self.device_id, "name": "demo", "platform": "android"}
        body = {"phone": self.phone, "code": code, "device": device, "consents": CONSENTS}
        return self._hold(self.call("POST", "/v1/sign-in/development/code", body))

    def refresh(self) -> dict[str, Any]:
        """Exchange the refresh token."""
        body = {"refresh_token": self.grant["refresh_token"], "device_id": self.device_id}
        return self._hold(self.call("POST", "/v1/sessions/refresh", body))

    def register_phone(self, *, districts: list[str], name: str) -> dict[str, Any]:
        """Register this phone for pushes."""
        body = {
            "address": {"kind": "token", "value": self.push_token},
            "platform": "android",
            "name": name,
            "permission": "granted",
            "districts": districts,
        }
        answer: dict[str, Any] = self.call("PUT", "/v1/devices", body)
        return answer

    def cast(self, poll: dict[str, Any], choices: dict[str, Any], *, revision: int = 0) -> dict[str, Any]:
        """Cast a ballot, or change it when `revision` names the one before."""
        answer: dict[str, Any] = self.call("PUT", f"/v1/polls/{poll['id']}/ballot", ballot(poll, choices, revision=revision))
        return answer

    def _hold(self, grant: dict[str, Any]) -> dict[str, Any]:
        self.grant = grant
        self.bear(grant["access_token"])
        return grant


class Officer(Caller):
    """A staff member with a password and an authenticator."""

    def __init__(self, address: str, email: str, password: str, totp_secret: str, **options: Any) -> None:
        super().__init__(address, **options)
        self.email, self.password, self.totp = email, password, pyotp.TOTP(totp_secret)

    def sign_in(self) -> dict[str, Any]:
        """Sign in with both factors; a code that was used a moment ago is followed by the next one, awaited at need.

        Raises: Refused.
        """
        step = int(time.time()) // TOTP_STEP_S
        for code_step in (step, step + 1):
            try:
                return self._sign_in(code_step)
            except Refused as refusal:
                if refusal.code != "accounts.invalid-second-factor":
                    raise
        # Both codes that are good now were used: the next becomes good one step early.
        time.sleep(max(0.0, (step + 1) * TOTP_STEP_S + CLOCK_S - time.time()))
        return self._sign_in(step + 2)

    def _sign_in(self, step: int) -> dict[str, Any]:
        challenge = self.call("POST", "/v1/staff/sign-in", {"email": self.email, "password": self.password})["challenge"]
        body = {"challenge": challenge, "code": self.totp.generate_otp(step)}
        grant: dict[str, Any] = self.call("POST", "/v1/staff/sign-in/totp", body)
        self.bear(grant["token"])
        return grant


class PanelBrowser:
    """A staff member's browser in the admin panel: its cookie, and the token that every form carries."""

    def __init__(self, address: str, officer: Officer) -> None:
        self.http = httpx.Client(base_url=address, headers={"Accept-Language": "en"}, timeout=20.0, follow_redirects=True)
        self.officer = officer
        self.page = ""

    def open(self, path: str) -> str:
        """Open a page and give its HTML.

        Raises: Refused.
        """
        return self._shown(self.http.get(path))

    def send(self, path: str, **fields: str) -> str:
        """Send a form of the page that is open and give the page that follows.

        Raises: Refused.
        """
        token = re.search(r'name="csrf_token" value="(\w+)"', self.page)
        return self._shown(self.http.post(path, data={"csrf_token": token[1] if token else "", **fields}))

    def sign_in(self) -> None:
        """Sign in with both factors, as the officer would."""
        for step in (0, 1):
            self.open("/admin/sign-in")
            self.send("/admin/sign-in", email=self.officer.email, password=self.officer.password)
            code = self.officer.totp.generate_otp(int(time.time()) // TOTP_STEP_S + step)
            try:
                self.send("/admin/sign-in/second", code=code)
            except Refused:
                if step:
                    raise
            else:
                return

    def _shown(self, response: httpx.Response) -> str:
        if response.is_error:
            raise Refused(response)
        self.page = response.text
        return self.page


def ballot(poll: dict[str, Any], choices: dict[str, Any], *, revision: int = 0) -> dict[str, Any]:
    """Give the body of a cast."""
    return {
        "definition_hash": poll["definition_hash"],
        "revision": revision,
        "cast_id": secrets.token_hex(16),
        "nonce": secrets.token_hex(16),
        "choices": choices,
    }


def in_words(moment: datetime) -> str:
    """Write a moment as the API reads it."""
    return moment.isoformat()
