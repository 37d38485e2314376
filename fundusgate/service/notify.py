"""The word with systemd: ready, alive, stopping (sd_notify(3), the protocol of Type=notify and WatchdogSec=)."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Notifier:
    """Sends states to the service manager; does nothing where there is none.

    Attributes:
        address: `NOTIFY_SOCKET`: a path, or `@` and an abstract name; empty without a service manager.
        watchdog: Seconds after which the manager calls us hung; None where it does not watch.
    """

    address: str
    watchdog: float | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, pid: int | None = None) -> Notifier:
        """As systemd's variables say; a watchdog meant for another process is none of ours."""
        values = os.environ if environment is None else environment
        micros = values.get("WATCHDOG_USEC", "")
        ours = values.get("WATCHDOG_PID", "") in ("", str(os.getpid() if pid is None else pid))
        watched = ours and micros.isdigit() and int(micros) > 0
        return cls(values.get("NOTIFY_SOCKET", ""), int(micros) / 1e6 if watched else None)

    def ready(self, status: str) -> None:
        """The service has started."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        """One line for `systemctl status`."""
        self._send(f"STATUS={_line(status)}")

    def alive(self) -> None:
        """The service is not hung."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The service is ending as it should."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self.address:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(address)
            channel.send(message.encode())


def _line(text: str) -> str:
    return " ".join(text.split())
