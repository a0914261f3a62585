"""Who may do what: every route × every role, asked over HTTP and compared with permissions.csv.

The file is the repository's one table of rights. After adding a route run
`python -m pytest tests/contract/test_permissions.py --write-permissions` and review the rows that changed.
"""

import csv
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mvoting.accounts.guards import ROLES
from mvoting.app import OPEN_FILES

TABLE = Path(__file__).parent / "permissions.csv"
WHO = ("nobody", "guest", "member", "resident", *ROLES)
# What a guard answers; anything else means that the request got past it.
REFUSALS = {
    "core.sign-in-required",
    "core.forbidden",
    "accounts.token-invalid",
    "accounts.staff-session-ended",
    "accounts.guardian-required",
    "accounts.trust-required",
}
PANEL = "/admin"


def routes(app):
    """Give (method, rule) of everything: API, pages, panel."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule not in OPEN_FILES:
            found += [(method, rule.rule) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return sorted(found, key=lambda route: (route[1], route[0]))


def address(rule):
    """Fill a rule's places with something of the right shape that does not exist."""

    def value(match):
        kind = match[1].rpartition(":")[0]
        if length := re.fullmatch(r"string\(length=(\d+)\)", kind):
            return "0" * int(length[1])
        if choice := re.match(r"any\('?([\w-]+)", kind):
            return choice[1]
        return {"int": "0", "float": "0.5"}.get(kind, "0" * 26)

    return re.sub(r"<([^>]+)>", value, rule)


@pytest.fixture
def everybody(person_headers, staff_headers):
    """Give a function that gives headers of a kind of caller, of a fresh session each time."""

    def make(who):
        if who in ROLES:
            headers = staff_headers(who, staff_id=f"{who:0>26}")
            return {**headers, "Cookie": f"staff={headers['Authorization'].removeprefix('Bearer ')}"}  # the panel's way
        return {} if who == "nobody" else person_headers(trust=who)

    return make


def seen_rights(app, everybody):
    """Ask every route as everybody. Gives {(method, rule): [who got past the guard]}."""
    client, rights = app.test_client(use_cookies=False), {}
    known = {who: everybody(who) for who in WHO}
    for method, rule in routes(app):
        allowed = []
        for who in WHO:
            # An unknown field in a JSON body and query: whoever gets past the guard is refused by the schema at the latest.
            options = {} if method in ("GET", "DELETE") else {"json": {"no-such-field": 1}}
            answer = client.open(address(rule) + "?no-such-argument=1", method=method, headers=known[who], **options)
            if method != "GET" and answer.status_code < 400:  # some routes end the session
                known[who] = everybody(who)
            if not is_refused(answer, rule):
                allowed.append(who)
        rights[method, rule] = allowed
    return rights


def is_refused(answer, rule):
    """Tell whether a guard answered: a problem of the API, or the panel's page or way to signing in that stand for one."""
    if rule.startswith(PANEL):
        leads_to_sign_in = answer.status_code == 303 and urlsplit(answer.location).path == "/admin/sign-in"
        return leads_to_sign_in or (
            answer.status_code in (401, 403) and any(f"<code>{code}<" in answer.text for code in REFUSALS)
        )
    problem = answer.get_json(silent=True) if answer.status_code in (401, 403) else None
    return isinstance(problem, dict) and problem.get("code") in REFUSALS


def read_table():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["method"], row["route"]): [who for who in WHO if row[who] == "yes"] for row in csv.DictReader(file)}


def write_table(rights):
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", "route", *WHO])
        for (method, rule), allowed in rights.items():
            writer.writerow([method, rule, *("yes" if who in allowed else "" for who in WHO)])


def test_every_route_lets_in_exactly_whom_the_table_names(app, everybody, request):
    rights = seen_rights(app, everybody)
    if request.config.getoption("--write-permissions"):
        write_table(rights)
    table = read_table()
    unlisted = [f"{method} {rule}" for method, rule in rights.keys() - table.keys()]
    gone = [f"{method} {rule}" for method, rule in table.keys() - rights.keys()]
    differing = {
        f"{method} {rule}": {"table": table[method, rule], "seen": allowed}
        for (method, rule), allowed in rights.items()
        if (method, rule) in table and table[method, rule] != allowed
    }
    assert (sorted(unlisted), sorted(gone), differing) == ([], [], {}), "add the route to tests/contract/permissions.csv"


def test_no_route_is_open_to_citizens_and_staff_rights_alike():
    """Citizens hold no staff rights and staff no citizens' rights; only public routes are for both."""
    for route, allowed in read_table().items():
        if "nobody" not in allowed:
            assert not ({"guest", "member", "resident"} & set(allowed) and set(ROLES) & set(allowed)), route


def test_the_panel_is_for_staff():
    """Whoever is no staff member gets past the guards of signing in only."""
    open_pages = {rule for (_, rule), allowed in read_table().items() if rule.startswith(PANEL) and "nobody" in allowed}
    assert len(open_pages) < 10
    for (_, rule), allowed in read_table().items():
        if rule.startswith(PANEL) and rule not in open_pages:
            assert not {"guest", "member", "resident"} & set(allowed), rule


def test_trust_only_ever_adds_rights():
    for route, allowed in read_table().items():
        if "guest" in allowed:
            assert "member" in allowed, route
        if "member" in allowed:
            assert "resident" in allowed, route
