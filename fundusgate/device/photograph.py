"""Read a photograph from a file, as the camera meant it, or say why it cannot be read.

Pixel values are scaled by the file's bit depth, never by the photograph's own maximum: a nearly black photograph must
stay nearly black, or it would be judged as a normal one.
"""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

SUFFIXES = frozenset({".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""File names that a folder is searched for, in lower case. A file that is named itself is tried whatever its name."""
OVERLAY_SUFFIX = ".map.jpg"
"""Ending of the pictures that show a verdict; a folder's search passes them over, they are no photographs."""
FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF")
"""What Pillow may decode; JPEG includes the multi-picture files of some cameras."""
MAX_PIXELS = 170_000_000
"""Larger photographs are refused before they are decoded: at 3 bytes a pixel this is half a gigabyte."""

_ORIENTATION_TAG = 0x0112
_MAX_SAMPLE_VALUE_TAG = 281
_SIXTEEN_BIT_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_ALPHA_MODES = frozenset({"RGBA", "RGBa", "LA", "La", "PA"})
# What Pillow's decoders raise on damaged data.
_DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error)


class PhotographError(ValueError):
    """A photograph cannot be read; the message names the file's fault and what to do."""


def read_photograph(path: Path) -> NDArray[np.uint8]:
    """Read a photograph at its own size, turned upright by its EXIF orientation.

    The first frame of a file with several is read. Grey, palette, bilevel and CMYK become RGB; alpha is laid on black,
    as a camera's mask is. 16-bit values are divided by their depth: by 65535, or by what a TIFF's MaxSampleValue tag
    says. A 12-bit picture in a 16-bit file without that tag is therefore as dark as its values say.

    Args:
        path: JPEG, PNG, TIFF, BMP, WebP or GIF.

    Returns:
        H x W x 3 uint8, RGB, C-contiguous, read-only.

    Raises:
        PhotographError: The file is missing, a folder, empty, truncated, damaged, no picture, of floating-point or
            32-bit values, or larger than `MAX_PIXELS`.
    """
    _check_file(path)
    return _read(path)


def decode_photograph(data: bytes) -> NDArray[np.uint8]:
    """Read a photograph from its file's bytes.

    Args:
        data: What a file holds that `read_photograph` reads.

    Returns:
        As `read_photograph`.

    Raises:
        PhotographError: As `read_photograph`.
    """
    if not data:
        raise PhotographError("the file is empty (0 bytes); copy it from the camera again")
    return _read(io.BytesIO(data))


def _read(source: Path | io.BytesIO) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            # Pillow warns below MAX_PIXELS and of metadata that it skips; either the pixels decode or we refuse.
            warnings.simplefilter("ignore")
            with Image.open(source, formats=FORMATS) as image:
                _check_size(image.size)
                orientation = _orientation(image)
                pixels = _to_rgb(image)
    except PhotographError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotographError(f"too large: over {MAX_PIXELS // 10**6} megapixels; save it smaller") from error
    except UnidentifiedImageError as error:
        raise PhotographError(
            "not a picture that can be read (JPEG, PNG, TIFF, BMP, WebP or GIF, not damaged at its start); "
            "export it from the camera again"
        ) from error
    except MemoryError as error:
        raise PhotographError("too large for this machine's free memory; save it smaller") from error
    except _DECODING_ERRORS as error:
        raise PhotographError(f"truncated or damaged ({error}); copy it from the camera again") from error
    upright = np.ascontiguousarray(_upright(pixels, orientation))
    upright.setflags(write=False)
    return upright


def list_photographs(paths: Iterable[Path]) -> list[Path]:
    """Name the photographs in files and folders.

    Folders are searched with their subfolders, sorted by name; hidden files and folders are passed over. A file that
    is named itself is listed whatever its name, also when it is missing: reading it will say so.

    Args:
        paths: Files and folders.

    Returns:
        Every photograph once, in the order given.

    Raises:
        PhotographError: A folder holds no photographs or cannot be opened.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found.update(dict.fromkeys(_search(path) if path.is_dir() else [path]))
    return list(found)


def _search(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise PhotographError(f"{error.filename}: cannot be opened ({error.strerror}); check its permissions")

    photographs = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        photographs += [
            Path(parent) / name for name in sorted(files) if not name.startswith(".") and _is_photograph(name)
        ]
    if not photographs:
        raise PhotographError(f"{folder}: no photographs in this folder (looked for {', '.join(sorted(SUFFIXES))})")
    return photographs


def _is_photograph(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES and not name.endswith(OVERLAY_SUFFIX)


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise PhotographError("a folder, not a photograph; list its photographs instead")
        if path.exists() and not path.is_file():
            raise PhotographError("not a regular file; give a picture's file")
        if path.stat().st_size == 0:
            raise PhotographError("the file is empty (0 bytes); copy it from the camera again")
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise PhotographError("no such file; check the name") from error
    except PermissionError as error:
        raise PhotographError("no permission to read the file; change its permissions") from error
    except OSError as error:
        raise PhotographError(f"the file cannot be opened ({error.strerror}); check the name and the disk") from error


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise PhotographError(
            f"too large: {width} x {height} is over {MAX_PIXELS // 10**6} megapixels; save it smaller"
        )


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 when there is none that can be read (the pixels are still good)."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODING_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo an EXIF orientation (EXIF 2.3, tag 0x0112): from 5 on rows and columns are swapped."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Decode to H x W x 3 uint8."""
    if image.mode in _SIXTEEN_BIT_MODES or (image.mode == "I" and image.format == "PNG"):
        return np.repeat(_eight_bits(image)[:, :, None], 3, axis=2)
    if image.mode in ("F", "I"):
        raise PhotographError(
            f"its values are {'floating-point' if image.mode == 'F' else '32-bit'}, which name no white; "
            "save it with 8 or 16 bits a channel"
        )
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        image = image.convert("RGBA")
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image)
    # convert() would copy what is RGB already: 400 MB of a photograph of 100 megapixels
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"), dtype=np.uint8)


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """16-bit grey to 8 bits by the depth that the file states."""
    tags = getattr(image, "tag_v2", {})
    stated = tags.get(_MAX_SAMPLE_VALUE_TAG)
    white = stated[0] if stated and stated[0] in {2**bits - 1 for bits in range(9, 17)} else 65535
    values = np.minimum(np.asarray(image).astype(np.uint32), white)
    return np.asarray((values * 255 + white // 2) // white, dtype=np.uint8)
