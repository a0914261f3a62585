"""Fetch feeds: a CAP message itself, or an Atom or RSS list of links to messages on the same host. No redirect is followed."""

import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError  # an error and a type; defusedxml reads  # nosec B405

import httpx
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pymongo.errors import PyMongoError

from mvoting.core.log import event
from mvoting.core.problems import Problem
from mvoting.core.settings import settings
from notifications.cap.message import NAMESPACE
from notifications.cap.reader import SIZE_MAX_BYTES
from notifications.feeds import addresses, intake, links, receipts, services
from notifications.feeds.services import Document

TIMEOUT_S = 10.0
MESSAGES_MAX = 50
LINKS_S = 20.0
URL_MAX, STAMP_MAX = 1000, 100
ATOM = "{http://www.w3.org/2005/Atom}"


class FetchFailed(Exception):
    """A feed or message could not be fetched; the text is a short word for the operator."""


def poll(*, now: datetime) -> None:
    """Fetch every source's feed once; one that fails does not keep the others waiting for more than its timeout."""
    for source in services.sources_to_poll():
        try:
            etag = _poll_source(source, now=now)
            services.note_polled(source["_id"], etag=etag, error=links.trouble(source["_id"]), now=now)
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
    """Read a source's feed and fetch its links that are due, also of a feed that cannot be read any more. Returns: its ETag."""
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
        try:
            return _read_feed(client, source, now=now)
        finally:
            _fetch_links(client, source, now=now)


def _read_feed(client: httpx.Client, source: Document, *, now: datetime) -> str | None:
    body, etag = _fetch(client, source["url"], _asking(source, source.get("etag")))
    if body is None:
        return etag or source.get("etag")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise FetchFailed("not-xml") from None
    if root.tag == f"{{{NAMESPACE}}}alert":
        with suppress(Problem):  # staff read of it in the receipts
            intake.receive(source, body, now=now)
    else:
        links.note_listed(source["_id"], islice(_listed(source, root), MESSAGES_MAX), now=now)
    return etag


def _asking(source: Document, etag: str | None) -> dict[str, str]:
    return services.feed_headers(source) | ({"If-None-Match": etag} if etag else {})


def _listed(source: Document, root: Element) -> Iterator[tuple[str, str | None]]:
    """Give the links of an Atom or RSS feed that lie on its own host, with the time of change that it names."""
    for entry in root.iterfind(f"{ATOM}entry"):
        for link in entry.iterfind(f"{ATOM}link"):
            yield from _own(source, link.get("href", ""), entry.findtext(f"{ATOM}updated"))
    for item in root.iterfind("channel/item"):
        yield from _own(source, item.findtext("link") or "", item.findtext("pubDate"))


def _own(source: Document, link: str, stamp: str | None) -> Iterator[tuple[str, str | None]]:
    url = _absolute(source["url"], link.strip())
    if url and len(url) <= URL_MAX and _is_same_host(url, source["url"]):
        yield url, (stamp.strip()[:STAMP_MAX] or None) if stamp else None


def _fetch_links(client: httpx.Client, source: Document, *, now: datetime) -> None:
    """Fetch what is due, within a bound of time, so that one slow source keeps the others waiting no longer than that."""
    until = time.monotonic() + LINKS_S
    for _ in range(MESSAGES_MAX):
        link = links.claim_due(source["_id"], now=now)
        if link is None:
            return
        _fetch_link(client, source, link, now=now)
        if time.monotonic() > until:
            return


def _fetch_link(client: httpx.Client, source: Document, link: Document, *, now: datetime) -> None:
    url = link["url"]
    try:
        data, etag = _fetch(client, url, _asking(source, link.get("etag")))
        if data is not None:
            intake.receive(source, data, now=now, url=url)
    except FetchFailed as failure:
        receipts.note_unreachable(source, url, str(failure), now=now)
        links.postpone(link, str(failure), now=now)
    except Problem as refusal:
        links.postpone(link, str(refusal.members.get("reason", refusal.code)), now=now)
    except PyMongoError:
        raise  # the database is away; the link is due again when its claim runs out
    except Exception as error:
        event("feeds.link_broken", level=logging.ERROR, source_id=source["_id"], exc_info=True)
        receipts.note_unreachable(source, url, type(error).__name__, now=now)
        links.postpone(link, type(error).__name__, now=now)
    else:
        links.settle(link, etag=etag or link.get("etag"), now=now)
        receipts.note_recovered(source, url)


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
