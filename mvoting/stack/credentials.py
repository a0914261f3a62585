"""The demo city's staff and how they sign in. Nothing secret stands here: passwords and authenticator secrets follow from the
root secret, which is random for each folder of data."""

import argparse
import base64
import time
from dataclasses import dataclass

import pyotp

from mvoting.core.secrets import derive_key
from mvoting.core.settings import settings
from mvoting.stack.clients import TOTP_STEP_S, Officer
from mvoting.stack.environment import use_development_environment

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PASSWORD_LETTERS = 16


@dataclass(frozen=True)
class DemoOfficer:
    """A staff member of the demo city."""

    email: str
    name: str
    roles: tuple[str, ...]

    @property
    def password(self) -> str:
        """Letters drawn from the root secret, in groups of four."""
        key = derive_key(f"demo-password:{self.email}")
        letters = "".join(LETTERS[byte % len(LETTERS)] for byte in key[:PASSWORD_LETTERS])
        return "-".join(letters[i : i + 4] for i in range(0, PASSWORD_LETTERS, 4))

    @property
    def totp_secret(self) -> str:
        """What the authenticator holds."""
        return base64.b32encode(derive_key(f"demo-totp:{self.email}")[:20]).decode()


OFFICERS = (
    DemoOfficer("polls@demo.example", "한서연", ("poll_officer",)),
    DemoOfficer("moderator@demo.example", "오지훈", ("moderator",)),
    DemoOfficer("duty@demo.example", "문태오", ("alert_author",)),
    DemoOfficer("chief@demo.example", "강하린", ("alert_approver",)),
    DemoOfficer("admin@demo.example", "윤도현", ("administrator",)),
)


def officers(api: str) -> dict[str, Officer]:
    """Give callers for the demo city's staff, by role."""
    return {role: Officer(api, one.email, one.password, one.totp_secret) for one in OFFICERS for role in one.roles}


def main(argv: list[str]) -> int:
    """`python -m mvoting credentials`: show how the demo city's staff sign in, with their present codes."""
    argparse.ArgumentParser(prog="mvoting credentials", description=__doc__).parse_args(argv)
    use_development_environment()
    if settings().is_production:
        raise SystemExit("the demo city's staff do not exist in production")
    print(shown())
    return 0


def shown() -> str:
    """Show every demo officer's e-mail, password, the authenticator's code of this half minute, and its secret."""
    left_s = TOTP_STEP_S - int(time.time()) % TOTP_STEP_S
    lines = [f"Staff of the demo city. Each code is good once and changes in {left_s} s.", ""]
    for one in OFFICERS:
        lines += [
            f"{one.email}  ({', '.join(one.roles)})",
            f"  password  {one.password}",
            f"  code      {pyotp.TOTP(one.totp_secret).now()}  (authenticator secret {one.totp_secret})",
        ]
    return "\n".join(lines)
