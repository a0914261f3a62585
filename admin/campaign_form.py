"""A campaign's form: from what staff typed to the API's own shape, and back, and what differs between two."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from admin.forms import Form
from admin.words import district, label, say, topic
from mvoting.core.clock import now
from mvoting.core.problems import InvalidInput
from notifications.campaigns.rules import default_spread_s

LANGUAGES = ("ko", "en")
PARTS = ("title", "body")
LISTED = ("districts", "topics", "languages", "lists")
Content = dict[str, Any]
LASTS = timedelta(hours=24)


def new(template: str) -> Content:
    """Give what the form of a new message starts with. Args: template: the key of the text it is made by, or nothing."""
    until = now().replace(second=0, microsecond=0) + LASTS
    return {"to": "districts", "link": "/", "expires_at": until, "template": template}


def content_of(form: Form, fields: list[str] | None) -> Content:
    """Give the form as the API's body.

    Args: fields: of the template that is filled in; None where the message is in one's own words.
    """
    content = {
        **({"message": message_of(form)} if fields is None else {"template": template_of(form, fields)}),
        "audience": audience_of(form),
        "link": form.text("link") or "/",
        "starts_at": form.moment("starts_at"),
        "expires_at": form.moment("expires_at"),
        "spread_minutes": form.text("spread_minutes") or None,
    }
    return {name: value for name, value in content.items() if value is not None}


def message_of(form: Form) -> Content:
    """Give the message in one's own words; English only where something of it is written."""
    message = {code: {part: form.text(f"{part}_{code}") for part in PARTS} for code in LANGUAGES}
    return {code: text for code, text in message.items() if code == "ko" or any(text.values())}


def template_of(form: Form, fields: list[str]) -> Content:
    """Give the template and what fills its fields; a field that is empty in Korean is left out, and so refused by name."""
    values = {name: form.localized(f"value_{name}") for name in fields}
    return {"key": form.text("template"), "values": {name: value for name, value in values.items() if value["ko"]}}


def audience_of(form: Form) -> Content:
    """Give who gets it.

    Raises: InvalidInput (core.invalid-input, 422) where districts are meant and none is chosen.
    """
    chosen: Content = {name: form.values(name) for name in LISTED}
    if form.value("to") == "everyone":
        chosen |= {"everyone": True, "districts": []}
    elif not chosen["districts"]:
        wrong = say("자치구를 하나 이상 고르거나 ‘모두’를 고르세요.", "Choose a district, or everyone.")
        raise InvalidInput(errors={"form": {"audience": [wrong]}})
    return chosen | ({"trust": form.value("trust")} if form.value("trust") else {})


def initial_of(campaign: Mapping[str, Any]) -> Content:
    """Give a stored draft as the form's fields."""
    audience = campaign["audience"]
    is_later = campaign["starts_at"] > campaign["created_at"]
    is_default = campaign["spread_s"] == default_spread_s(campaign["starts_at"])
    fields: Content = {
        "version": campaign.get("version", 1),
        "template": (campaign.get("template") or "").partition(":")[0],
        "link": campaign["link"],
        "starts_at": campaign["starts_at"] if is_later else None,
        "expires_at": campaign["expires_at"],
        "spread_minutes": None if is_default else f"{campaign['spread_s'] / 60:g}",
        "to": "districts" if audience.get("districts") else "everyone",
        "trust": audience.get("trust", ""),
        **{name: audience.get(name, []) for name in LISTED},
    }
    for code in LANGUAGES:
        text = campaign["message"].get(code) or {}
        fields |= {f"{part}_{code}": text.get(part, "") for part in PARTS}
        fields |= {f"value_{name}_{code}": value.get(code, "") for name, value in (campaign.get("template_values") or {}).items()}
    return fields


def place_errors(form: Form) -> None:
    """Bring what was refused to its fields on the page."""
    for name, texts in list(form.errors.items()):
        at = name
        if name.startswith("message_"):
            code, _, part = name.removeprefix("message_").partition("_")
            at = f"{part}_{code}" if part else "title_ko"
        elif name.startswith("template_values_"):
            field, _, code = name.removeprefix("template_values_").rpartition("_value_")
            at = f"value_{field}_{code}"
        elif name.startswith("audience_"):
            at = "audience"
        if at != name:
            form.errors[at] = [*form.errors.get(at, []), *texts]
            del form.errors[name]


def differences(form: Form, stored: Mapping[str, Any], lists: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Give (field, stored, mine) of what differs between a stored draft and the form. Args: lists: their names."""
    theirs = form.restarted(initial_of(stored))
    names = [*form_fields(form), *(name for name in theirs.initial if name.startswith("value_"))]
    pairs = []
    for name in dict.fromkeys(names):
        pair = [_shown(one, name, lists) for one in (theirs, form)]
        if pair[0] != pair[1]:
            pairs.append((field_name(name), pair[0] or "–", pair[1] or "–"))
    return pairs


def form_fields(form: Form) -> list[str]:
    """List the fields of the form in the order of the page."""
    texts = [f"{part}_{code}" for part in PARTS for code in LANGUAGES] if not form.value("template") else []
    return [*texts, "to", *LISTED, "trust", "link", "starts_at", "expires_at", "spread_minutes"]


def field_name(name: str) -> str:
    """Give what a field is called on the page."""
    if name.startswith("value_"):
        field, _, code = name.removeprefix("value_").rpartition("_")
        return f"{{{field}}} ({label('language', code)})"
    return label("campaign_field", name)


def _chosen(name: str, value: str, lists: Mapping[str, str]) -> str:
    if name == "districts":
        return district(value)
    if name == "topics":
        return topic(value)
    return label("language", value) if name == "languages" else lists.get(value, value)


def _shown(form: Form, name: str, lists: Mapping[str, str]) -> str:
    if name == "to":
        return say("모두", "Everyone") if form.value(name) == "everyone" else say("고른 자치구", "Chosen districts")
    if name == "trust":
        return label("level", form.value(name)) if form.value(name) else ""
    if name in LISTED:
        return ", ".join(sorted(_chosen(name, value, lists) for value in form.values(name)))
    return form.value(name).replace("\r\n", "\n").strip()
