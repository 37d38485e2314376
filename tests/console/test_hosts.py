from __future__ import annotations

import pytest

from fundusgate.console.hosts import HostPolicy, is_loopback

HERE = HostPolicy.of("127.0.0.1")
ABROAD = HostPolicy.of("0.0.0.0", ("camera.clinic.example",))


@pytest.mark.parametrize("host", ["127.0.0.1:8800", "localhost:8800", "localhost", "[::1]:8800", "127.0.0.2"])
def test_loopback_names_pass_everywhere(host: str) -> None:
    assert HERE.answers_to(host)
    assert ABROAD.answers_to(host)


@pytest.mark.parametrize("host", ["192.168.4.20:8800", "[fe80::1]:8800", "camera.clinic.example:8800"])
def test_other_addresses_and_given_names_pass_beyond_loopback_only(host: str) -> None:
    assert ABROAD.answers_to(host)
    assert not HERE.answers_to(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "camera.clinic.example.evil",
        "evil@127.0.0.1",
        "127.0.0.1/evil",
        "127.0.0.1:port",
        "0x7f000001",
        "[::1",
        "",
        None,
    ],
)
def test_a_strangers_name_is_refused(host: str | None) -> None:
    assert not HERE.answers_to(host)
    assert not ABROAD.answers_to(host)


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        (None, True),
        ("http://127.0.0.1:8800", True),
        ("http://127.0.0.1:8801", False),
        ("http://localhost:8800", False),
        ("https://127.0.0.1:8800", False),
        ("http://evil.example", False),
        ("null", False),
    ],
)
def test_only_our_own_pages_are_of_the_same_origin(origin: str | None, same: bool) -> None:
    assert HERE.same_origin(origin, "127.0.0.1:8800") is same


def test_with_tls_only_https_is_of_the_same_origin() -> None:
    secure = HostPolicy.of("0.0.0.0", secure=True)
    assert secure.same_origin("https://10.0.0.5:8800", "10.0.0.5:8800")
    assert not secure.same_origin("http://10.0.0.5:8800", "10.0.0.5:8800")


def test_loopback() -> None:
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("camera")
