"""The floor where ../shared/bench/floor_app.py is absent: verify a token and write, bare Flask and pymongo, nothing else."""

import os
from pathlib import Path

import jwt
from flask import Flask, request
from pymongo import MongoClient, WriteConcern

KEY = Path(os.environ["FLOOR_JWT_KEY"]).read_text()
ALGORITHMS = [os.environ["FLOOR_JWT_ALG"]]
client = MongoClient(os.environ["FLOOR_MONGODB_URI"], maxPoolSize=int(os.environ["FLOOR_POOL"]))
database = client.get_database("mvoting_floor", write_concern=WriteConcern("majority", j=True))
for missing in {"who", "what", "one"} - set(database.list_collection_names()):
    database.create_collection(missing)  # a transaction must not be a collection's first use

app = Flask(__name__)


def _person() -> str:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    return jwt.decode(token, KEY, algorithms=ALGORITHMS, options={"verify_aud": False})["sub"]


@app.post("/floor/cast")
def cast():
    person, body, ballot = _person(), request.get_json(), os.urandom(16)

    def write(session):
        database.who.insert_one({"_id": ballot, "person": person}, session=session)
        database.what.insert_one({"poll": body["poll"], "choices": body["choices"]}, session=session)

    with client.start_session() as session:
        session.with_transaction(write)
    return {}, 201


@app.post("/floor/insert")
def insert():
    person, body = _person(), request.get_json()
    database.one.insert_one({"_id": os.urandom(16), "person": person, "poll": body["poll"], "choices": body["choices"]})
    return {}, 201
