"""Opening a sealed poll after its final head: the trustees' shares, the contents, the spoiled list.

Recount "public": the shares are joined here and the key is published, so anybody opens everything again. Recount
"trustees": they open the ballots themselves and hand in the contents, sorted, signed with as many shares as the threshold;
no share and no key ever comes here.
"""

from collections.abc import Mapping
from typing import Any

from bson import Binary
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pymongo.client_session import ClientSession

from mvoting.core import audit, lease, log
from mvoting.core.hints import hint
from mvoting.core.secrets import seal, unseal
from mvoting.voting import canonical
from mvoting.voting.acts import recorded
from mvoting.voting.board import errors, sequencer, services
from mvoting.voting.board.models import TrusteeShare
from mvoting.voting.polls import services as polls
from mvoting.voting.polls.rules import PollFacts
from mvoting.voting.sealing import hpke, trustees
from mvoting.voting.sealing.opened import Judge, contents_digest

LEASE_S = 300.0
SHARE_PURPOSE = "trustee shares"
CONTENTS_LIMIT_BYTES = 12 * 1024 * 1024  # a record is one MongoDB document


def submit_share(poll_id: str, text: str, *, staff_id: str | None = None) -> dict[str, Any]:
    """Take a trustee's share of a poll with a public recount; enough of them start the opening.

    Args: staff_id: who hands it in for the trustee, None when nobody does.
    Raises: PollNotFound (404), NotSealed, TrusteesCount, TooEarlyToOpen (409), ShareRefused (422).
    """
    facts = openable(poll_id, recount="public")
    try:
        share = trustees.parse_share(text)
        trustees.check_share(share, ceremony(facts))
    except trustees.BadShare:
        raise errors.ShareRefused from None
    stored = {
        "poll": poll_id,
        "index": share.index,
        "share": Binary(seal(SHARE_PURPOSE, text.encode(), bound_to=poll_id.encode())),
    }
    share_id = f"{poll_id}:{share.index}"

    def write(session: ClientSession | None) -> bool:
        kept = TrusteeShare._get_collection().update_one(
            {"_id": share_id}, {"$setOnInsert": stored}, upsert=True, session=session
        )
        return kept.upserted_id is not None

    recorded("submit_share", f"poll:{poll_id}", staff_id, write, after={"trustee": share.index})
    log.event("voting.share_taken", poll_id=poll_id, trustee=share.index)
    if len(_shares(poll_id)) >= ceremony(facts).threshold:
        hint("voting.open_ballots", poll_id, False)
        hint("voting.open_ballots", poll_id, True)
    return opening_state(poll_id)


def submit_contents(poll_id: str, handed_in: Mapping[str, Any], *, staff_id: str | None = None) -> dict[str, Any]:
    """Take the contents that the trustees opened themselves.

    Args: handed_in: {"patterns": [[content, times], …], "spoiled": [leaf, …], "signatures": {index: hex}}. staff_id: who
        hands them in for the trustees, None when nobody does.
    Raises: PollNotFound (404), NotSealed, TrusteesCount, TooEarlyToOpen (409), ContentsRefused (422).
    """
    facts = openable(poll_id, recount="trustees")
    record = {"type": "opened", **{name: handed_in[name] for name in ("patterns", "spoiled", "signatures")}}
    try:
        if len(canonical.encode(record)) > CONTENTS_LIMIT_BYTES:
            raise errors.ContentsRefused(reason="too long")
    except canonical.NotCanonical:
        raise errors.ContentsRefused(reason="not canonical") from None
    final: Any = services.final_batch(poll_id)
    digest = contents_digest(facts.definition_hash, final["head"]["root"], record["patterns"], record["spoiled"])
    try:
        signatures = {int(index): bytes.fromhex(s) for index, s in record["signatures"].items()}
        for index, signature in signatures.items():
            trustees.check_contents_signature(ceremony(facts), index, digest, signature)
    except (trustees.BadShare, ValueError):
        raise errors.ContentsRefused(reason="signature") from None
    if len(signatures) < ceremony(facts).threshold:
        raise errors.ContentsRefused(reason="too few signatures")
    if sum(times for _, times in record["patterns"]) + len(record["spoiled"]) != final["ballots"]:
        raise errors.ContentsRefused(reason="not as many as ballots on the board")
    if impossible := _impossible(facts, record):
        raise errors.ContentsRefused(reason=impossible)
    if staff_id:
        # Before the board's own record, which no transaction holds: what stands on the board stands in the log.
        told = {"trustees": sorted(signatures), "spoiled": len(record["spoiled"])}
        audit.record("polls.submit_contents", f"poll:{poll_id}", staff_id=staff_id, after=told)
    _append_opened(poll_id, record)
    return opening_state(poll_id)


def _impossible(facts: PollFacts, record: Mapping[str, Any]) -> str | None:
    """Say what no opening can give, however many trustees sign it: once on the board, nothing could take it back."""
    contents, judge = [content for content, _ in record["patterns"]], Judge(facts.definition)
    if contents != sorted(set(contents)):
        return "each content once, sorted"
    if not all(judge.is_valid(content.encode()) for content in contents):
        return "an invalid content"
    spoiled = record["spoiled"]
    if spoiled != sorted(set(spoiled)) or services.count_counting(facts.id, spoiled) != len(spoiled):
        return "a spoiled ballot that is none"
    return None


def opening_state(poll_id: str) -> dict[str, Any]:
    """Tell how far the opening has come.

    Raises: PollNotFound (404), NotSealed (409).
    """
    facts = polls.poll_facts(poll_id)
    if facts.secrecy != "sealed":
        raise errors.NotSealed
    dealt, handed_in = ceremony(facts), sorted(share.index for share in _shares(poll_id))
    return {
        "threshold": dealt.threshold,
        "trustees": len(dealt.commitments),
        "shares": len(handed_in),
        "handed_in": handed_in,
        "is_opened": services.opened_record(poll_id) is not None,
    }


def ceremony(facts: PollFacts) -> trustees.Ceremony:
    """Give the public part of a sealed poll's key ceremony."""
    return trustees.Ceremony.from_document({**facts.definition["sealing"], "poll_id": facts.id})


def polls_to_open() -> list[str]:
    """Name polls of which shares came in and whose ballots are not opened yet."""
    polls_with_shares: list[str] = TrusteeShare._get_collection().distinct("poll", {"is_joined": None})
    return polls_with_shares


def open_ballots(poll_id: str, *, from_the_end: bool = False) -> None:
    """Open a poll's ballots once enough shares are in. Two workers may start from both ends; doing it again is harmless."""
    facts = polls.poll_facts(poll_id)
    shares = _shares(poll_id)
    if len(shares) < ceremony(facts).threshold:
        return
    if services.opened_record(poll_id):
        _note_joined(poll_id)
        return
    key = trustees.join(shares, ceremony(facts))
    if not _open_batches(facts, key, order=-1 if from_the_end else 1):
        return  # another worker is at the last ones, and goes on from here
    name = f"opening {poll_id}"
    if lease.acquire(name, seconds=LEASE_S) is not None:
        record = {
            "type": "opened",
            "private_key": key.private_bytes_raw().hex(),
            # With the key they are no secret any more, and show whose they are.
            "shares": {str(share.index): share.value.hex() for share in shares},
            "spoiled": services.spoiled_leaves(poll_id),
        }
        _append_opened(poll_id, record)
        _note_joined(poll_id)
        lease.release(name)


def _note_joined(poll_id: str) -> None:
    TrusteeShare._get_collection().update_many({"poll": poll_id}, {"$set": {"is_joined": True}})


def _open_batches(facts: PollFacts, key: X25519PrivateKey, *, order: int) -> bool:
    """Open batch after batch that nobody has opened. Returns: whether all are open now."""
    info, judge = hpke.sealing_info(facts.id, bytes.fromhex(facts.definition_hash)), Judge(facts.definition)

    def content_of(ciphertext: bytes) -> bytes | None:
        try:
            content = hpke.open_ballot(ciphertext, key, info)
        except hpke.CannotOpen:
            return None
        return content if judge.is_valid(content) else None

    batches, unopened = sequencer.batches(), {"poll": facts.id, "contents": {"$exists": False}}
    for number in [batch["number"] for batch in batches.find(unopened, {"number": 1}).sort("number", order)]:
        if batch := batches.find_one({**unopened, "number": number}, {"entries.content": 1}):
            contents = [content_of(entry["content"]) if "content" in entry else None for entry in batch["entries"]]
            batches.update_one({"_id": batch["_id"]}, {"$set": {"contents": contents}})
    return batches.find_one(unopened, {"_id": 1}) is None


def _append_opened(poll_id: str, record: dict[str, Any]) -> None:
    if services.opened_record(poll_id) is None:
        sequencer.append_once(poll_id, record)
        log.event("voting.ballots_opened", poll_id=poll_id, spoiled=len(record["spoiled"]))


def openable(poll_id: str, *, recount: str) -> PollFacts:
    """Give the facts of a sealed poll that is to be opened in this way.

    Raises: PollNotFound (404), NotSealed, OtherRecount, TooEarlyToOpen (409).
    """
    facts = polls.poll_facts(poll_id)
    if facts.secrecy != "sealed":
        raise errors.NotSealed
    if facts.definition["sealing"]["recount"] != recount:
        raise errors.OtherRecount
    if not services.is_final(poll_id):
        raise errors.TooEarlyToOpen
    return facts


def _shares(poll_id: str) -> list[trustees.Share]:
    stored = TrusteeShare._get_collection().find({"poll": poll_id})
    return [trustees.parse_share(unseal(SHARE_PURPOSE, s["share"], bound_to=poll_id.encode()).decode()) for s in stored]
