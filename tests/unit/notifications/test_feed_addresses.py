"""Addresses of feeds: what may be stored, and where a name may lead."""

import pytest

from notifications.feeds.addresses import AddressNotPublic, all_public, checked_address, is_written_well, resolve


@pytest.mark.parametrize(
    "url",
    [
        "http://feed.kma.go.kr/rss",
        "https://127.0.0.1/feed",
        "https://2130706433/feed",
        "https://0x7f.1/feed",
        "https://127.1/feed",
        "https://[::1]/feed",
        "https://localhost/feed",
        "https://localhost./feed",
        "https://redis/feed",
        "https://mongo.internal/feed",
        "https://printer.local/feed",
        "https://user:secret@feed.kma.go.kr/feed",
        "https://@feed.kma.go.kr/feed",
        "https://feed.kma.go.kr:99999/feed",
        "ftp://feed.kma.go.kr/feed",
        "file:///etc/passwd",
        "https:///feed",
    ],
)
def test_only_https_to_a_public_name_is_stored(url):
    assert is_written_well(url, public_only=True) is False


def test_a_public_name_is_stored_and_a_test_server_in_development():
    assert is_written_well("https://feed.kma.go.kr/rss", public_only=True)
    assert is_written_well("http://127.0.0.1:9000/feed", public_only=False)
    assert is_written_well("file:///etc/passwd", public_only=False) is False


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "172.16.9.9",
        "192.168.0.10",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:0001::",
    ],
)
def test_a_name_that_leads_inside_is_refused_also_beside_a_public_address(address):
    with pytest.raises(AddressNotPublic):
        checked_address("feed.example", 443, public_only=True, resolve=lambda *_: ["211.34.86.21", address])
    assert all_public([address]) is False


def test_the_checked_address_is_the_one_to_connect_to():
    answers = iter([["211.34.86.21", "2404:6800:4004::1"], ["127.0.0.1"]])
    assert checked_address("feed.example", 443, public_only=True, resolve=lambda *_: next(answers)) == "211.34.86.21"
    with pytest.raises(AddressNotPublic):
        checked_address("feed.example", 443, public_only=True, resolve=lambda *_: next(answers))
    with pytest.raises(AddressNotPublic):
        checked_address("feed.example", 443, public_only=False, resolve=lambda *_: [])
    with pytest.raises(AddressNotPublic):
        checked_address("no-such-name.invalid", 443, public_only=False, resolve=resolve)
