"""Names that are made of a code rather than looked up: districts, topics, age bands, who acted, what went wrong, on what."""

from admin.words.saying import LABELS, label, say
from mvoting.core.districts import DISTRICTS, district_name
from mvoting.core.language import language
from mvoting.core.problems import CATALOGUE
from notifications.templates.builtin import TEMPLATES
from proposals.vocabulary import CATEGORIES


def gap_place(path: str) -> str:
    """Name the part of an alert that a gap is about: "ko.where", "correction.en", …"""
    *kind, rest = path.split(".", 1) if path.split(".")[0] in LABELS["alert_kind"] else (path,)
    code, _, part = rest.partition(".")
    name = (
        label("alert_field", f"{part}_{code}")
        if part
        else {"ko": say("한국어 글", "Korean text")}.get(code, say("영어 글", "English text"))
    )
    return f"{label('alert_kind', kind[0])}: {name}" if kind else name


def district(code: str | None) -> str:
    """Write a district's name."""
    return district_name(code, language()) if code in DISTRICTS else (code or "–")


def band(first: str) -> str:
    """Write an age band by its first age."""
    if first == "0":
        return say("20세 미만", "under 20")
    if first == "70":
        return say("70대 이상", "70 and over")
    return say(f"{first}대", f"{first}s")


def districts() -> list[tuple[str, str]]:
    """Give all districts as (code, name), in the order of their names."""
    return sorted(((code, district(code)) for code in DISTRICTS), key=lambda pair: pair[1])


def topic(name: str) -> str:
    """Write a topic's name."""
    return say(*CATEGORIES[name].values()) if name in CATEGORIES else name


def topics() -> list[tuple[str, str]]:
    """Give all topics as (name, what it is called)."""
    return [(name, topic(name)) for name in CATEGORIES]


def push_text(key: str) -> str:
    """Say when a push text is used."""
    if key not in TEMPLATES:
        return say("직접 쓰는 소식", "Staff’s own messages")
    return label("push_text", key) if key in LABELS["push_text"] else label("campaign_kind", key)


def push_version(template_id: str) -> str:
    """Name a version of a push text: "poll_closing:2"."""
    key, _, version = template_id.partition(":")
    return f"{push_text(key)}, {say(f'{version}판', f'version {version}')}" if version else push_text(key)


def actor(who: str) -> str:
    """Name who acted where no name is known: "system", "cap:…", "sensor:…", "listing:…", or a staff member who is gone."""
    kind = who.partition(":")[0]
    return label("actor", kind) if kind in LABELS["actor"] else say(f"직원 …{who[-6:]}", f"staff …{who[-6:]}")


def feed_trouble(code: str) -> str:
    """Say why a feed could not be read, or why a message was not used."""
    if code in LABELS["feed_trouble"]:
        return label("feed_trouble", code)
    if code.endswith("Timeout"):
        return label("feed_trouble", "timeout")
    if code in CATALOGUE:
        return say(CATALOGUE[code].ko, CATALOGUE[code].en)
    kind, _, status = code.partition("-")
    if kind == "status" and status.isdecimal():
        return say(f"서버가 {status}로 답함", f"the server answered {status}")
    return say("연결하지 못함", "no connection")


def target_name(target: str) -> str:
    """Name what an entry of the audit trail is about: "idea:01M…" as its kind with the last letters of its id."""
    kind, _, thing = target.partition(":")
    if kind not in LABELS["audit_target"]:
        return label("target", kind) + (f" …{thing[-6:]}" if thing else "")
    if kind == "push_template":
        return f"{label('audit_target', kind)}: {push_version(thing)}"
    is_id = len(thing) > 12 and thing.isalnum()
    return f"{label('audit_target', kind)} {f'…{thing[-6:]}' if is_id else thing}".strip()
