"""The configuration file of `fundusgate run`: checked whole before anything is opened, every mistake named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fundusgate.archive.layout import default_folder
from fundusgate.runtime.toml_file import mistakes_of, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_PLACE = Path("/etc/fundusgate/fundusgate.toml")
EXAMPLE = Path(__file__).resolve().parent / "fundusgate.toml"
"""Every key with its default and what it does."""

Place = Annotated[Path, AfterValidator(Path.expanduser)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Port = Annotated[int, Field(ge=0, le=65535)]


class ConfigurationError(ValueError):
    """A configuration that cannot be used; the message names every mistake in it."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Networks(_Section):
    """What judges."""

    bundle: Place | None = None
    profile: Place | None = None
    precision: Literal["auto", "fp32", "int8"] = "auto"
    backend: Literal["auto", "tensorrt", "cuda", "cpu", "openvino"] = "auto"
    engines: Place | None = None
    """Where `fundusgate compile --cache` put engines; the user's cache folder unless given."""
    threads: Annotated[int, Field(ge=1, le=256)] | None = None


class Shutter(_Section):
    """How patient and how strict the gate is (`GateSettings`)."""

    hold: Seconds = 0.6
    release: Seconds = 0.4
    automatic: bool = False
    automatic_after: Seconds = 0.6
    max_retakes: Annotated[int, Field(ge=0, le=20)] = 3
    still_timeout: Seconds = 5.0


class Screen(_Section):
    """Where the technician's page is served."""

    host: str = "127.0.0.1"
    port: Port = 8800
    names: tuple[str, ...] = ()
    tls_certificate: Place | None = None
    tls_key: Place | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Screen:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together: give both or neither")
        return self


class Monitoring(_Section):
    """Where health and metrics are served; port 0 turns them off."""

    host: str = "127.0.0.1"
    port: Port = 8801


class Logs(_Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class Configuration(_Section):
    """Everything that `fundusgate run` can be told."""

    camera: Annotated[str, Field(min_length=1)] = "sim://"
    archive: Place = Field(default_factory=default_folder)
    networks: Networks = Networks()
    shutter: Shutter = Shutter()
    screen: Screen = Screen()
    monitoring: Monitoring = Monitoring()
    logs: Logs = Logs()

    @classmethod
    def load(cls, path: Path) -> Configuration:
        """Read a file.

        Raises:
            ConfigurationError: It cannot be read, is no TOML, has unknown keys, wrong types or values out of range, or
                names files that are not there; the message names every mistake.
        """
        return cls._checked(read_toml(path, "configuration", ConfigurationError), f"configuration {path}")

    def with_options(self, given: Mapping[str, Any]) -> Configuration:
        """This configuration with what was given on the command line.

        Args:
            given: Values by key, sections as mappings; None stands for not given.

        Raises:
            ConfigurationError: The message names every mistake.
        """
        content = self.model_dump()
        for key, value in given.items():
            if isinstance(value, dict):
                content[key] |= {name: inner for name, inner in value.items() if inner is not None}
            elif value is not None:
                content[key] = value
        return self._checked(content, "what was given")

    @classmethod
    def _checked(cls, content: Mapping[str, Any], source: str) -> Configuration:
        try:
            found = cls.model_validate(content)
        except ValidationError as error:
            mistakes = mistakes_of(error)
        else:
            mistakes = found.missing_files()
            if not mistakes:
                return found
        listed = "\n".join(f"  {mistake}" for mistake in mistakes)
        raise ConfigurationError(f"{source} has {len(mistakes)} mistake(s):\n{listed}\ncompare it with {EXAMPLE}")

    def missing_files(self) -> list[str]:
        """What is named here and is not there, a line each."""
        named = {
            "networks.bundle": self.networks.bundle,
            "networks.profile": self.networks.profile,
            "networks.engines": self.networks.engines,
            "screen.tls_certificate": self.screen.tls_certificate,
            "screen.tls_key": self.screen.tls_key,
        }
        return [f"{key}: {path} is not there" for key, path in named.items() if path is not None and not path.exists()]
