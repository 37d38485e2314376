"""FunPiQ's annotations: indexed PNG, whose indexes are the classes (Wang et al., arXiv 2606.25915)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_INDEXED = frozenset({"P", "L"})
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError)


class Region(IntEnum):
    """What a pixel of an annotation says."""

    BACKGROUND = 0
    """Outside the retina: not counted."""
    GOOD = 1
    """Anatomy is seen well."""
    USABLE = 2
    """Anatomy is seen, not well."""
    BAD = 3
    """Anatomy cannot be seen."""


class AnnotationError(ValueError):
    """An annotation that cannot be used; the message says why."""


def read_annotation(path: Path) -> NDArray[np.uint8]:
    """Read an annotation's indexes, never its colours.

    A palette picture that went through a program which knows only colours holds colours instead of classes, and
    cannot be turned back with certainty: it is refused.

    Args:
        path: An indexed PNG, or a grey one that holds the indexes themselves.

    Returns:
        H x W uint8 of `Region` values.

    Raises:
        AnnotationError: It cannot be read, was flattened to colours, or holds another value.
    """
    try:
        with Image.open(path, formats=("PNG",)) as image:
            if image.mode not in _INDEXED:
                raise AnnotationError(
                    f"it was flattened to {image.mode}: its pixels are colours, no longer classes; take the indexed PNG"
                    " of the release again and let no program save it anew"
                )
            values = np.asarray(image, dtype=np.uint8)
    except AnnotationError:
        raise
    except UnidentifiedImageError as error:
        raise AnnotationError("it is not a PNG; take it from the release again") from error
    except _DAMAGE as error:
        raise AnnotationError(f"it is damaged ({error}); take it from the release again") from error
    strange = np.setdiff1d(values, [region.value for region in Region])
    if strange.size:
        raise AnnotationError(
            f"it holds the value {int(strange[0])}, classes are 0 to 3: it was altered, or is no annotation"
        )
    return values


def is_annotation(path: Path) -> bool:
    """Whether a file is an indexed PNG by its header (the pixels are not read)."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            return image.mode in _INDEXED
    except _DAMAGE:
        return False
