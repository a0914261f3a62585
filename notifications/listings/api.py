"""`/v1/alert-listings`: two administrators let a source or rule send by itself; one takes it back."""

from mvoting.accounts.guards import current_staff, staff
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint
from mvoting.core.idempotency import idempotent
from mvoting.core.pagination import page_schema
from notifications.feeds.errors import SourceNotFound
from notifications.listings import errors, services, subjects
from notifications.listings.schemas import ListingIn, ListingOut, ListingQuery
from notifications.sensors.errors import RuleNotFound

blueprint = ApiBlueprint(
    "alert_listings", __name__, url_prefix="/v1/alert-listings", description="Sources and rules that send by themselves."
)

administrator = staff("administrator")
reader = staff("administrator", "alert_author", "alert_approver", "auditor")


@blueprint.route("", methods=["GET"], guard=reader)
@blueprint.arguments(ListingQuery(), location="query")
@blueprint.response(200, page_schema(ListingOut, "ListingPage"))
def list_listings(query):
    """List listings, the newest first."""
    items, following = services.list_listings(state=query.get("state"), after=query.get("after"), limit=query["limit"])
    return {"items": items, "next": following}


@blueprint.route("", methods=["POST"], guard=administrator)
@idempotent
@blueprint.arguments(ListingIn())
@blueprint.response(201, ListingOut())
@blueprint.problems(SourceNotFound, RuleNotFound, errors.KeySeen)
def propose(body):
    """Propose that a source or rule, as it stands now, may send alerts of some classes by itself."""
    revision = subjects.revision_of(body["kind"], body["subject_id"])
    facts = (body["kind"], body["subject_id"], revision, body["classes"])
    return services.propose(*facts, reason=body["reason"], by=current_staff().id, now=now())


@blueprint.route("/<id:listing_id>/agree", methods=["POST"], guard=administrator)
@blueprint.response(200, ListingOut())
@blueprint.problems(errors.ListingNotFound, errors.OwnListing, errors.ProposerGone, errors.KeySeen)
@blueprint.problems(errors.SubjectChanged, errors.ListingStateChanged)
def agree(listing_id):
    """Put a listing that another administrator proposed into force."""
    listing = services.get_listing(listing_id)
    revision = subjects.revision_of(listing["kind"], listing["subject_id"])
    return services.agree(listing_id, subject_revision=revision, by=current_staff().id, now=now())


@blueprint.route("/<id:listing_id>/revoke", methods=["POST"], guard=administrator)
@blueprint.response(200, ListingOut())
@blueprint.problems(errors.ListingNotFound, errors.ListingStateChanged)
def revoke(listing_id):
    """Take a source or rule off the list; one person suffices."""
    return services.revoke(listing_id, by=current_staff().id, now=now())
