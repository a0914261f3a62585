"""What can be done with listings. The second pair of eyes is asked for in the write itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from mvoting.accounts import staff_management
from mvoting.core import audit
from mvoting.core.database import in_transaction
from mvoting.core.ids import new_id
from mvoting.core.pagination import keyset_page
from notifications.listings import errors
from notifications.listings.models import Listing

Document = dict[str, Any]


def propose(
    kind: str, subject_id: str, subject_revision: int, classes: Sequence[str], *, reason: str, by: str, now: datetime
) -> Document:
    """Propose that a subject may send alerts of these classes by itself."""
    listing = {
        "_id": new_id(),
        "kind": kind,
        "subject_id": subject_id,
        "subject_revision": subject_revision,
        "classes": sorted(set(classes)),
        "reason": reason,
        "state": "proposed",
        "proposed_by": by,
        "proposed_at": now,
    }

    def write(session: ClientSession) -> Document:
        _listings().insert_one(listing, session=session)
        _audit("propose", listing, by, session)
        return listing

    return in_transaction(write)


def agree(listing_id: str, *, subject_revision: int, by: str, now: datetime) -> Document:
    """Put a proposed listing into force, as a second person.

    Args: subject_revision: of the subject as it stands now.
    Raises: ListingNotFound (404), OwnListing (403), ProposerGone, SubjectChanged, ListingStateChanged (409).
    """

    def write(session: ClientSession) -> Document:
        if "administrator" not in staff_management.roles_of(_get(listing_id, session)["proposed_by"], session=session):
            raise errors.ProposerGone
        wanted = {"_id": listing_id, "state": "proposed", "proposed_by": {"$ne": by}, "subject_revision": subject_revision}
        changes = {"state": "active", "agreed_by": by, "agreed_at": now}
        listing = _change(wanted, changes, session)
        if listing is None:
            _explain(_get(listing_id, session), by, subject_revision)
        _audit("agree", listing, by, session)
        return listing

    return in_transaction(write)


def revoke(listing_id: str, *, by: str, now: datetime) -> Document:
    """Take a subject off the list; one person suffices.

    Raises: ListingNotFound (404), ListingStateChanged (409).
    """

    def write(session: ClientSession) -> Document:
        wanted = {"_id": listing_id, "state": {"$ne": "revoked"}}
        listing = _change(wanted, {"state": "revoked", "revoked_by": by, "revoked_at": now}, session)
        if listing is None:
            _get(listing_id, session)
            raise errors.ListingStateChanged
        _audit("revoke", listing, by, session)
        return listing

    return in_transaction(write)


def listing_for(kind: str, subject_id: str, subject_revision: int, alert_class: str) -> Document | None:
    """Give the listing in force by which this subject, unchanged since, may send alerts of this class by itself."""
    return _listings().find_one(
        {
            "kind": kind,
            "subject_id": subject_id,
            "state": "active",
            "subject_revision": subject_revision,
            "classes": alert_class,
        }
    )


def use(listing_id: str, *, session: ClientSession, now: datetime) -> None:
    """Note in a release's own transaction that a listing in force was used; a revocation at that moment wins or waits.

    Raises: ListingNotFound (404) when it is in force no more.
    """
    if _change({"_id": listing_id, "state": "active"}, {"used_at": now}, session) is None:
        raise errors.ListingNotFound


def get_listing(listing_id: str) -> Document:
    """Load a listing.

    Raises: ListingNotFound (404).
    """
    return _get(listing_id)


def list_listings(*, state: str | None = None, after: str | None, limit: int) -> tuple[list[Document], str | None]:
    """List listings, the newest first."""
    return keyset_page(_listings(), {"state": state} if state else {}, sort=[("_id", -1)], after=after, limit=limit)


def _listings() -> Collection[Document]:
    collection: Collection[Document] = Listing._get_collection()
    return collection


def _get(listing_id: str, session: ClientSession | None = None) -> Document:
    listing = _listings().find_one({"_id": listing_id}, session=session)
    if listing is None:
        raise errors.ListingNotFound
    return listing


def _change(wanted: Document, changes: Document, session: ClientSession) -> Document:
    changed: Any = _listings().find_one_and_update(
        wanted, {"$set": changes}, return_document=ReturnDocument.AFTER, session=session
    )
    return changed


def _explain(listing: Document, by: str, subject_revision: int) -> None:
    if listing["state"] != "proposed":
        raise errors.ListingStateChanged
    if listing["proposed_by"] == by:
        raise errors.OwnListing
    if listing["subject_revision"] != subject_revision:
        raise errors.SubjectChanged


def _audit(act: str, listing: Document, by: str, session: ClientSession) -> None:
    after = {name: listing[name] for name in ("kind", "subject_id", "subject_revision", "classes", "state")}
    target = f"listing:{listing['_id']}"
    audit.record(f"listings.{act}", target, staff_id=by, reason=listing["reason"], after=after, session=session)
