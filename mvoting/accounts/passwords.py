"""Passwords of staff: argon2id, and none that attackers try first.

Source: RFC 9106 (second recommended parameters), NIST SP 800-63B section 5.1.1 (length and a list, no composition rules).
"""

import re

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from mvoting.accounts.errors import WeakPassword

LENGTH_MIN, LENGTH_MAX = 12, 128
GUESSES_LOG10_MIN = 10  # an attacker with the stolen hash tries that many in years, argon2id being what it is
LOCAL_WORDS = ("seoul", "korea", "mvoting", "서울", "서울시", "엠보팅")  # what the library's lists do not know
_hasher = PasswordHasher()
# Checked where no account exists, so that the answer takes as long: the hash of a random text that nobody kept. Written out,
# because making it costs every process that starts as much as a sign-in.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$+0Eqq0RtNQrtkzrWYfuXUQ$Mc0O5C6SIY8HTOvZH8j4E5pMqdtq1olRG/pTNc6RNKs"


def hashed(password: str, *, about: tuple[str, ...] = ()) -> str:
    """Hash a new password; `about` are words that it must not be made of (name, e-mail address).

    Raises: WeakPassword (accounts.weak-password, 422).
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX or is_easy(password, about):
        raise WeakPassword
    return _hasher.hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Tell whether a password fits the stored hash; takes equally long when there is none."""
    try:
        fits = _hasher.verify(stored or NOBODY, password[:LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def is_easy(password: str, about: tuple[str, ...] = ()) -> bool:
    """Tell whether a password is easy to guess: among the common ones, or built of words, runs, dates or `about`."""
    words = [*LOCAL_WORDS, *(word for text in about for word in (text, *re.split(r"\W+", text)) if len(word) >= 3)]
    # zxcvbn takes long on long texts; 72 letters are enough to judge by.
    return bool(zxcvbn(password[:72], user_inputs=words)["guesses_log10"] < GUESSES_LOG10_MIN)
