"""Shapes of what the board shows."""

from marshmallow import fields, validate

from mvoting.core.schemas import Input, LocalizedIn, LocalizedOut, Output, Text, UtcDateTime

HASH = validate.Regexp("^[0-9a-f]{64}$")


class HeadOut(Output):
    """A signed tree head (Ed25519 over a domain line and the canonical JSON of the other fields). Keep those you see."""

    poll_id = fields.String(required=True)
    definition_hash = fields.String(required=True)
    number = fields.Integer(required=True, metadata={"description": "of the batch after which it was signed"})
    size = fields.Integer(required=True, metadata={"description": "entries in the tree"})
    root = fields.String(required=True, metadata={"description": "RFC 6962 root, hex"})
    is_final = fields.Integer(required=True, metadata={"description": "1 when all ballots are in"})
    kid = fields.String(required=True)
    signature = fields.String(required=True)


class BoardKeysOut(Output):
    """The city's keys."""

    keys = fields.Dict(
        required=True, metadata={"example": {"2026-11-22": "5f" * 32}, "description": "Ed25519 public keys, hex by kid"}
    )


class BoardOut(BoardKeysOut):
    """The state of a poll's board."""

    head = fields.Nested(HeadOut(), required=True)
    ballots = fields.Integer(
        required=True, metadata={"description": "ballots that count on the board; 0 below the smallest batch"}
    )
    batch_ballots = fields.Integer(required=True, metadata={"description": "the smallest batch"})
    is_final = fields.Boolean(required=True)
    totals = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"example": {"q1": {"o1": "412", "o2": "388"}}, "description": "live totals by question and option, or null"},
    )


class HeadsQuery(Input):
    """Which heads."""

    after = fields.Integer(
        load_default=-1, validate=validate.Range(-1, 2**31), metadata={"description": "number of the last one seen"}
    )
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100), metadata={"description": "heads a page"})


class HeadsOut(Output):
    """Heads in order."""

    items = fields.List(fields.Nested(HeadOut()), required=True)
    next = fields.Integer(required=True, allow_none=True, metadata={"description": "`after` of the next page, or null"})


class CosignatureIn(Input):
    """A head as a witness signed it (Ed25519, domain "mvoting cosignature v1")."""

    poll_id = Text(min=1, max=64, required=True)
    definition_hash = fields.String(required=True, validate=HASH, metadata={"example": "5f" * 32})
    number = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**31))
    size = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**40))
    root = fields.String(required=True, validate=HASH, metadata={"example": "5f" * 32})
    is_final = fields.Integer(required=True, strict=True, validate=validate.OneOf([0, 1]))
    kid = fields.String(
        required=True, validate=validate.Length(1, 40), metadata={"description": "the witness's name", "example": "university"}
    )
    signature = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{128}$"), metadata={"example": "5f" * 64})


class CosignaturesOut(Output):
    """Cosignatures in the order of the heads' numbers; `kid` is the witness's name."""

    items = fields.List(fields.Nested(HeadOut()), required=True)
    witnesses = fields.Dict(
        required=True,
        metadata={"example": {"university": "5f" * 32}, "description": "the witnesses that the city names, and their keys, hex"},
    )
    next = fields.Integer(required=True, allow_none=True, metadata={"description": "`after` of the next page, or null"})


class BatchOut(Output):
    """A batch of entries; never changes."""

    number = fields.Integer(required=True)
    first = fields.Integer(required=True, metadata={"description": "index of the first entry in the tree"})
    entries = fields.List(fields.Dict(), required=True)
    head = fields.Nested(HeadOut(), required=True)


class ConsistencyQuery(Input):
    """Between which sizes."""

    size1 = fields.Integer(
        required=True, validate=validate.Range(0, 2**40), metadata={"description": "the smaller size, of a head that you kept"}
    )
    size2 = fields.Integer(validate=validate.Range(0, 2**40), metadata={"description": "default: the present size"})


class ConsistencyOut(Output):
    """A consistency proof (RFC 6962, section 2.1.2)."""

    size1 = fields.Integer(required=True)
    size2 = fields.Integer(required=True)
    proof = fields.List(fields.String(), required=True)
    head = fields.Nested(HeadOut(), required=True)


class InclusionOut(Output):
    """An inclusion proof (RFC 6962, section 2.1.1) for an entry in the tree of `head`."""

    entry = fields.Dict(required=True, metadata={"example": {"type": "ballot", "leaf": "5f" * 32}})
    index = fields.Integer(required=True)
    proof = fields.List(fields.String(), required=True)
    head = fields.Nested(HeadOut(), required=True)


class LeafOut(Output):
    """Where a ballot stands."""

    state = fields.String(required=True, validate=validate.OneOf(["waiting", "counted", "replaced", "withdrawn"]))
    replaced_by = fields.String(required=True, allow_none=True, metadata={"description": "leaf that replaces it"})
    inclusion = fields.Nested(InclusionOut(), required=True, allow_none=True)


class PrivacyOut(Output):
    """Who can tell whose ballot is whose."""

    is_linkable = fields.Boolean(required=True, metadata={"description": "whether somebody still can"})
    unlinkable_since = UtcDateTime(
        required=True, allow_none=True, metadata={"description": "when the link was destroyed, or null"}
    )
    sentences = fields.List(fields.Nested(LocalizedOut()), required=True)


class WithdrawalIn(Input):
    """Whose ballot staff take out of the count, and why; the reason is public."""

    person_id = Text(min=1, max=64, required=True)
    reason = fields.Nested(LocalizedIn(), required=True)


class ShareIn(Input):
    """A trustee's share as printed by `python -m mvoting trustee deal`."""

    share = Text(
        min=1,
        max=1000,
        lines=True,
        required=True,
        metadata={"example": "MVOTING TRUSTEE SHARE 1\npoll 01kbn6v3tq8w2y4z6a7c9e0g1h\ntrustee 1 of 5, threshold 3"},
    )


class OpeningOut(Output):
    """How far the opening of a sealed poll has come."""

    threshold = fields.Integer(required=True)
    trustees = fields.Integer(required=True, metadata={"description": "shares that were dealt"})
    shares = fields.Integer(required=True, metadata={"description": "shares handed in"})
    handed_in = fields.List(fields.Integer(), required=True, metadata={"description": "numbers of the shares handed in"})
    is_opened = fields.Boolean(required=True)


class ContentsIn(Input):
    """What `python -m mvoting trustee open` writes."""

    patterns = fields.List(
        fields.Tuple((fields.String(validate=validate.Length(max=16384)), fields.Integer(validate=validate.Range(1, 2**40)))),
        required=True,
        validate=validate.Length(max=200_000),
        metadata={"description": "sorted contents (canonical JSON) with their multiplicity", "example": [['{"q1":["o1"]}', 2]]},
    )
    spoiled = fields.List(
        fields.String(validate=validate.Regexp("^[0-9a-f]{64}$")),
        required=True,
        validate=validate.Length(max=100_000),
        metadata={"example": []},
    )
    signatures = fields.Dict(
        keys=fields.String(validate=validate.Regexp("^[1-9][0-9]?$")),
        values=fields.String(validate=validate.Regexp("^[0-9a-f]{128}$")),
        required=True,
        metadata={"description": "Ed25519 signatures by trustee", "example": {"1": "5f" * 64}},
    )


class TieSeedIn(Input):
    """The seed behind the poll's tie_commitment."""

    seed = fields.String(required=True, validate=validate.Regexp("^([0-9a-f]{2}){16,64}$"), metadata={"example": "5f" * 16})
