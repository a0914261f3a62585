"""A poll's form: from what an officer typed to the API's own shape, and back.

Options are rows whose fields repeat (`q1_option_ko`, `q1_option_en`, …), so their order on the screen is their order.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from flask import request

from admin.forms import Form
from admin.words import label, local, say
from mvoting.accounts.guards import current_staff
from mvoting.core import storage
from mvoting.core.clock import now
from mvoting.core.districts import district_name
from mvoting.core.language import language

QUESTIONS_MAX, OPTIONS_MAX, LINKS_MAX = 20, 200, 5
NUMBERS = ("min_choices", "max_choices", "max_score", "max_points", "budget")
OPTION_FIELDS = ("ko", "en", "cost", "about_ko", "about_en", "picture", "keep", "links")
ROWS_AT_FIRST, ROWS_MORE = 3, 5
Row = dict[str, Any]
Content = dict[str, Any]


def question_count(form: Form) -> int:
    """Give how many questions the form holds."""
    return max(1, min(number(form.value("questions")) or 1, QUESTIONS_MAX))


def entered(form: Form) -> dict[str, Any]:
    """Give the options and pictures of a sent form: {"picture": id, "q1_picture": id, "q1_options": [row, …]}."""
    found: dict[str, Any] = {"picture": _picture(form, "")}
    for place in range(1, question_count(form) + 1):
        prefix = f"q{place}_"
        found[f"{prefix}picture"] = _picture(form, prefix)
        found[f"{prefix}options"] = _rows(form, prefix)
    return found


def take_pictures(form: Form, found: dict[str, Any]) -> None:
    """Store the pictures that came with the form and note their ids in `found`, so that a second try need not send them.

    Raises: PictureRefused (core.picture-refused, 422).
    """
    for prefix in ("", *(f"q{place}_" for place in range(1, question_count(form) + 1))):
        file = request.files.get(f"{prefix}file")
        if file and file.filename:
            found[f"{prefix}picture"] = _stored(file)
        for row in found.get(f"{prefix}options", []):
            if row["file"] is not None:
                row["picture"] = _stored(row["file"])


def kept_pictures(poll: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the same for a stored poll, or for none."""
    if poll is None:
        return {"picture": "", "q1_picture": "", "q1_options": []}
    definition = poll["definition"]
    kept: dict[str, Any] = {"picture": definition.get("picture", "")}
    for place, question in enumerate(definition["questions"], 1):
        kept[f"q{place}_picture"] = question.get("picture", "")
        kept[f"q{place}_options"] = [_row(option) for option in question["options"]]
    return kept


def content_of(form: Form, taken: Mapping[str, Any]) -> Content:
    """Give the form as the API's body.

    Args: taken: from `entered`, with the pictures taken.
    """
    content = {
        "title": form.localized("title"),
        "description": _text(form, "about"),
        "picture": taken["picture"],
        "links": links_of(form.text("links")),
        "opens_at": form.moment("opens_at"),
        "closes_at": form.moment("closes_at"),
        "figures": form.text("figures"),
        "is_changeable": bool(form.text("changeable")),
        "room_password": form.text("room_password"),
        "min_turnout": number(form.text("min_turnout")) or 0,
        "k": number(form.text("k")),
        "audience": audience_of(form),
        "questions": _questions(form, taken),
    }
    return _given(content)


def audience_of(form: Form) -> Content:
    """Give the audience as the API's body."""
    kind = form.text("audience_kind") or "everyone"
    audience: Content = {"kind": kind, "trust": form.text("trust") or "member"}
    if kind == "profile":
        years = [number(form.text("born_from")), number(form.text("born_to"))]
        has_years = any(year is not None for year in years)
        audience |= {
            "trust": "resident",
            "districts": form.values("districts"),
            "genders": form.values("genders"),
            "tags": [tag.strip() for tag in form.text("tags").split(",") if tag.strip()],
            "birth_years": [y if y is not None else end for y, end in zip(years, (1900, 2100), strict=True)] if has_years else [],
        }
    if kind == "on_site":
        audience["by"] = form.text("by") or "code"
        if audience["by"] == "distance":
            audience["latitude_e6"] = _millionths(form.text("latitude"))
            audience["longitude_e6"] = _millionths(form.text("longitude"))
            audience["radius_m"] = number(form.text("radius_m"))
    return _given(audience)


def initial_of(poll: Mapping[str, Any]) -> dict[str, Any]:
    """Give a stored poll as the form's fields; options and pictures come from `kept_pictures`."""
    definition, audience = poll["definition"], poll["definition"]["audience"]
    about = definition.get("description") or {}
    years = audience.get("birth_years") or ["", ""]
    initial = {
        "version": poll["version"],
        "questions": len(definition["questions"]),
        "title_ko": definition["title"]["ko"],
        "title_en": definition["title"].get("en"),
        "about_ko": about.get("ko"),
        "about_en": about.get("en"),
        "links": links_text(definition.get("links")),
        "opens_at": poll["opens_at"],
        "closes_at": poll["closes_at"],
        "figures": definition["figures"],
        "changeable": "1" if definition["changeable"] else "",
        "min_turnout": definition.get("min_turnout") or "",
        "k": definition["k"],
        "audience_kind": audience["kind"],
        "trust": audience.get("trust", "member"),
        "districts": audience.get("districts", []),
        "genders": audience.get("genders", []),
        "tags": ", ".join(audience.get("tags", [])),
        "born_from": years[0],
        "born_to": years[1],
        "by": audience.get("by"),
        "latitude": audience["latitude_e6"] / 1e6 if "latitude_e6" in audience else None,
        "longitude": audience["longitude_e6"] / 1e6 if "longitude_e6" in audience else None,
        "radius_m": audience.get("radius_m"),
    }
    for place, question in enumerate(definition["questions"], 1):
        initial |= _question_fields(f"q{place}_", question)
    return initial


def told(content: Mapping[str, Any], opens_at: Any, closes_at: Any) -> dict[str, str]:
    """Write a definition down line by line, so that two can be laid side by side."""
    lines = {
        say("제목", "Title"): _both(content["title"]),
        say("설명", "About"): _both(content.get("description")),
        say("시작", "Opens"): f"{local(opens_at):%Y-%m-%d %H:%M}",
        say("마감", "Closes"): f"{local(closes_at):%Y-%m-%d %H:%M}",
        say("대상", "Audience"): _audience_text(content["audience"]),
        say("중간 집계", "Figures"): label("figures", content["figures"]),
        say("투표 바꾸기", "Changing a vote"): say("가능", "allowed") if content["changeable"] else say("불가", "not allowed"),
        say("최소 투표 수", "Ballots needed"): str(content.get("min_turnout") or "–"),
        say("한 묶음의 표", "Ballots of a batch"): str(content["k"]),
        say("더 읽을 곳", "Links"): links_text(content.get("links")) or "–",
    }
    for place, question in enumerate(content["questions"], 1):
        name = say(f"질문 {place}", f"Question {place}")
        lines[name] = f"{_both(question['title'])} ({label('method', question['method'])}, {question['seats']})"
        lines[f"{name}: {say('선택지', 'options')}"] = " / ".join(_both(option["title"]) for option in question["options"])
        linked = [links_text(part.get("links")) for part in (question, *question["options"])]
        lines[f"{name}: {say('더 읽을 곳', 'links')}"] = " / ".join(filter(None, linked)) or "–"
    return lines


def number(text: str) -> int | None:
    """Read a whole number as people write it, None where it is none."""
    digits = text.replace(",", "").strip()
    return int(digits) if digits.lstrip("-").isdecimal() and len(digits) < 17 else None


def _questions(form: Form, taken: Mapping[str, Any]) -> list[Content]:
    found = []
    for place in range(1, question_count(form) + 1):
        prefix = f"q{place}_"
        if not form.text(f"{prefix}title_ko"):
            continue
        question = {
            "title": form.localized(f"{prefix}title"),
            "description": _text(form, f"{prefix}about"),
            "picture": taken[f"{prefix}picture"],
            "links": links_of(form.text(f"{prefix}links")),
            "method": form.text(f"{prefix}method"),
            "seats": number(form.text(f"{prefix}seats")) or 1,
            "is_blank_allowed": not form.text(f"{prefix}no_blank"),
            "is_shuffled": bool(form.text(f"{prefix}shuffled")),
            "equal_ranks": True if form.text(f"{prefix}equal_ranks") else None,
            **{name: number(form.text(prefix + name)) for name in NUMBERS},
            "options": [_option(row) for row in taken[f"{prefix}options"]],
        }
        found.append(_given(question))
    return found


def _question_fields(prefix: str, question: Mapping[str, Any]) -> dict[str, Any]:
    about = question.get("description") or {}
    return {
        **{f"{prefix}{name}": question.get(name) for name in ("method", "seats", *NUMBERS)},
        f"{prefix}links": links_text(question.get("links")),
        f"{prefix}title_ko": question["title"]["ko"],
        f"{prefix}title_en": question["title"].get("en"),
        f"{prefix}about_ko": about.get("ko"),
        f"{prefix}about_en": about.get("en"),
        f"{prefix}shuffled": "1" if question.get("shuffled") else "",
        f"{prefix}no_blank": "" if question.get("blank", True) else "1",
        f"{prefix}equal_ranks": "1" if question.get("equal_ranks") else "",
    }


def _rows(form: Form, prefix: str) -> list[Row]:
    """Read the rows of options that hold anything, and those pasted in below them."""
    columns = [form.values(f"{prefix}option_{name}") for name in OPTION_FIELDS]
    files = request.files.getlist(f"{prefix}option_file")
    rows = []
    for place, values in enumerate(zip_longest(*columns, fillvalue="")):
        row: Row = dict(zip(OPTION_FIELDS, (value.strip() for value in values), strict=True))
        row["file"] = files[place] if place < len(files) and files[place].filename else None
        if row["keep"] == "no":
            row["picture"] = ""
        if row["ko"] or row["en"] or row["picture"] or row["file"]:
            rows.append(row)
    pasted = [_pasted(line) for line in form.text(f"{prefix}paste").splitlines() if line.strip()]
    return [*rows, *pasted][:OPTIONS_MAX]


def _pasted(line: str) -> Row:
    """Read "한국어 | English | cost"; a tab, as spreadsheets copy, divides as well."""
    parts = [part.strip() for part in line.replace("\t", "|").split("|")] + ["", ""]
    return dict.fromkeys(OPTION_FIELDS, "") | {"ko": parts[0], "en": parts[1], "cost": parts[2], "file": None}


def _row(option: Mapping[str, Any]) -> Row:
    about = option.get("description") or {}
    return {
        "ko": option["title"]["ko"],
        "en": option["title"].get("en", ""),
        "cost": str(option.get("cost", "")),
        "about_ko": about.get("ko", ""),
        "about_en": about.get("en", ""),
        "picture": option.get("picture", ""),
        "keep": "",
        "links": links_text(option.get("links")),
        "file": None,
    }


def _option(row: Row) -> Content:
    title = {"ko": row["ko"]} | ({"en": row["en"]} if row["en"] else {})
    about = {code: row[f"about_{code}"] for code in ("ko", "en") if row[f"about_{code}"]}
    option = {
        "title": title,
        "description": {"ko": about.get("ko", ""), **about} if about else None,
        "picture": row["picture"],
        "cost": number(row["cost"]),
        "links": links_of(row["links"]),
    }
    return _given(option)


def _picture(form: Form, prefix: str) -> str:
    return "" if form.text(f"{prefix}keep") == "no" else form.text(f"{prefix}picture")


def _stored(file: Any) -> str:
    return str(storage.store_picture(file.read(), current_staff().id, now=now())["id"])


def _text(form: Form, name: str) -> dict[str, str] | None:
    pair = form.localized(name)
    return pair if any(pair.values()) else None


def links_of(text: str) -> list[Content]:
    """Read "address | 제목 | title", one a line; the English title may be left out, and the address stands in for none at all."""
    links = []
    for line in [line for line in text.splitlines() if line.strip()][: LINKS_MAX + 1]:
        address, korean, english = ([part.strip() for part in line.split("|")] + ["", ""])[:3]
        links.append({"url": address, "title": {"ko": korean or address[:100]} | ({"en": english} if english else {})})
    return links


def links_text(links: Sequence[Mapping[str, Any]] | None) -> str:
    """Write links down as the form takes them."""
    return "\n".join(
        " | ".join([link["url"], *(link["title"][c] for c in ("ko", "en") if c in link["title"])]) for link in links or []
    )


def _given(content: Mapping[str, Any]) -> Content:
    return {key: value for key, value in content.items() if value not in (None, "", [])}


def _both(text: Mapping[str, str] | None) -> str:
    return " / ".join(text[code] for code in ("ko", "en") if text.get(code)) if text else "–"


def _audience_text(audience: Mapping[str, Any]) -> str:
    parts = [label("audience", audience["kind"]), label("level", audience.get("trust", "member"))]
    parts += [district_name(code, language()) for code in audience.get("districts", [])]
    parts += [f"{year}" for year in audience.get("birth_years", [])] + [*audience.get("genders", []), *audience.get("tags", [])]
    return ", ".join(parts)


def _millionths(text: str) -> int | None:
    try:
        return round(float(text) * 1_000_000)
    except ValueError:
        return None
