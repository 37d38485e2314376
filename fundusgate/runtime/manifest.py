"""What `manifest.json` of a bundle says: the schema, and nothing that touches a file.

A bundle's pre-processing, outputs, polarity and scale are facts of its weights, so they travel with them and are never
assumed by the runtime.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    model_validator,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION: int = 2
"""The newest manifest schema that this code reads; it reads every older one too."""

PRODUCER: str = "fundusgate"
"""`producer.name` of every bundle that this code reads."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _plain_file_name(name: str) -> str:
    one_part = len(PurePosixPath(name).parts) == 1 and len(PureWindowsPath(name).parts) == 1
    if not one_part or not _PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a plain file name inside the bundle")
    return name


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, AfterValidator(_plain_file_name)]
Shape = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]


class Precision(str, Enum):
    """One variant of a network's graph; the value stands in the file's name."""

    FP32 = "fp32"
    """Every product in float32: the reference that the others are measured against."""
    INT8_CPU = "int8-cpu"
    """Q/DQ for ONNX Runtime on x86 (unsigned activations, signed weights)."""
    INT8_TRT = "int8-trt"
    """Q/DQ for TensorRT (symmetric int8); serves ARM processors as well."""
    FP16_TRT = "fp16-trt"
    """Strongly typed half precision for TensorRT 10 and later."""
    INT8_FP16_TRT = "int8-fp16-trt"
    """Strongly typed Q/DQ with half precision around it, for TensorRT 10 and later; since schema 2."""


_SINCE: dict[Precision, int] = {Precision.INT8_FP16_TRT: 2}
"""Precisions that the first schema does not know, and the schema that brought them."""


class Role(str, Enum):
    """What the runtime asks of a network."""

    SCORE = "score"
    """One quality score for the photograph (FTHNet)."""
    MAP = "map"
    """Where anatomy cannot be seen (the EFIQA family)."""


class Framing(str, Enum):
    """Which part of the photograph becomes the network's square."""

    DISC = "disc"
    """The square about the fundus disc, black outside the disc."""
    FRAME = "frame"
    """The whole frame resized with its aspect ignored, then a centre crop: official FTHNet's deterministic stand-in."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FileEntry(_Strict):
    """One file of the bundle and how to know that it is whole."""

    file: FileName
    sha256: Sha256
    bytes: PositiveInt


class GraphEntry(FileEntry):
    """One ONNX graph, with the files that its weights lie in when they are not inside it."""

    opset: PositiveInt
    external_data: tuple[FileEntry, ...] = ()


class InputSpec(_Strict):
    """The graph's only input: the photograph's own bytes; normalisation is inside the graph."""

    name: str
    shape: Shape
    dtype: Literal["uint8"] = "uint8"
    layout: Literal["NHWC"] = "NHWC"
    colour: Literal["RGB"] = "RGB"

    @model_validator(mode="after")
    def _one_square_photograph(self) -> InputSpec:
        if len(self.shape) != 4 or self.shape[0] != 1 or self.shape[1] != self.shape[2] or self.shape[3] != 3:
            raise ValueError(f"input shape {list(self.shape)} is not [1, S, S, 3]")
        return self


class OutputSpec(_Strict):
    """One output of the graph, float32."""

    name: str
    shape: Shape
    dtype: Literal["float32"] = "float32"
    meaning: Literal["mean_opinion_score", "degraded", "retina"]
    """Mean opinion score of the photograph; probability that a cell is degraded; probability that a retina is there."""
    polarity: Literal["high_is_good", "high_is_bad"]
    scale: float = Field(gt=0)
    """Reported value = scale x output (100 takes FTHNet's 0..1 to the 0..100 mean opinion score)."""


class Preprocessing(_Strict):
    """What is done to a photograph before the graph sees it."""

    version: PositiveInt
    """`fundusgate.runtime.preprocessing.PREPROCESSING_VERSION` that the weights were made for."""
    framing: Framing
    size: PositiveInt
    """Side of the graph's square input, pixels."""
    resize: PositiveInt | None = None
    """`frame` only: side that the whole frame is resized to before the centre crop."""
    crop: PositiveInt | None = None
    """`frame` only: side of the centre crop; equals `size`."""

    @model_validator(mode="after")
    def _fields_fit_the_framing(self) -> Preprocessing:
        if self.framing is Framing.DISC:
            if self.resize is not None or self.crop is not None:
                raise ValueError("framing 'disc' takes neither resize nor crop")
        elif self.resize is None or self.crop != self.size or self.resize < self.size:
            raise ValueError("framing 'frame' needs resize >= crop = size")
        return self


class Provenance(_Strict):
    """Where the weights come from and what may be done with them."""

    checkpoint: str
    """Name of the checkpoint's file, or a phrase such as 'randomly initialised (seed 0)'."""
    checkpoint_sha256: Sha256 | None
    """None only where there was no file: random initialisation."""
    backbone_sha256: Sha256 | None = None
    """Of the user's DINOv3 folder, where the network stands on one."""
    data: str
    """What the weights were trained on."""
    licence: str
    terms: str = ""
    """Conditions beyond the licence, in plain words."""


class VerdictFlips(_Strict):
    """How often the gate's verdict changed with one network in another precision."""

    flipped: NonNegativeInt
    photographs: PositiveInt
    upper: Annotated[float, Field(ge=0, le=1)]
    """Upper end of the share's Wilson 95 % interval."""


class ParityFigures(_Strict):
    """How far a graph is from its reference, over `images` inputs."""

    reference: str
    images: PositiveInt
    max_abs_difference: dict[str, Annotated[float, Field(ge=0)]]
    """By output name, in the output's own units."""
    figures: dict[str, float] = {}
    """By name, on the reported scale: `srcc`, `plcc`, `mean`, `p99` of a score and the `bias_correction` in its graph;
    `mean`, `p99`, `dice` of a map."""
    verdict_flips: VerdictFlips | None = None
    """None where no photographs were judged."""


class ModelManifest(_Strict):
    """One network of the bundle."""

    name: str
    role: Role
    version: str
    files: Annotated[dict[Precision, GraphEntry], Field(min_length=1)]
    input: InputSpec
    preprocessing: Preprocessing
    outputs: Annotated[tuple[OutputSpec, ...], Field(min_length=1)]
    thresholds: dict[str, float] = {}
    """Working points of these weights by output name, on the reported scale; a profile may override them."""
    provenance: Provenance
    calibration_sha256: Sha256 | None = None
    """Hash of the calibration manifest; None while no graph is quantized."""
    parity: dict[Precision, ParityFigures] = {}

    @model_validator(mode="after")
    def _consistent(self) -> ModelManifest:
        names = [output.name for output in self.outputs]
        if len(set(names)) != len(names):
            raise ValueError(f"outputs {names} repeat a name")
        if self.role.value not in names:
            raise ValueError(f"role {self.role.value!r} needs an output of that name, outputs are {names}")
        if self.preprocessing.size != self.input.shape[1]:
            raise ValueError(
                f"pre-processing makes {self.preprocessing.size} px, the graph takes {self.input.shape[1]} px"
            )
        unknown = sorted(set(self.thresholds) - set(names))
        if unknown:
            raise ValueError(f"thresholds for {unknown}, outputs are {names}")
        return self


class Producer(_Strict):
    """Who wrote the bundle."""

    name: Literal["fundusgate"] = "fundusgate"
    version: str


def schema_needed(models: Iterable[ModelManifest]) -> int:
    """The oldest schema that can say what these networks hold.

    A bundle is written in it, so that an older fundusgate goes on reading what it can run, and of the rest says that
    it is of a newer one.
    """
    return max((_SINCE.get(precision, 1) for model in models for precision in model.files), default=1)


class Manifest(_Strict):
    """The whole of `manifest.json`."""

    schema_version: Literal[1, 2] = 1
    producer: Producer
    models: Annotated[tuple[ModelManifest, ...], Field(min_length=1)]
    """In order of preference: the first of a role is the one that runs."""

    @model_validator(mode="after")
    def _nothing_twice(self) -> Manifest:
        names = [model.name for model in self.models]
        if len(set(names)) != len(names):
            raise ValueError(f"models {names} repeat a name")
        files = [entry.file for entry in self.every_file()]
        twice = sorted({name for name in files if files.count(name) > 1})
        if twice:
            raise ValueError(f"files {twice} are named more than once")
        return self

    @model_validator(mode="after")
    def _schema_suffices(self) -> Manifest:
        needed = schema_needed(self.models)
        if self.schema_version < needed:
            raise ValueError(f"schema {self.schema_version} does not know all of these graphs, schema {needed} does")
        return self

    def every_file(self) -> tuple[FileEntry, ...]:
        """Every file that the bundle must hold beside the manifest, in the manifest's order."""
        graphs = [graph for model in self.models for graph in model.files.values()]
        return tuple(entry for graph in graphs for entry in (graph, *graph.external_data))
