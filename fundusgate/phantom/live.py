"""A live session: one eye painted once, then warped, lit, blurred and spoilt frame by frame, with its ground truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fundusgate.codes import CauseCode
from fundusgate.phantom.anatomy import grow_eye
from fundusgate.phantom.cameras import CameraModel, camera_for
from fundusgate.phantom.degraded import Degraded
from fundusgate.phantom.exposure import illumination, rim_glow, shoulder
from fundusgate.phantom.face import EyeOpening, eye_at
from fundusgate.phantom.faults import degrade
from fundusgate.phantom.faults.lids import blink
from fundusgate.phantom.retina import paint
from fundusgate.phantom.script import FIRST_SESSION, Phase, Script
from fundusgate.phantom.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fundusgate.phantom.arrays import Mask, UInt8Image

MARGIN = 1.3
"""The retina is painted this much wider than the frame, so that the eye may drift."""
FULL_LIGHT = 200.0
"""Fixed-point value of an illumination of 1."""
NOISES = 8
"""Noise pictures drawn beforehand; each frame takes one, shifted."""
WEAKEST = 0.03
"""Faults weaker than this are not put on: they cannot be seen."""


@dataclass(frozen=True)
class LiveFrame:
    """One frame and what is true of it.

    Attributes:
        rgb: size x size x 3 uint8.
        field: size x size bool, the camera's mask; the same in every frame.
        hidden: size x size bool, where anatomy cannot be seen.
        hidden_fraction: The share of the field that is hidden, 0..1.
        phase: What is happening.
        codes: The faults at work.
        strength: How strong they are, 0..1.
        sequence: Number of the frame, from 0.
        seconds: Time since the session began.
    """

    rgb: UInt8Image
    field: Mask
    hidden: Mask
    hidden_fraction: float
    phase: Phase
    codes: tuple[CauseCode, ...]
    strength: float
    sequence: int
    seconds: float


class LiveSession:
    """Frames of one eye in front of one camera.

    Iterating gives the script's frames from the beginning; the same arguments give the same bytes.

    Args:
        seed: The eye, the camera, the drift and the faults' places.
        size: Pixels a side of a frame.
        script: What happens; `FIRST_SESSION` if not given.
        camera: Name or model; drawn by the seed if not given.
        fps: Frames a second of the session's own clock (nothing waits).

    Raises:
        ValueError: fps is not over 0, or no camera has that name.
    """

    def __init__(
        self,
        seed: int,
        size: int = 512,
        script: Script | None = None,
        camera: str | CameraModel | None = None,
        fps: float = 30.0,
    ) -> None:
        if not fps > 0:
            raise ValueError(f"fps must be over 0, got {fps}")
        rng = np.random.default_rng([seed, 31])
        self.size = size
        self.fps = fps
        self.script = FIRST_SESSION if script is None else script
        self.camera = camera_for(camera, rng)
        self.eye = grow_eye(seed)
        self.field = self.camera.field(size)
        self._seed = seed
        self._paint(rng)

    def _paint(self, rng: np.random.Generator) -> None:
        size, model = self.size, self.camera
        scale = 2 * model.circle_radius(size) / model.fov
        gaze = (0.3 * self.eye.disc.x + rng.normal(0, 1), 0.3 * self.eye.disc.y + rng.normal(0, 1))
        view = View.of(self.eye, round(size * MARGIN), scale, gaze)
        levels = cv2.GaussianBlur(
            paint(self.eye, view, model).levels, (0, 0), max(0.3, model.softness * 2 * model.circle_radius(size))
        )
        self._retina = np.clip(shoulder(np.asarray(levels, np.float32)), 0, 255).astype(np.uint8)
        light = illumination(model, size, rng) * self.field[..., None]
        self._light = np.clip(light * FULL_LIGHT, 0, 255).astype(np.uint8)
        glow = rim_glow(model, size, rng) * self.field[..., None]
        self._glow = np.clip(glow, 0, 255).astype(np.uint8)
        self._outside = eye_at(self._seed, round(size * 1.5), EyeOpening(0.0, 0.0, 0.62, 0.42))
        noise = rng.normal(0, model.noise, (NOISES, size, size, 3)).round()
        self._lighter = np.clip(noise, 0, 255).astype(np.uint8)
        self._darker = np.clip(-noise, 0, 255).astype(np.uint8)

    @property
    def seconds(self) -> float:
        """Length of the script."""
        return sum(step.seconds for step in self.script)

    def __iter__(self) -> Iterator[LiveFrame]:
        rng = np.random.default_rng([self._seed, 37])
        drift = np.zeros(2)
        jump = np.zeros(2)
        sequence, begun = 0, 0.0
        for number, step in enumerate(self.script):
            while sequence / self.fps < begun + step.seconds - 1e-9:
                seconds = sequence / self.fps
                progress = (seconds - begun) / step.seconds
                # Slow drift pulled back to the target, and now and then a small saccade (Rolfs 2009, Microsaccades).
                jump = rng.normal(0, 0.02, 2) if rng.random() < 1.2 / self.fps else jump * 0.9
                drift += -drift * 0.8 / self.fps + rng.normal(0, 0.012, 2) / math.sqrt(self.fps) + jump * 0.3
                np.clip(drift, -0.12, 0.12, out=drift)
                if step.phase is Phase.APPROACH:
                    bare = Degraded(self._approach(progress), np.ones_like(self.field), (CauseCode.NOT_FUNDUS,))
                    strength = 1.0
                else:
                    code, strength = step.fault_at(progress)
                    seen = self._seen(drift, seconds, rng)
                    if step.phase is Phase.BLINK:
                        bare = self._blinking(seen, strength, number)
                    else:
                        bare = self._spoilt(seen, code, strength, number)
                yield LiveFrame(
                    rgb=bare.rgb,
                    field=self.field,
                    hidden=bare.hidden,
                    hidden_fraction=bare.hidden_fraction(self.field),
                    phase=step.phase,
                    codes=bare.codes,
                    strength=strength if bare.codes else 0.0,
                    sequence=sequence,
                    seconds=seconds,
                )
                sequence += 1
            begun += step.seconds

    def _seen(self, drift: NDArray[np.float64], seconds: float, rng: np.random.Generator) -> UInt8Image:
        """The retina through a well-held camera: moved, lit, noisy."""
        size = self.size
        middle = (self._retina.shape[0] - 1) / 2
        turn = 0.01 * math.sin(0.9 * seconds)
        zoom = 1 + 0.006 * math.sin(1.3 * seconds)
        c, s = zoom * math.cos(turn), zoom * math.sin(turn)
        shift = drift * size
        x = middle + shift[0] - (c * (size - 1) / 2 - s * (size - 1) / 2)
        y = middle + shift[1] - (s * (size - 1) / 2 + c * (size - 1) / 2)
        matrix = np.array([[c, -s, x], [s, c, y]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(self._retina, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        flicker = 1 + 0.015 * math.sin(17 * seconds)
        lit = cv2.multiply(seen, self._light, scale=flicker / FULL_LIGHT)
        return self._noisy(np.asarray(cv2.add(lit, self._glow), np.uint8), rng)

    def _noisy(self, rgb: UInt8Image, rng: np.random.Generator) -> UInt8Image:
        first, second = rng.integers(NOISES, size=2)
        brighter = cv2.add(rgb, self._lighter[first])
        return np.asarray(cv2.subtract(brighter, self._darker[second]), np.uint8)

    def _spoilt(self, rgb: UInt8Image, code: CauseCode | None, strength: float, number: int) -> Degraded:
        if code is None or strength < WEAKEST:
            return Degraded(rgb=rgb, hidden=np.zeros_like(self.field))
        return degrade(rgb, self.field, code, strength, seed=self._seed * 64 + number)

    def _blinking(self, rgb: UInt8Image, closed: float, number: int) -> Degraded:
        out, hidden = blink(rgb, self.field, closed, np.random.default_rng([self._seed, number]))
        return Degraded(rgb=out, hidden=hidden, codes=(CauseCode.LASH_LID,))

    def _approach(self, progress: float) -> UInt8Image:
        """The outside of the eye grows until the pupil fills the frame, through the camera's mask."""
        size = self.size
        zoom = size / self._outside.shape[0] * math.exp(2.3 * progress)
        corner = (size - 1) / 2 - zoom * (self._outside.shape[0] - 1) / 2
        matrix = np.array([[zoom, 0, corner], [0, zoom, corner]], np.float64)
        seen = cv2.warpAffine(self._outside, matrix, (size, size), borderMode=cv2.BORDER_REFLECT)
        wide = 1 + 2 * int(size * 0.03 * progress)
        seen = cv2.blur(seen, (wide, wide))
        dimmed = cv2.multiply(seen, self._light, scale=(1 - 0.9 * progress * progress) / FULL_LIGHT)
        return np.asarray(dimmed, np.uint8)
