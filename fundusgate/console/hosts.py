"""Which names the console answers to, and which pages may talk to it: no DNS rebinding, no cross-origin requests."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class HostPolicy:
    """Decides on the `Host` and `Origin` headers.

    A page of a stranger whose name was pointed at this machine (DNS rebinding) carries the stranger's name as its
    host, never an address, so addresses and our own names are let through and every other name is refused.

    Attributes:
        loopback_only: The console listens on this machine alone: only loopback addresses and `localhost` pass.
        names: Further names of this machine, lower case.
        secure: TLS is on, so that our own pages' scheme is https.
    """

    loopback_only: bool
    names: frozenset[str] = frozenset()
    secure: bool = False

    @staticmethod
    def of(bound: str, names: tuple[str, ...] = (), *, secure: bool = False) -> HostPolicy:
        """The policy for a server that listens on `bound`, an address or a name."""
        own = {socket.gethostname().lower(), f"{socket.gethostname().lower()}.local", bound.lower()}
        return HostPolicy(is_loopback(bound), frozenset(own | {name.lower() for name in names}), secure)

    def answers_to(self, host: str | None) -> bool:
        """Whether a request with this `Host` header is meant for us."""
        name = _name(host)
        if name is None:
            return False
        if is_loopback(name):
            return True
        if self.loopback_only:
            return False
        return _address(name) is not None or name in self.names

    def same_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a request comes from our own page; programs other than browsers send no `Origin`."""
        if origin is None:
            return True
        parts = urlsplit(origin)
        return parts.scheme == ("https" if self.secure else "http") and parts.netloc.lower() == (host or "").lower()


def is_loopback(name: str) -> bool:
    """Whether a name or address stands for this machine alone."""
    address = _address(name)
    return name == "localhost" if address is None else address.is_loopback


def _name(host: str | None) -> str | None:
    """The name in a `Host` header without its port; None where the header is no host at all."""
    if not host or any(character in host for character in "/@\\ \t#?"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None
