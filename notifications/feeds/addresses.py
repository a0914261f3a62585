"""Addresses that feeds are fetched from: public ones only, checked where the name leads and not only how it is written.

A name is resolved once for each request; every address it gives must be public, and the request goes to the one that was
checked, so that a name that leads elsewhere a moment later (DNS rebinding) leads nowhere.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

NAT64 = ipaddress.ip_network("64:ff9b::/96")
LOCAL_NAMES = (".local", ".internal", ".localhost", ".home.arpa", ".lan")
Resolve = Callable[[str, int], list[str]]


class AddressNotPublic(ValueError):
    """An address that must not be fetched from; the text is a short word for the operator."""


def is_written_well(url: str, *, public_only: bool) -> bool:
    """Tell whether a feed's address may be stored: with `public_only` https to a name, never to a bare address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.password is not None:
        return False
    return not public_only or (parts.scheme == "https" and not _is_local_name(host))


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(LOCAL_NAMES) or "." not in name:
        return True
    try:
        # Also the short and the numeric ways to write an IPv4 address.
        socket.inet_aton(name)
    except OSError:
        return _is_address(name)
    return True


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def resolve(host: str, port: int) -> list[str]:
    """Give the addresses that a name leads to.

    Raises: AddressNotPublic when it leads nowhere.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressNotPublic("name-not-found") from None
    return [str(entry[4][0]) for entry in found]


def checked_address(host: str, port: int, *, public_only: bool, resolve: Resolve) -> str:
    """Give the address to connect to, once every address that the name leads to was found to be public.

    Raises: AddressNotPublic.
    """
    found = resolve(host, port)
    if not found:
        raise AddressNotPublic("name-not-found")
    if public_only and not all_public(found):
        raise AddressNotPublic("address-not-public")
    return found[0]


def all_public(addresses: Iterable[str]) -> bool:
    """Tell whether all of these are addresses of the public internet."""
    return all(_is_public(ipaddress.ip_address(address.partition("%")[0])) for address in addresses)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        # An IPv4 address inside an IPv6 one is judged as what it is.
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return _is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
