"""The weights by which cues become causes: a multinomial logistic regression over named cues, readable as text.

`causes.toml` beside this module holds it: what each cue's figure is measured against, and how much each cause makes of
it. `benchmarks/fit_causes.py` fits it; docs/causes.md says on what, and how to work one photograph out by hand.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fundusgate.codes import CauseCode
from fundusgate.runtime.toml_file import mistakes_of, read_toml

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from typing_extensions import Self

    from fundusgate.runtime.cues import Cues

SHIPPED = Path(__file__).with_name("causes.toml")

LOG_FLOOR = 0.003
"""Added to a figure before its logarithm is taken."""


class CauseModelError(ValueError):
    """The weights cannot be used; the message names every mistake in them."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class CueScale(_Strict):
    """How one cue enters: its figure, the logarithm or the amount of it, less `centre`, over `scale`."""

    as_: Annotated[Literal["figure", "log", "amount"], Field(alias="as")] = "figure"
    centre: float
    scale: Annotated[float, Field(gt=0)]


class _Content(_Strict):
    limit: Annotated[float, Field(gt=0)]
    cues: dict[str, CueScale]
    bias: dict[str, float]
    weights: dict[str, dict[str, float]]

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        unknown = [name for name in self.bias if name not in CauseCode.__members__]
        if unknown:
            raise ValueError(f"no cause is called {', '.join(unknown)}")
        strangers = sorted(
            {f"{code}: {cue}" for code, of in self.weights.items() for cue in of if cue not in self.cues}
            | {code for code in self.weights if code not in self.bias}
        )
        if strangers:
            raise ValueError(f"weights of nothing that is stated: {', '.join(strangers)}")
        return self


@dataclass(frozen=True, eq=False)
class CauseModel:
    """The weights, ready to be applied.

    Attributes:
        names: of the cues, dotted as in `Cues`; a number picks one of several figures ("layout.rings.3").
        codes: the causes, in the order of the weights' rows.
    """

    names: tuple[str, ...]
    codes: tuple[CauseCode, ...]
    _readers: tuple[Callable[[Cues], float], ...]
    _logs: NDArray[np.bool_]
    _amounts: NDArray[np.bool_]
    _centres: NDArray[np.float64]
    _scales: NDArray[np.float64]
    _limit: float
    _bias: NDArray[np.float64]
    _weights: NDArray[np.float64]

    @classmethod
    def load(cls, path: Path = SHIPPED) -> CauseModel:
        """Read weights.

        Raises:
            CauseModelError: the file cannot be read, or does not state weights of known causes and cues.
        """
        content = read_toml(path, "weights of the causes", CauseModelError)
        try:
            stated = _Content.model_validate(content)
        except ValidationError as error:
            raise CauseModelError(f"weights of the causes {path}: {'; '.join(mistakes_of(error))}") from error
        names, scales = tuple(stated.cues), tuple(stated.cues.values())
        return cls(
            names=names,
            codes=tuple(CauseCode(code) for code in stated.bias),
            _readers=tuple(_reader(name) for name in names),
            _logs=np.array([scale.as_ == "log" for scale in scales]),
            _amounts=np.array([scale.as_ == "amount" for scale in scales]),
            _centres=np.array([scale.centre for scale in scales]),
            _scales=np.array([scale.scale for scale in scales]),
            _limit=stated.limit,
            _bias=np.array(list(stated.bias.values())),
            _weights=np.array(
                [[stated.weights.get(code, {}).get(name, 0.0) for name in names] for code in stated.bias]
            ),
        )

    def figures(self, cues: Cues) -> NDArray[np.float64]:
        """What the weights are applied to: each cue's figure, scaled and limited; a figure that is none counts as 0."""
        raw = np.array([read(cues) for read in self._readers])
        raw[self._amounts] = np.abs(raw[self._amounts])
        raw[self._logs] = np.log(np.maximum(raw[self._logs], 0) + LOG_FLOOR)
        scaled = (raw - self._centres) / self._scales
        return np.clip(
            np.nan_to_num(scaled, nan=0.0, posinf=self._limit, neginf=-self._limit), -self._limit, self._limit
        )

    def shares(self, cues: Cues) -> dict[CauseCode, float]:
        """How much of what is wrong each cause is, 0..1; what is missing to 1 in all is "nothing is wrong"."""
        logits = self._weights @ self.figures(cues) + self._bias
        # the share of "nothing" has a logit of zero
        top = max(float(logits.max()), 0.0)
        parts = np.exp(logits - top)
        whole = float(parts.sum()) + float(np.exp(-top))
        return {code: float(part) / whole for code, part in zip(self.codes, parts, strict=True)}


@cache
def shipped_model() -> CauseModel:
    """The weights of this package, read once."""
    return CauseModel.load()


def _reader(name: str) -> Callable[[Cues], float]:
    *path, last = name.split(".")
    if last.isdigit():
        array = operator.attrgetter(".".join(path))
        place = int(last)

        def one_of(cues: Cues) -> float:
            return float(array(cues)[place])

        return one_of
    figure: Callable[[Cues], Any] = operator.attrgetter(name)
    return figure
