"""A stand-in for a Qdrant server: its REST interface, answered by the client's local mode."""

import json
import threading
import warnings
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from qdrant_client import QdrantClient, models

Json = Any


class StandIn:
    """Speaks to qdrant-client as a server does, as far as the server store asks. Requests are checked against the models of the REST interface.

    Attributes:
        url: Where it listens.
        version: What it says of itself.
        key: The API key it asks for, if any.
        asked: Method and path of every request, in order.
        queries: What each of them said after the question mark.
        faults: What the next requests meet instead of an answer: an HTTP status, "drop" for a connection that breaks off, or "drop after" for one that does so
            once the request was carried out.
        retry_after: What a refusal says of when to come again.
        status: What becomes of writes.
        shards: The shard of each point, by collection, where shards have names; a request that names none that exists is refused.
    """

    def __init__(self) -> None:
        self.client = QdrantClient(":memory:")
        self.lock = threading.RLock()
        self.version = "1.20.0"
        self.key: str | None = None
        self.asked: list[str] = []
        self.queries: list[dict[str, list[str]]] = []
        self.faults: list[int | str] = []
        self.retry_after: str | None = None
        self.status = "completed"
        self.shards: dict[str, dict[str, str]] = {}
        self.keys: dict[str, list[str]] = {}
        self.indexes: dict[str, dict[str, Any]] = {}
        self.made: dict[str, Any] = {}
        self.searches: list[models.QueryRequest] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self.client.close()

    def answer(self, method: str, path: list[str], body: Json) -> Json:  # noqa: PLR0911, PLR0912 - one for each request there is
        match method, path:
            case "GET", []:
                return None
            case "GET", ["collections", name, "exists"]:
                return {"exists": self.client.collection_exists(name)}
            case "PUT", ["collections", name]:
                self._make(name, models.CreateCollection(**body))
                return True
            case "GET", ["collections", name]:
                info = self.client.get_collection(name).model_dump(mode="json", exclude_none=True)
                return info | {"payload_schema": self.indexes[name]}
            case "PATCH", ["collections", name]:
                self.client.update_collection(name, metadata=models.UpdateCollection(**body).metadata)
                return True
            case "PUT", ["collections", name, "vectors", vector]:
                self.client.create_vector_name(name, vector, models.DenseVectorNameConfig(**body))
                return self._written()
            case "DELETE", ["collections", name, "vectors", vector]:
                self.client.delete_vector_name(name, vector)
                return self._written()
            case "PUT", ["collections", name, "points", "vectors"]:
                self.client.update_vectors(name, models.UpdateVectors(**body).points)
                return self._written()
            case "PUT", ["collections", name, "shards"]:
                self.keys[name].append(models.CreateShardingKey(**body).shard_key)
                return True
            case "GET", ["collections", name, "shards"]:
                return {"shard_keys": [{"key": key} for key in self.keys[name]]}
            case "PUT", ["collections", name, "index"]:
                index = models.CreateFieldIndex(**body)
                self.indexes[name][index.field_name] = {"data_type": body["field_schema"]["type"], "params": body["field_schema"], "points": 0}
                return self._written()
            case "PUT", ["collections", name, "points"]:
                batch = models.PointsList(**body)
                (shard,) = self._named(name, batch.shard_key) or [""]
                self.shards[name] |= {point.id: shard for point in batch.points}
                self.client.upsert(name, batch.points, update_mode=batch.update_mode)
                return self._written()
            case "POST", ["collections", name, "points", "delete"]:
                gone = models.FilterSelector(**body)
                self.client.delete(name, models.FilterSelector(filter=self._within(name, gone.shard_key, gone.filter)))
                return self._written()
            case "POST", ["collections", name, "points"]:
                wanted = models.PointRequest(**body)
                return _plain(self.client.retrieve(name, wanted.ids, with_payload=wanted.with_payload or False, with_vectors=wanted.with_vector or False))
            case "POST", ["collections", name, "points", "count"]:
                counted = models.CountRequest(**body)
                return self.client.count(name, self._within(name, counted.shard_key, counted.filter), exact=bool(counted.exact)).model_dump()
            case "POST", ["collections", name, "facet"]:
                asked_for = models.FacetRequest(**body)
                return self.client.facet(name, asked_for.key, limit=asked_for.limit or 10, exact=bool(asked_for.exact)).model_dump()
            case "POST", ["collections", name, "points", "scroll"]:
                page = models.ScrollRequest(**body)
                points, after = self.client.scroll(
                    name,
                    self._within(name, page.shard_key, page.filter),
                    limit=page.limit or 10,
                    order_by=page.order_by,
                    offset=page.offset,
                    with_payload=page.with_payload or False,
                    with_vectors=page.with_vector or False,
                )
                return {"points": _plain(points), "next_page_offset": after}
            case "POST", ["collections", name, "points", "query", "batch"]:
                asked = models.QueryRequestBatch(**body).searches
                self.searches += asked
                plain = [
                    one.model_copy(
                        update={
                            "params": models.SearchParams(idf=one.params.idf) if one.params else None,
                            "filter": self._within(name, one.shard_key, one.filter),
                        }
                    )
                    for one in asked
                ]
                return [{"points": _plain(answer.points)} for answer in self.client.query_batch_points(name, plain)]
        raise LookupError(f"{method} /{'/'.join(path)}")

    def _make(self, name: str, config: models.CreateCollection) -> None:
        self.client.create_collection(name, vectors_config=config.vectors, sparse_vectors_config=config.sparse_vectors, metadata=config.metadata)
        self.indexes[name] = {}
        self.made[name] = config
        self.shards[name] = {}
        if config.sharding_method == models.ShardingMethod.CUSTOM:
            self.keys[name] = []

    def _named(self, name: str, wanted: Any) -> list[str]:  # noqa: ANN401 - one key, or several, or none
        keys = [] if wanted is None else wanted if isinstance(wanted, list) else [wanted]
        if bool(keys) != (name in self.keys) or not set(keys) <= set(self.keys.get(name, ())):
            raise ValueError(f"Shard keys {keys} of {name}, which has {self.keys.get(name)}")
        return keys

    def _within(self, name: str, wanted: Any, chosen: models.Filter | None) -> models.Filter | None:  # noqa: ANN401 - as above
        """The filter, narrowed to the shards that are asked; who names none asks all."""
        if wanted is None:
            return chosen
        keys = self._named(name, wanted)
        there = models.HasIdCondition(has_id=[id for id, shard in self.shards[name].items() if shard in keys])
        return models.Filter(must=[there, *([chosen] if chosen else [])])

    def _written(self) -> dict[str, Any]:
        return {"operation_id": 1, "status": self.status}


def _plain(points: Iterable[models.Record | models.ScoredPoint]) -> list[Json]:
    return [{"version": 1} | point.model_dump(mode="json") for point in points]


def _handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            address = urlsplit(self.path)
            with server.lock, warnings.catch_warnings(action="ignore"):
                server.asked.append(f"{self.command} {address.path}")
                server.queries.append(parse_qs(address.query))
                fault = server.faults.pop(0) if server.faults else None
                if fault == "drop":
                    self.close_connection = True
                    return None
                if fault == "drop after":
                    server.answer(self.command, [part for part in address.path.split("/") if part], json.loads(raw) if raw else None)
                    self.close_connection = True
                    return None
                if server.key is not None and self.headers.get("api-key") != server.key:
                    fault = 401
                if fault is not None:
                    # A server may quote what it was sent, and what it was sent with.
                    return self.say(int(fault), b"no: " + raw + str(self.headers).encode())
                try:
                    result = server.answer(self.command, [part for part in address.path.split("/") if part], json.loads(raw) if raw else None)
                except ValueError as error:
                    return self.say(409 if "already exists" in str(error) else 400, json.dumps({"status": {"error": str(error)}}).encode())
                whole = {"title": "qdrant", "version": server.version} if address.path == "/" else {"status": "ok", "time": 0.0, "result": result}
                self.say(200, json.dumps(whole).encode())
            return None

        do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = answer  # noqa: N815 - names that http.server looks for

        def say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if status == 429 and server.retry_after is not None:
                self.send_header("retry-after", server.retry_after)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    """A stand-in for a Qdrant server, empty."""
    server = StandIn()
    yield server
    server.close()
