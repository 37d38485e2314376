"""Plain HTTP, so that a test sends exactly the headers that it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever JSON holds
        return json.loads(self.body)


class Client:
    """Talks to one server; no cookie jar, no redirects."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.host, self.port = parts.hostname, parts.port
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Header names with underscores for hyphens."""
        connection = HTTPConnection(self.host, self.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def command(self, command: object, **headers: str) -> Answer:
        given = {"Content_Type": "application/json", **headers}
        return self.ask("POST", "/commands", json.dumps(command).encode(), **given)
