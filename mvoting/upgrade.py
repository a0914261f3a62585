"""`python -m mvoting upgrade`: bring an existing database up to this release; may be ended, repeated, and run beside the service."""

import argparse

from mvoting import parts
from mvoting.core import database, upgrade

OLD_INDEXES = {
    "campaign_batches": ["state_1_lease_until_1"],
    "campaigns": ["kind_1_created_at_-1"],
    "ideas": [
        "touched_at_1",
        "endorsement_count_-1__id_-1",
        "category_1_endorsement_count_-1__id_-1",
        "district_1_endorsement_count_-1__id_-1",
        "state_1_to_threshold_1__id_1",
        "to_threshold_1",
        "next_due_at_1__id_1",
    ],
    "idea_merges": ["from_id_1_state_1"],
    "mergers": ["state_1_at_1"],
    "moderation_cases": ["author_id_1_opened_at_-1"],
    "polls": ["opens_at_-1", "state_1_opens_at_-1__id_-1", "review_1__id_1"],
    "register_imports": ["state_1"],
    "staff": ["passkeys.id_1"],
}
"""By collection, what earlier releases declared and this one does not. Others may be the operators' own and stay."""


def main(argv: list[str]) -> int:
    """Drop old indexes, then fill what documents lack; returns an exit status."""
    argparse.ArgumentParser(prog="mvoting upgrade", description=__doc__).parse_args(argv)
    database.connect()
    database.prepare(parts.load(path) for path in parts.DOCUMENTS)
    for collection, names in OLD_INDEXES.items():
        for name in names:
            if upgrade.drop_index(database.database()[collection], name):
                print(f"{collection}: dropped index {name}", flush=True)
    for path in parts.UPGRADES:
        count = 0
        for made in parts.load(path)():
            count += len(made)
            print(f"{path.partition(':')[2]}: {count}", flush=True)
    print("up to date")
    return 0
