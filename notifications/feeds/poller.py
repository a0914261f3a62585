"""Fetch feeds: a CAP message itself, or an Atom or RSS list of links to messages on the same host. No redirect is followed."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import ParseError  # an error; defusedxml reads  # nosec B405

import httpx
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pymongo.errors import PyMongoError

from mvoting.core.log import event
from mvoting.core.problems import Problem
from mvoting.core.settings import settings
from notifications.cap.message import NAMESPACE
from notifications.cap.reader import SIZE_MAX_BYTES
from notifications.feeds import addresses, intake, services
from notifications.feeds.services import Document

TIMEOUT_S = 10.0
MESSAGES_MAX = 50
ATOM = "{http://www.w3.org/2005/Atom}"


class FetchFailed(Exception):
    """A feed or message could not be fetched; the text is a short word for the operator."""


def poll(*, now: datetime) -> None:
    """Fetch every source's feed once; one that fails does not keep the others waiting for more than its timeout."""
    for source in services.sources_to_poll():
        try:
            etag = _poll_source(source, now=now)
            services.note_polled(source["_id"], etag=etag, error=None, now=now)
        except FetchFailed as failure:
            services.note_polled(source["_id"], etag=None, error=str(failure), now=now)
            event("feeds.poll_failed", source_id=source["_id"], reason=str(failure))
        except PyMongoError:
            raise  # the database is away for all of them
        except Exception as error:
            # Whatever one feed holds must not end the polling of all others.
            services.note_polled(source["_id"], etag=None, error=type(error).__name__, now=now)
            event("feeds.poll_broken", level=logging.ERROR, source_id=source["_id"], exc_info=True)


def _poll_source(source: Document, *, now: datetime) -> str | None:
    login = services.feed_headers(source)
    headers = {**login, "If-None-Match": source["etag"]} if source.get("etag") else login
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
        body, etag = _fetch(client, source["url"], headers)
        if body is None:
            return etag or source.get("etag")
        for url, data in _messages(client, source, body):
            _take(source, url, data, now=now)
        return etag


def _messages(client: httpx.Client, source: Document, body: bytes) -> Iterator[tuple[str | None, bytes]]:
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise FetchFailed("not-xml") from None
    if root.tag == f"{{{NAMESPACE}}}alert":
        yield None, body
        return
    links = [entry.get("href", "") for entry in root.iterfind(f"{ATOM}entry/{ATOM}link")]
    links += [item.text or "" for item in root.iterfind("channel/item/link")]
    failed: FetchFailed | None = None
    for link in links[:MESSAGES_MAX]:
        url = _absolute(source["url"], link.strip())
        if url and _is_same_host(url, source["url"]) and not intake.is_fetched(source, url):
            try:
                data, _ = _fetch(client, url, services.feed_headers(source))
            except FetchFailed as failure:
                failed = failure  # told when the others, which may be as urgent, are taken in
                continue
            yield url, data or b""
    if failed:
        raise failed


def _take(source: Document, url: str | None, data: bytes, *, now: datetime) -> None:
    try:
        receipt = intake.receive(source, data, now=now, url=url)
    except Problem as refusal:
        if url:
            intake.note_refused(source, url, refusal.members.get("reason", refusal.code), now=now)
        return
    if url and receipt["is_duplicate"] and not intake.is_fetched(source, url):
        intake.note_refused(source, url, "duplicate", now=now)


def _fetch(client: httpx.Client, url: str, headers: dict[str, str]) -> tuple[bytes | None, str | None]:
    """Give body and ETag; no body where nothing changed."""
    try:
        with _stream(client, httpx.URL(url), headers) as answer:
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return None, answer.headers.get("ETag")
            if answer.status_code != httpx.codes.OK:
                raise FetchFailed(f"status-{answer.status_code}")
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > SIZE_MAX_BYTES:
                    raise FetchFailed("too-large")
            return bytes(body), answer.headers.get("ETag")
    except addresses.AddressNotPublic as refusal:
        raise FetchFailed(str(refusal)) from None
    except httpx.HTTPError as error:
        raise FetchFailed(type(error).__name__) from None
    except httpx.InvalidURL:
        raise FetchFailed("bad-address") from None


def _stream(client: httpx.Client, url: httpx.URL, headers: dict[str, str]) -> AbstractContextManager[httpx.Response]:
    """Ask the address that was checked, by the name that was asked for: in the Host header and in TLS."""
    port = url.port or (443 if url.scheme == "https" else 80)
    address = addresses.checked_address(url.host, port, public_only=settings().is_production, resolve=addresses.resolve)
    named = {**headers, "Host": url.netloc.decode("ascii")}
    return client.stream("GET", url.copy_with(host=address), headers=named, extensions={"sni_hostname": url.host})


def _absolute(base: str, link: str) -> str | None:
    try:
        return urljoin(base, link)
    except ValueError:  # half an address, such as "http://["
        return None


def _is_same_host(url: str, other: str) -> bool:
    one, two = urlsplit(url), urlsplit(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)
