"""What every labelled data set gives: photographs, whose they are, and what is known of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


class DataSetError(ValueError):
    """A data set that cannot be used as it lies there; the message says what to put where."""


class TroubleKind(str, Enum):
    """What kept a row or a file out of the figures, or needs a reader's eye."""

    MISSING = "missing"
    """A row whose photograph is not there."""
    UNLABELLED = "unlabelled"
    """A row without a label."""
    BAD_LABEL = "bad label"
    """A label outside its scale, or an annotation that is not one."""
    CONFLICT = "conflict"
    """Two labels for one photograph that contradict each other."""
    DUPLICATE = "duplicate"
    """The same row again, counted once."""
    AMBIGUOUS = "ambiguous"
    """Several files that a row's name could mean."""
    UNREADABLE = "unreadable"
    """A photograph that is damaged, or on which a network failed."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong with a data set.

    Attributes:
        kind: What sort of thing.
        what: The file or row that it is about.
        reason: What is wrong with it and, where something can be done, what.
    """

    kind: TroubleKind
    what: str
    reason: str


class Cut(str, Enum):
    """What is done to a photograph before the networks see it, beside their own pre-processing."""

    NONE = "none"
    """Nothing: the file is what was labelled."""
    EYEQ = "EyeQ's crop"
    """The square about the disc at 800 x 800, unless it is that already: labels lie on it, papers report on it."""


@dataclass(frozen=True)
class Item(Generic[T]):
    """One labelled photograph.

    Attributes:
        name: Its name in the data set's own table.
        path: The photograph's file.
        patient: Whose it is: items that share a patient are resampled together. The item's own name where the data
            set does not say.
        folds: The test folds that hold it; empty where the data set has none.
        truth: What is known of it.
        cut: What is done to it first.
    """

    name: str
    path: Path
    patient: str
    folds: tuple[str, ...]
    truth: T
    cut: Cut = Cut.NONE


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A data set as it was found.

    Attributes:
        items: Every photograph with a label, each once, in the table's order.
        troubles: Everything that was left out, and why.
        folds: Names of the test folds, in order; empty where the data set has none.
        remarks: Sentences that belong beside the figures.
    """

    items: tuple[Item[T], ...]
    troubles: tuple[Trouble, ...] = ()
    folds: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class DataSet(ABC, Generic[T]):
    """A published data set in a folder."""

    name: str
    """Its name on the command line and in reports."""

    def list(self) -> Listing[T]:
        """Find every labelled photograph; no photograph is opened.

        Raises:
            DataSetError: The folder does not hold the data set, or nothing of it can be used.
        """
        listing = self._do_list()
        names = [item.name for item in listing.items]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise DataSetError(f"{self.name} lists {', '.join(twice[:3])} more than once: a fault of this reader")
        if not listing.items:
            first = f"; the first: {listing.troubles[0].what}: {listing.troubles[0].reason}" if listing.troubles else ""
            raise DataSetError(
                f"{self.name}: not one labelled photograph was found, {len(listing.troubles)} rows or files cannot be"
                f" used{first}"
            )
        return listing

    @abstractmethod
    def _do_list(self) -> Listing[T]:
        """Read tables and folders; every item's file exists."""
