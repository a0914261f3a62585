"""People for tests: what they prove, what they bring to the door, what they send."""

import itertools

from mvoting.accounts import rules
from mvoting.accounts.consents import Consents
from mvoting.accounts.identifiers import Proof
from mvoting.accounts.services import Entry
from mvoting.accounts.sessions import Device

CONSENTS = Consents(terms=1, privacy=1, is_fourteen=True)
_devices = itertools.count()


def phone(number):
    """Prove a phone number."""
    number = rules.normal_phone(number)
    return Proof("phone", number, label=rules.masked_phone(number))


def google(name):
    """Prove a social sign-in."""
    return Proof("social", name, provider="firebase", label="google.com")


def entry(consents=CONSENTS, **more):
    """Come with a device of one's own."""
    return Entry(Device(id=f"device-{next(_devices):025d}"), consents, **more)


def headers(grant):
    """Send the access token of a grant."""
    return {"Authorization": f"Bearer {grant.access_token}"}
