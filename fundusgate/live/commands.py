"""What a screen may ask of the live gate; each parses from one JSON object `{"command": NAME, ...}`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from fundusgate.codes import Laterality
from fundusgate.runtime.gate.state import Field as RetinalField
from fundusgate.runtime.gate.state import Reason

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of typed or scanned text."""


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Press(_Command):
    """The shutter."""

    command: Literal["press"] = "press"


class Continue(_Command):
    """On to the live picture, for the same target."""

    command: Literal["continue"] = "continue"


class Override(_Command):
    """Keep the last still against the advice."""

    command: Literal["override"] = "override"
    reason: Annotated[Line, Field(min_length=1)]


class GiveUp(_Command):
    """Record that no readable photograph can be had of this eye."""

    command: Literal["give_up"] = "give_up"
    reason: Reason
    note: Line = ""


class Choose(_Command):
    """What is photographed next."""

    command: Literal["choose"] = "choose"
    laterality: Laterality
    field: RetinalField


class Identify(_Command):
    """Who is photographed; an empty text forgets the patient."""

    command: Literal["identify"] = "identify"
    patient: Line


class SignIn(_Command):
    """Who holds the camera; an empty text signs out."""

    command: Literal["sign_in"] = "sign_in"
    operator: Line


class Automatic(_Command):
    """Whether the still is taken by itself once ready."""

    command: Literal["automatic"] = "automatic"
    on: bool


Command = Annotated[
    Press | Continue | Override | GiveUp | Choose | Identify | SignIn | Automatic, Field(discriminator="command")
]
COMMANDS: TypeAdapter[Command] = TypeAdapter(Command)
"""Parses one command; a pydantic ValidationError names every mistake."""
