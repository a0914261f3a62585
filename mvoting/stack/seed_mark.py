"""How a seeded database is known. Apart from `seed`, because `make run` asks at every start and must not import the product."""

COLLECTION = "demo_city"
MARK = {"_id": "seeded"}
