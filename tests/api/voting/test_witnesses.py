"""Witnesses at work: the command against the served board, against a board that is shown otherwise, and what the city takes."""

import json
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from mvoting.core.keys import current_key
from mvoting.core.settings import load_settings, settings
from mvoting.voting import statements
from mvoting.voting.board import api, command, cosignatures, sequencer, services
from mvoting.voting.board.witness import opened

NAME = "university"


@contextmanager
def served(application):
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/polls"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def address(app):
    with served(app) as address:
        yield address


@pytest.fixture
def university(tmp_path, monkeypatch):
    """A witness whom the city names. Returns: its folder and its key."""
    folder = tmp_path / NAME
    with opened(folder, NAME) as witness:
        key = witness.public_key
    named = replace(settings(), witnesses={NAME: key})
    for module in (api, cosignatures):
        monkeypatch.setattr(module, "settings", lambda: named)
    return folder, key


def watch(university, *addresses):
    return command.main(["witness", *addresses, "--dir", str(university[0]), "--name", NAME])


def cosigned(client, poll):
    return client.get(f"/v1/polls/{poll[0]}/board/cosignatures?limit=100").get_json()


def vote(cast, ballot_body, poll, count):
    for _ in range(count):
        assert cast(poll, ballot_body(poll)).status_code == 200


@pytest.fixture
def board(make_poll, cast, ballot_body):
    poll = make_poll(k=2)
    vote(cast, ballot_body, poll, 4)
    assert sequencer.sequence(poll[0])
    return poll


def test_a_witness_cosigns_each_state_once_and_everybody_reads_it(client, cast, ballot_body, board, university, address):
    assert watch(university, f"{address}/{board[0]}") == 0
    assert watch(university, f"{address}/{board[0]}") == 0
    vote(cast, ballot_body, board, 4)
    sequencer.sequence(board[0])
    assert watch(university, address) == 0, "all polls of the city"
    told = cosigned(client, board)
    assert told["witnesses"] == {NAME: university[1]}
    heads = {head["number"]: head for head in services.heads(board[0], after=-1, limit=100)}
    assert [one["number"] for one in told["items"]] == [1, 2]
    for one in told["items"]:
        said = statements.check(one, statements.Cosignature, {NAME: bytes.fromhex(university[1])})
        assert vars(said) == {name: heads[one["number"]][name] for name in vars(said)}
    first = client.get(f"/v1/polls/{board[0]}/board/cosignatures?limit=1").get_json()
    rest = client.get(f"/v1/polls/{board[0]}/board/cosignatures?limit=1&after={first['next']}").get_json()
    assert first["items"] + rest["items"] == told["items"]


def test_pages_never_tear_the_cosignatures_of_one_head_apart(db, client, board):
    for number in (1, 2, 3):
        for name in "abc":
            document = {**services.heads(board[0], after=0, limit=1)[0], "number": number, "kid": name}
            one = {"_id": f"{board[0]}:{number}:{name}", "poll": board[0], "number": number, "document": document}
            db.board_cosignatures.insert_one(one)
    seen, after = [], -1
    while after is not None:
        page = client.get(f"/v1/polls/{board[0]}/board/cosignatures?limit=1&after={after}").get_json()
        seen += [(one["number"], one["kid"]) for one in page["items"]]
        after = page["next"]
    assert seen == [(number, name) for number in (1, 2, 3) for name in "abc"]


def test_each_poll_s_page_says_who_watches_its_board(client, board, make_poll, university, address):
    def page(poll, language):
        return client.get(f"/v1/polls/{poll[0]}/privacy.html", headers={"Accept-Language": language}).text

    assert "No witness has signed" in page(board, "en")
    assert "참관 서명자는 없습니다" in page(board, "ko")
    watch(university, f"{address}/{board[0]}")
    assert f"was signed by: {NAME}." in page(board, "en")
    assert f"지금 상태에 서명한 곳: {NAME}." in page(board, "ko")
    assert "witness" not in page(make_poll(), "en")


def split_view(app, board):
    """Serve the same product, but one poll's board forged by its own operator: same key, another history, sound in itself."""
    key = current_key("board")
    true = services.heads(board[0], after=-1, limit=100)[-1]
    fields = {name: value for name, value in true.items() if name not in ("kid", "signature")}
    forged = statements.sign(statements.TreeHead(**{**fields, "root": "ab" * 32}), key.private, key.kid)

    def application(environ, start_response):
        if environ["PATH_INFO"] == f"/v1/polls/{board[0]}/board":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"head": forged, "keys": services.board_keys()}).encode()]
        return app(environ, start_response)

    return application


def test_a_board_that_is_shown_otherwise_is_refused_and_gets_nothing(app, client, board, university, address, capsys):
    assert watch(university, f"{address}/{board[0]}") == 0
    before = cosigned(client, board)
    with served(split_view(app, board)) as other:
        assert watch(university, f"{other}/{board[0]}") == 1
    said = capsys.readouterr().err
    assert "REFUSED [fork]" in said
    assert "증거" in said
    assert len(list(university[0].glob("fork-*.json"))) == 1
    assert cosigned(client, board) == before
    assert watch(university, f"{address}/{board[0]}") == 0


def test_the_recount_asks_for_the_witness_and_a_split_view_is_found(
    client, cast, ballot_body, board, university, address, close, tmp_path, capsys
):
    from mvoting.core.clock import now
    from mvoting.voting.tally import services as tally

    close(board)
    assert tally.tally_poll(board[0], now=now())
    place, key = f"{address}/{board[0]}", f"{NAME}={university[1]}"
    assert command.main(["verify", place, "--witness", key, "--json"]) == 1
    assert ["not-witnessed", NAME] in json.loads(capsys.readouterr().out)["wrong"]
    assert watch(university, place) == 0
    capsys.readouterr()
    assert command.main(["verify", place, "--witness", key, "--json"]) == 1
    wrong = json.loads(capsys.readouterr().out)["wrong"]
    assert [code for code, _ in wrong] == ["more-ballots-than-people"], "people here vote by bare tokens"
    kept, archive = tmp_path / "cosignatures.json", tmp_path / "archive.jsonl.gz"
    archive.write_bytes(client.get(f"/v1/polls/{board[0]}/archive.jsonl.gz").data)
    kept.write_text(json.dumps(cosigned(client, board)))
    command.main(["verify", str(archive), "--witness", key, "--cosignatures", str(kept), "--language", "ko"])
    assert "참관 서명자 1곳" in capsys.readouterr().out
    assert command.main(["verify", str(archive), "--witness", key]) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"root": "ab" * 32}, {"number": 9}, {"size": 1}, {"is_final": 1}, {"kid": "press"}, {"signature": "00" * 64}],
)
def test_the_city_takes_no_other_cosignature(client, board, university, wrong):
    with opened(*university[:1], NAME) as witness:
        true = {n: v for n, v in services.heads(board[0], after=-1, limit=9)[-1].items() if n not in ("kid", "signature")}
        fields = {name: value for name, value in wrong.items() if name in true}
        signed = statements.sign(statements.Cosignature(**{**true, **fields}), witness._key, NAME)
    document = {**signed, **{name: value for name, value in wrong.items() if name not in true}}
    answer = client.post(f"/v1/polls/{board[0]}/board/cosignatures", json=document)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "voting.cosignature-refused")
    assert cosigned(client, board)["items"] == []


def test_whom_the_city_does_not_name_cosigns_nothing(client, board, address, tmp_path):
    stranger = tmp_path / "stranger"
    assert command.main(["witness", f"{address}/{board[0]}", "--dir", str(stranger), "--name", NAME]) == 2
    assert cosigned(client, board)["items"] == []
    assert cosigned(client, board)["witnesses"] == {}


def test_a_room_s_board_has_no_witness_from_outside(client, make_poll, university, address):
    room = make_poll(audience={"kind": "room"}, room_password="비밀번호")
    sequencer.sequence(room[0])
    assert watch(university, f"{address}/{room[0]}") == 0
    assert client.get(f"/v1/polls/{room[0]}/board/cosignatures").status_code == 404


@pytest.mark.parametrize("text", ["university", "university=12", "=" + "ab" * 32, "a=" + "zz" * 32, "a b=" + "ab" * 32])
def test_a_setting_that_names_no_witness_stops_the_start(text):
    from mvoting.core.settings import SettingsError

    with pytest.raises(SettingsError, match="MVOTING_WITNESSES"):
        load_settings({"MVOTING_WITNESSES": text})


def test_cosignatures_are_found_by_an_index(db, board, university):
    query = {"poll": board[0], "number": {"$gt": -1}}
    plan = db.board_cosignatures.find(query).sort([("number", 1), ("_id", 1)]).explain()["queryPlanner"]["winningPlan"]
    assert "COLLSCAN" not in str(plan)
    assert "SORT'" not in str(plan)
