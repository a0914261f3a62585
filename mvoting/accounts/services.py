"""What citizens do with their accounts, and what other packages may ask about persons."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any

from pymongo.client_session import ClientSession

from mvoting.accounts import (
    changing_hands,
    codes,
    consents,
    firebase,
    national,
    persons,
    registers,
    residents,
    rules,
    sessions,
    text_messages,
)
from mvoting.accounts.consents import Consents
from mvoting.accounts.errors import (
    ConsentRequired,
    GuardianNotEligible,
    IdentifierTaken,
    InvalidCode,
    NumberResting,
    PersonNotFound,
    SecondFactRequired,
    TooManyIdentifiers,
)
from mvoting.accounts.identifiers import Proof
from mvoting.accounts.models import Person
from mvoting.accounts.national import NationalProof
from mvoting.accounts.sessions import Device, Grant
from mvoting.core import audit
from mvoting.core.clock import now
from mvoting.core.database import in_transaction
from mvoting.core.ids import random_id
from mvoting.core.problems import PreconditionFailed
from mvoting.core.settings import settings

GUARDIAN_CODE_LIFETIME = timedelta(hours=24)
CODE_LIFETIME = timedelta(minutes=5)
# What a number that was proved still lacked: consents, a second fact, or the right approval code (whose own tries are counted).
STILL_TO_GIVE = (ConsentRequired, SecondFactRequired, InvalidCode)


@dataclass(frozen=True)
class Entry:
    """What somebody brings to the door beside a proven identifier.

    Args: approval_code: from a device that is still signed in; second_id_token: of another connected sign-in; either
    confirms a number that was idle. is_newcomer: the idle number is theirs, the account behind it is not.
    """

    device: Device
    consents: Consents | None = None
    approval_code: str = ""
    second_id_token: str = ""
    is_newcomer: bool = False


def send_development_code(phone: str) -> tuple[str, datetime]:
    """Make a sign-in code for a phone; development has no text messages, so the caller shows it.

    Raises: InvalidCode when the number is none.
    """
    number = _development_phone(phone)
    return codes.make("development", number, digits=6, lifetime=CODE_LIFETIME), now() + CODE_LIFETIME


def sign_in_with_development_code(phone: str, code: str, entry: Entry) -> Grant:
    """Sign in with a code of the development sign-in.

    Raises: InvalidCode (401), TooManyTries (429), and what `sign_in` raises; where something else was missing the code is
        still good.
    """
    proof = prove_with_development_code(phone, code)
    try:
        return sign_in(proof, entry, method="development")
    except STILL_TO_GIVE:
        codes.give_back("development", proof.value, code, lifetime=CODE_LIFETIME)
        raise


def prove_with_development_code(phone: str, code: str) -> Proof:
    """Check a code of the development sign-in and give the number it proves.

    Raises: InvalidCode (401), TooManyTries (429).
    """
    number = _development_phone(phone)
    codes.use("development", number, code)
    return Proof("phone", number, label=rules.masked_phone(number))


def sign_in_with_text_message(phone: str, code: str, entry: Entry, *, network: str) -> Grant:
    """Sign in with a code that the city's gateway sent.

    Raises: NoMobileNumber (422), InvalidCode (401), TooManyTries (429), and what `sign_in` raises; where something else was
        missing the code is still good.
    """
    proof = text_messages.prove(phone, entry.device.id, code, network=network)
    try:
        return sign_in(proof, entry, method="text_message")
    except STILL_TO_GIVE:
        text_messages.give_back(phone, entry.device.id, code)
        raise


def sign_in_with_firebase(id_token: str, entry: Entry) -> Grant:
    """Sign in with a Firebase ID token.

    Raises: InvalidIdentityToken (401), IdentityProviderDown (503), and what `sign_in` raises.
    """
    return sign_in(firebase.prove(id_token), entry, method="firebase")


def sign_in(proof: Proof, entry: Entry, *, method: str) -> Grant:
    """Open a session for whoever a proven identifier leads to.

    Raises: ConsentRequired, PhoneRequired, SecondFactRequired (403), NumberResting (409), InvalidCode (401).
    """
    if entry.is_newcomer:
        changing_hands.release_to_newcomer(proof)
    person_id = persons.open_door(proof, entry.consents, is_confirmed=_is_confirmed(proof, entry))
    _renew_consents(person_id, entry)
    registers.confirm_from_register(person_id, proof)
    return sessions.begin(person_id, entry.device, method=method)


def sign_in_with_national_identity(code: str, state: str, entry: Entry) -> Grant:
    """Sign in with what the national identity provider answered; a number that it vouches for leads to the same person.

    Raises: InvalidCode, InvalidIdentityToken (401), IdentityProviderDown (503), and what `sign_in` raises; after
        ConsentRequired the same code and state are still good.
    """
    proven = national.prove(code, state)
    try:
        return _enter_with(proven, entry)
    except ConsentRequired:
        national.give_back(code, state, proven)
        raise


def connect_national_identity(person_id: str, code: str, state: str) -> None:
    """Connect a national identity to a person who is signed in; the facts that it vouches for make a resident.

    Raises: InvalidCode, InvalidIdentityToken (401), IdentityProviderDown (503), and what `persons.connect` raises.
    """
    proven = national.prove(code, state)
    persons.connect(person_id, proven.identity)
    if proven.facts is not None:
        residents.confirm(person_id, proven.facts, source="identity_provider")


def _enter_with(proven: NationalProof, entry: Entry) -> Grant:
    if proven.phone is not None and persons.owner(proven.identity) is None:
        known = persons.owner(proven.phone)
        if known is not None and persons.is_open(proven.phone):  # an idle number may have a new holder, who is this one
            persons.connect(known, proven.identity)
    person_id = persons.open_door(proven.identity, entry.consents)
    _renew_consents(person_id, entry)
    if proven.phone is not None and persons.owner(proven.phone) is None:
        with suppress(NumberResting, TooManyIdentifiers, IdentifierTaken):  # a number more; the identity alone is enough
            persons.connect(person_id, proven.phone)
    if proven.facts is not None:
        residents.confirm(person_id, proven.facts, source="identity_provider")
    return sessions.begin(person_id, entry.device, method="national")


def _renew_consents(person_id: str, entry: Entry) -> None:
    with suppress(ConsentRequired):  # to an older version, or none sent: what is due is asked once signed in
        consents.agree(person_id, entry.consents)


def _is_confirmed(proof: Proof, entry: Entry) -> bool:
    owner = persons.owner(proof)
    return owner is not None and _confirms(owner, entry.approval_code, entry.second_id_token)


def _confirms(person_id: str, approval_code: str, second_id_token: str) -> bool:
    if approval_code:
        codes.use("approval", person_id, approval_code)
        return True
    return bool(second_id_token) and persons.owner(firebase.prove(second_id_token)) == person_id


def renew_consents(person_id: str, session_id: str, agreed: Consents) -> str:
    """Agree to the versions in force. Returns: an access token that says so, for the same session.

    Raises: ConsentRequired (accounts.consent-required, 403), SessionEnded (401).
    """
    consents.agree(person_id, agreed)
    return sessions.renewed_access(session_id)


def approval_code(person_id: str) -> tuple[str, datetime]:
    """Make a code on a signed-in device that confirms the same person's sign-in on another."""
    return codes.make("approval", person_id, digits=8, lifetime=CODE_LIFETIME), now() + CODE_LIFETIME


def guardian_code(child_id: str) -> tuple[str, datetime]:
    """Make a code that a child gives to a guardian."""
    return codes.make_bearer("guardian", lifetime=GUARDIAN_CODE_LIFETIME, about=child_id), now() + GUARDIAN_CODE_LIFETIME


def consent_as_guardian(guardian_id: str, code: str) -> None:
    """Consent to a child's account, as an adult whose age the city confirmed (PIPA art. 22-2).

    Raises: GuardianNotEligible (403), InvalidCode (401), TooManyTries (429).
    """
    guardian = persons.person(guardian_id)
    if guardian is None or guardian["state"] != "active" or not rules.may_be_guardian(residents.facts_of(guardian), now=now()):
        raise GuardianNotEligible
    child_id = codes.use_bearer("guardian", code, tried_by=guardian_id)
    at = now()
    consent = {"person_id": guardian_id, "at": at, "privacy": consents.current()["privacy"]}
    Person._get_collection().update_one(
        {"_id": child_id, "state": "awaiting_guardian"},
        {"$set": {"state": "active", "guardian": consent}, "$unset": {"awaiting_since": ""}},
    )


@dataclass(frozen=True)
class Visitor:
    """Who stands at a counter.

    Args: document: the number of the document shown; phone: the person's number, where there is one, else "";
    approval_code, second_id_token: what shows that a number with an account is the visitor's: a code from a device that is
    signed in, or a text message's sign-in on the counter's screen.
    """

    document: str
    phone: str = ""
    approval_code: str = ""
    second_id_token: str = ""
    consents: Consents | None = None


def open_counter_session(staff_id: str, visitor: Visitor, *, reason: str) -> tuple[str, datetime]:
    """Let a person who shows identification take part at a counter. Returns: a code to type on the counter's own screen.

    The staff member gets no session and never sees a choice; the session is short, and the vote is the person's one vote.
    Raises: InvalidCode (401) for no number, SecondFactRequired (403) where only words say that the number is the
    visitor's, IdentifierTaken (409) when number and document are two persons', and more as `persons.open_door`.
    """
    shown = Proof("document", visitor.document.casefold().replace("-", "").replace(" ", ""))
    number = rules.normal_phone(visitor.phone) if visitor.phone else None
    if visitor.phone and number is None:
        raise InvalidCode
    known = persons.owner(Proof("phone", number)) if number else None
    # Anybody can name another's number: it leads to that account only with a document seen before, or a second fact.
    is_known_by_words = known is not None and persons.owner(shown) != known
    if is_known_by_words and not _confirms(str(known), visitor.approval_code, visitor.second_id_token):
        raise SecondFactRequired

    def work(session: ClientSession) -> str:
        if known is not None:
            persons.connect(known, shown, session=session)
        person_id = known or persons.open_door(shown, visitor.consents, session=session)
        target = f"person:{person_id}"
        audit.record("counter.open_session", target, staff_id=staff_id, reason=reason, person_id=person_id, session=session)
        return codes.make_bearer("counter", lifetime=CODE_LIFETIME, about=person_id, session=session)

    return in_transaction(work), now() + CODE_LIFETIME


def sign_in_at_counter(code: str, device: Device, *, network: str) -> Grant:
    """Open the short session that a staff member prepared.

    Raises: InvalidCode (401), TooManyTries (429).
    """
    # A counter's own screen is known after its first visitor; failures elsewhere in its network do not stop it.
    tried_by = f"device:{device.id}" if sessions.is_counter(device.id) else network
    return sessions.begin(codes.use_bearer("counter", code, tried_by=tried_by), device, method="counter", kind="counter")


def confirm_residence(
    person_id: str, facts: Mapping[str, Any], *, staff_id: str, reason: str, seen_at: datetime | EllipsisType | None = ...
) -> None:
    """Confirm what makes a person a resident, by a staff member who saw the papers.

    Args: seen_at: when the facts that the staff member saw were confirmed, None for no facts; left out, whatever there is is
    replaced.
    Raises: PersonNotFound (accounts.person-not-found, 404), PreconditionFailed (412) when a colleague confirmed facts since.
    """

    def work(session: ClientSession) -> None:
        if seen_at is not ... and residents.confirmed_at(person_id, session) != seen_at:
            raise PreconditionFailed
        before = residents.confirm(person_id, facts, source="staff", session=session)
        audit.record(
            "person.confirm_residence",
            f"person:{person_id}",
            staff_id=staff_id,
            reason=reason,
            before=before,
            after=dict(facts),
            person_id=person_id,
            session=session,
        )

    in_transaction(work)


def show_facts(person_id: str, *, staff_id: str, reason: str) -> dict[str, Any]:
    """Show a staff member the confirmed facts of a resident; that it was seen, by whom and why, is logged with the reading.

    Raises: PersonNotFound (accounts.person-not-found, 404).
    """

    def work(session: ClientSession) -> dict[str, Any]:
        stored = persons.person(person_id, session=session)
        if stored is None:
            raise PersonNotFound
        target = f"person:{person_id}"
        audit.record("person.show_facts", target, staff_id=staff_id, reason=reason, person_id=person_id, session=session)
        return residents.facts_of(stored) or {}

    return in_transaction(work)


def end_session_by_staff(session_id: str, person_id: str, *, staff_id: str, reason: str) -> bool:
    """End a lost or stolen phone's session on its owner's word. Returns: whether it was open."""

    def work(session: ClientSession) -> bool:
        was_open = sessions.end(session_id, person_id=person_id, because="ended_by_staff", session=session)
        if was_open:
            target = f"session:{session_id}"
            audit.record("session.end", target, staff_id=staff_id, reason=reason, person_id=person_id, session=session)
        return was_open

    return in_transaction(work)


def sign_in_with_phone(phone: str) -> Grant:
    """Sign a phone's holder in without a code, joining at need. Never in production: for tests, the demo and replays."""
    number = _development_phone(phone)
    agreed = Consents(**consents.current(), is_fourteen=True)
    proof = Proof("phone", number, label=rules.masked_phone(number))
    return sign_in(proof, Entry(Device(id=random_id()), agreed), method="development")


def _development_phone(text: str) -> str:
    if settings().is_production:
        raise RuntimeError("the development sign-in does not exist in production")
    phone = rules.normal_phone(text)
    if phone is None:
        raise InvalidCode
    return phone
