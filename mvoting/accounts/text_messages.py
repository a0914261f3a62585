"""The identity port to the city's own text messages: a code to a phone, for whoever signs in on the web.

Firebase lets a browser ask for a text message only with Google's reCAPTCHA, a script from elsewhere that this product does not
load. So the web does not depend on it: the city's gateway sends the code, and a number verified by it is as good.

Each message costs money and rings somebody's phone: they go to Korean mobile numbers only, and few to one number.
"""

import re
from datetime import datetime, timedelta

import requests

from mvoting.accounts import codes, rules, throttle
from mvoting.accounts.errors import IdentityProviderDown, NoMobileNumber
from mvoting.accounts.identifiers import Proof
from mvoting.accounts.throttle import Limit
from mvoting.core import log
from mvoting.core.clock import now
from mvoting.core.language import language
from mvoting.core.settings import settings

LIFETIME = timedelta(minutes=5)
TIMEOUT_S = 5
RETRY_AFTER_S = 30
TEXTS = {
    "ko": "[엠보팅] 인증번호 {code} (5분 안에 입력). 다른 사람에게 알려 주지 마세요.",
    "en": "[mVoting] Your code is {code}, good for 5 minutes. Tell it to nobody.",
}
_MOBILE = re.compile(r"\+821[016789][0-9]{7,8}\Z")


def is_offered() -> bool:
    """Tell whether this city has a gateway for text messages."""
    return bool(settings().sms_url)


def send_code(phone: str, device_id: str, *, network: str) -> datetime:
    """Send a sign-in code to a number, an account behind it or not. Returns: until when it is good.

    Args: device_id: where the code will be typed; strangers' tries do not use it up. network: where the request comes from; one network, or all together, can make a phone ring only so often.
    Raises: NoMobileNumber (422), TooManyTries (429), IdentityProviderDown (503).
    """
    number = _number(phone)
    limits = [Limit(f"sms:{number}:{network}", 3), Limit(f"sms:{number}", 20), Limit(f"sms:from:{network}", 100)]
    throttle.require_free(*limits)
    throttle.count_failure(*limits)  # each message counts; a sign-in forgets those of its own network
    code = codes.make("text", f"{number}:{device_id}", digits=6, lifetime=LIFETIME)
    _send(number, TEXTS[language()].format(code=code))
    return now() + LIFETIME


def prove(phone: str, device_id: str, code: str, *, network: str) -> Proof:
    """Check a code that was sent for this device and give the number it proves.

    Raises: NoMobileNumber (422), InvalidCode (401), TooManyTries (429).
    """
    number = _number(phone)
    codes.use("text", f"{number}:{device_id}", code)
    throttle.forget(Limit(f"sms:{number}:{network}", 3))
    return Proof("phone", number, label=rules.masked_phone(number))


def give_back(phone: str, device_id: str, code: str) -> None:
    """Let a code that `prove` took be used once more: nobody is sent a second message for having to read the terms first."""
    codes.give_back("text", f"{_number(phone)}:{device_id}", code, lifetime=LIFETIME)


def _number(phone: str) -> str:
    number = rules.normal_phone(phone)
    if number is None or not _MOBILE.match(number):
        raise NoMobileNumber
    return number


def _send(number: str, text: str) -> None:
    headers = {"Authorization": f"Bearer {settings().sms_key}"}
    try:
        answer = requests.post(
            settings().sms_url, json={"to": number, "text": text}, headers=headers, timeout=TIMEOUT_S, allow_redirects=False
        )
        sent = answer.status_code in (200, 201, 202, 204)
    except requests.RequestException:
        sent = False
    if not sent:
        log.event("accounts.text_message_not_sent")
        raise IdentityProviderDown(headers={"Retry-After": str(RETRY_AFTER_S)})
