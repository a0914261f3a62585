"""`/v1/preferences`: what the person who asks wants to be told."""

from typing import Any

from mvoting.accounts.guards import current_person, member
from mvoting.core.clock import now
from mvoting.core.http import ApiBlueprint, required_version, with_version
from mvoting.core.language import language
from mvoting.core.problems import PreconditionFailed, PreconditionRequired
from notifications.devices import services as devices
from notifications.preferences import errors, services
from notifications.preferences.kinds import KINDS
from notifications.preferences.schemas import PreferencesIn, PreferencesOut
from proposals.vocabulary import CATEGORIES

blueprint = ApiBlueprint("preferences", __name__, url_prefix="/v1/preferences", description="What to be told, and when not.")


def shown(chosen: dict[str, Any]) -> dict[str, Any]:
    """Give preferences with every kind and topic in the person's language."""
    korean = language() == "ko"
    kinds = [
        {
            "name": kind.name,
            "label": kind.ko if korean else kind.en,
            "note": kind.note_ko if korean else kind.note_en,
            "can_mute": kind.can_mute,
            "passes_quiet_hours": kind.passes_quiet_hours,
            "is_muted": kind.name in chosen["muted"],
            "is_hidden": kind.name in chosen["hidden"],
        }
        for kind in KINDS.values()
    ]
    topics = [
        {"name": name, "label": label["ko" if korean else "en"], "is_followed": name in chosen["topics"]}
        for name, label in CATEGORIES.items()
    ]
    return {**chosen, "kinds": kinds, "topics": topics}


@blueprint.route("", methods=["GET"], guard=member)
@blueprint.response(200, PreferencesOut())
def get_preferences():
    """Read my choices."""
    return with_version(shown(services.get_preferences(current_person().id)))


@blueprint.route("", methods=["PUT"], guard=member)
@blueprint.arguments(PreferencesIn())
@blueprint.response(200, PreferencesOut())
@blueprint.problems(errors.CannotMute, PreconditionFailed, PreconditionRequired)
def put_preferences(body):
    """Replace my choices; they hold for all my devices at once."""
    person_id = current_person().id
    chosen = services.set_preferences(person_id, body, required_version(), now=now())
    devices.copy_preferences(person_id)
    return with_version(shown(chosen))
