"""A wire between browser and server that a test can freeze: nothing is closed, nothing comes through."""

from __future__ import annotations

import select
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self


class Wire:
    """Forwards connections to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._stop = threading.Event()
        self._flows = threading.Event()
        self._flows.set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/"

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._flows.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            if not select.select([self._listening], [], [], 0.1)[0]:
                continue
            near, _ = self._listening.accept()
            pump = threading.Thread(target=self._pump, args=(near,), daemon=True)
            self._threads.append(pump)
            pump.start()

    def _pump(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._port)) as far:
            while not self._stop.is_set():
                self._flows.wait()
                for one in select.select([near, far], [], [], 0.1)[0]:
                    other = far if one is near else near
                    try:
                        data = one.recv(65536)
                        other.sendall(data)
                    except OSError:
                        return
                    if not data:
                        return
