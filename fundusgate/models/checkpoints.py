"""Checkpoints: files in, checked state dicts out, and nothing that does not fit gets into a network."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from fundusgate.models.swin import CONSTANT_BUFFERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

PICKLED = (".pth", ".pt", ".ckpt", ".bin")
"""Endings of files that `torch.save` wrote."""
BEGINNINGS = (b"PK\x03\x04", b"\x80")
"""First bytes of an archive, and of the older bare pickles."""
CODE = ("Unsupported global", "Unsupported class", "unrecognized function")
"""What torch says of a pickle that asks for more than tensors."""
DAMAGED = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
)
"""What torch raises for damaged files: undocumented, found by changing and removing bytes."""
WRAPPERS = ("params", "params_ema", "state_dict")
"""Keys under which a checkpoint may keep its state dict, in order of preference: the official test loads `params`."""
LEFT_OUT = "left_out"
"""Entry of a safetensors header: the buffers, of those that the architecture fixes, that the file does without."""
LISTED = 8
"""How many names an error message lists of each kind."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or that does not fit the network; the message says why and what to do."""


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint without running any code that may be in it.

    Args:
        path: a `.safetensors` file, or one that `torch.save` wrote: a state dict, or a dict that keeps one under
            `params`, `params_ema` or `state_dict`. A `module.` before every name (`DataParallel`) is taken off.

    Returns:
        Name to tensor, on the CPU, in the precision of the file.

    Raises:
        CheckpointError: there is no such file, it is no checkpoint, it is cut short, or it holds Python code.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file; give the path of a .pth or .safetensors checkpoint")
    if path.suffix == ".safetensors":
        content: object = _read_safetensors(path)
    elif path.suffix in PICKLED:
        content = _read_pickled(path)
    else:
        raise CheckpointError(f"{path}: a checkpoint ends in .safetensors or {', '.join(PICKLED)}")
    return _without_module_prefix(path, _unwrapped(path, content))


def without_constants(state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """A state dict without the buffers that the architecture fixes, and what the file's header must say of it.

    Args:
        state: Of a network of this package.

    Returns:
        What to store, and entries for a safetensors header that lets `load_checkpoint` do without the rest.
    """
    kept = {name: tensor for name, tensor in state.items() if not name.endswith(CONSTANT_BUFFERS)}
    return kept, {} if len(kept) == len(state) else {LEFT_OUT: ", ".join(CONSTANT_BUFFERS)}


def load_checkpoint(network: nn.Module, path: Path) -> None:
    """Load a checkpoint into a network, all of it or nothing.

    Floating-point tensors of other precisions become the network's own (float32). Buffers that the architecture itself
    fixes (relative position index, attention mask) must be equal to the network's; a file whose header says that it
    leaves them out (`without_constants`) may lack them, no other.

    Args:
        network: the network; unchanged when the checkpoint is refused.
        path: as for `read_state_dict`.

    Raises:
        CheckpointError: as for `read_state_dict`; or names are missing or unexpected, shapes or kinds differ, a tensor
            holds NaN or infinity, or a fixed buffer differs. The message names them.
    """
    state = read_state_dict(path)
    expected = network.state_dict()
    if _leaves_constants_out(path):
        state = {name: tensor for name, tensor in expected.items() if name.endswith(CONSTANT_BUFFERS)} | state
    shared = [name for name in expected if name in state]
    problems = [
        _listing("missing", (name for name in expected if name not in state)),
        _listing("unexpected", (name for name in state if name not in expected)),
        _listing("of another shape or kind", _unfitting(state, expected, shared)),
    ]
    if any(problems):
        raise CheckpointError(
            f"{path} does not fit {type(network).__name__}: {'; '.join(filter(None, problems))}. "
            "Check that the checkpoint is of this very variant"
        )
    fitted = {name: state[name].to(expected[name].dtype) for name in expected}
    broken = _listing(
        "not finite (NaN or infinity)",
        (name for name, tensor in fitted.items() if tensor.is_floating_point() and not bool(tensor.isfinite().all())),
    )
    if broken:
        raise CheckpointError(f"{path} holds weights that are {broken}. The file is damaged or its training diverged")
    foreign = _listing(
        "different from what the architecture fixes",
        (name for name in fitted if name.endswith(CONSTANT_BUFFERS) and not torch.equal(fitted[name], expected[name])),
    )
    if foreign:
        raise CheckpointError(f"{path} holds buffers that are {foreign}. It belongs to another window or image size")
    network.load_state_dict(fitted, strict=True)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(str(path), device="cpu")
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: not a whole safetensors file ({error}); fetch or copy it again") from error
    return tensors


def _leaves_constants_out(path: Path) -> bool:
    if path.suffix != ".safetensors":
        return False
    from safetensors import safe_open

    with safe_open(path, framework="pt") as stream:
        return (stream.metadata() or {}).get(LEFT_OUT) == ", ".join(CONSTANT_BUFFERS)


def _read_pickled(path: Path) -> object:
    with path.open("rb") as file:
        start = file.read(4)
    if not start.startswith(BEGINNINGS):
        raise CheckpointError(f"{path}: not a checkpoint that torch.save wrote; fetch or copy it again")
    try:
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGED as error:
        if isinstance(error, pickle.UnpicklingError) and any(sign in str(error) for sign in CODE):
            raise CheckpointError(
                f"{path}: holds Python objects beside tensors; reading them could run code, so it is refused. "
                "Where you trust the file, load it elsewhere and save its state dict alone"
            ) from error
        raise CheckpointError(f"{path}: cut short or damaged; fetch or copy it again") from error
    return content


def _unwrapped(path: Path, content: object) -> Mapping[str, Tensor]:
    state = content
    if isinstance(content, Mapping):
        state = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), content)
    if not isinstance(state, Mapping) or not state:
        raise CheckpointError(f"{path}: holds {type(content).__name__}, not a state dict (names and tensors)")
    strangers = [str(name) for name, value in state.items() if not isinstance(name, str) or not _is_plain(value)]
    if strangers:
        raise CheckpointError(
            f"{path}: {_listing('not plain tensors', strangers)}. A state dict holds dense tensors alone, "
            f"by itself or under {', '.join(WRAPPERS)}"
        )
    return state


def _is_plain(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_quantized


def _without_module_prefix(path: Path, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    stripped = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    if len(stripped) != len(state):
        raise CheckpointError(f"{path}: holds some tensors both with and without 'module.' before their names")
    return stripped


def _unfitting(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], names: Iterable[str]) -> list[str]:
    """What to say of each named tensor whose shape or kind (floating or not) is not the expected one."""
    said = []
    for name in names:
        have, want = state[name], expected[name]
        if have.shape != want.shape:
            said.append(f"{name} {tuple(have.shape)} instead of {tuple(want.shape)}")
        elif have.is_floating_point() != want.is_floating_point() or have.is_complex():
            said.append(f"{name} {have.dtype} instead of {want.dtype}")
    return said


def _listing(what: str, names: Iterable[str]) -> str:
    """'3 missing (a, b, c)', the first few names and how many more; empty when there are none."""
    listed = list(names)
    if not listed:
        return ""
    more = f" and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    return f"{len(listed)} {what} ({', '.join(listed[:LISTED])}{more})"
