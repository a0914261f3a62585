"""The inventory of personal data names every collection that knows a person."""

import re

from mvoting import parts
from mvoting.stack.environment import ROOT

# How documents name somebody.
PERSONAL = re.compile(r"(person|author|owner|coauthor|staff)(_id|_ids)?$|^(email|holder|people|address)$")
# Collections whose somebody is a member of staff at work, in whose name the city acts.
OFFICES = {
    "alerts",
    "alert_templates",
    "cap_sources",
    "sensor_gateways",
    "sensor_rules",
    "listings",
    "audit_entries",
    "staff_jobs",
    "leases",
}


def test_every_collection_that_knows_somebody_stands_in_the_inventory():
    text = (ROOT / "docs/PRIVACY.md").read_text(encoding="utf-8")
    missing = set()
    for path in parts.DOCUMENTS:
        document = parts.load(path)
        name = document._get_collection_name()
        if name not in OFFICES and any(PERSONAL.search(field) for field in document._fields) and f"`{name}`" not in text:
            missing.add(name)
    assert sorted(missing) == []
