"""TensorRT's Python package as each release offers it, played by ONNX Runtime.

Every class has exactly the attributes that the release's real bindings have (`tensorrt_surfaces.json`), so that code
which uses another one fails here as it would on the device. A plan is a TensorRT header and the ONNX graph itself.
"""

# ruff: noqa: ANN401 - stands in for classes that have no types
from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidProtobuf

from fundusgate.runtime.engines.api import TensorRt
from tests.runtime.engines.fake_cuda import ALIGNMENT, FakeCuda

_DATA = json.loads(Path(__file__).with_name("tensorrt_surfaces.json").read_text(encoding="utf-8"))
VERSIONS: list[str] = _DATA["versions"]

REFUSES = "refuses.onnx"
"""A graph of this name is one that the parser stops at."""

_ENUMERATIONS = (
    "BuilderFlag",
    "DeviceType",
    "MemoryPoolType",
    "NetworkDefinitionCreationFlag",
    "ProfilingVerbosity",
    "TensorIOMode",
)


def attributes(version: str, name: str) -> frozenset[str]:
    """What a class of a release offers; the module's own under the empty name."""
    held = _DATA["classes"][name]
    return frozenset(attribute for attribute, having in held.items() if having == "all" or version in having)


class _Offered:
    """Only what the release offers can be read or set; underscored names are the stand-in's own."""

    _names: frozenset[str] = frozenset()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name not in type(self)._names:
            raise AttributeError(f"this release's {type(self).__name__} has no {name!r}")
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name not in type(self)._names:
            raise AttributeError(f"this release's {type(self).__name__} has no {name!r}")
        object.__setattr__(self, name, value)


class _Network:
    def __init__(self, flags: int) -> None:
        self._flags = flags
        self._graph = b""


class _HostMemory(bytes):
    pass


class _TimingCache:
    def __init__(self, held: bytes) -> None:
        self._held = held

    def serialize(self) -> bytes:
        return _HostMemory(self._held + b"+")


class _Config:
    def __init__(self) -> None:
        self._flags: list[int] = []
        self._pools: dict[int, int] = {}
        self._cache: Any = None

    def set_flag(self, flag: int) -> None:
        self._flags.append(flag)

    def set_memory_pool_limit(self, pool: int, pool_size: int) -> None:
        self._pools[pool] = pool_size

    def get_timing_cache(self) -> Any:
        return self._cache

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        assert ignore_mismatch is False
        self._cache = cache
        return True


class _Engine:
    def __init__(self, graph: bytes, listener: Any) -> None:
        self._listener = listener
        self._session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
        self._inputs = [node.name for node in self._session.get_inputs()]
        self._nodes = {node.name: node for node in (*self._session.get_outputs(), *self._session.get_inputs())}

    @property
    def num_io_tensors(self) -> int:
        return len(self._nodes)

    def get_tensor_name(self, index: int) -> str:
        return list(self._nodes)[index]

    def get_tensor_shape(self, name: str) -> list[int]:
        return list(self._nodes[name].shape)

    def get_tensor_dtype(self, name: str) -> str:
        return str(self._nodes[name].type)

    @property
    def num_bindings(self) -> int:
        return len(self._nodes)

    def get_binding_name(self, index: int) -> str:
        return list(self._nodes)[index]

    def get_binding_shape(self, index: int) -> list[int]:
        return list(self._nodes[list(self._nodes)[index]].shape)

    def get_binding_dtype(self, index: int) -> str:
        return str(self._nodes[list(self._nodes)[index]].type)

    def binding_is_input(self, index: int) -> bool:
        return list(self._nodes)[index] in self._inputs


class _Execution:
    def __init__(self, engine: Any, cuda: FakeCuda, severities: dict[str, int]) -> None:
        cuda.require("create_execution_context")
        self._engine, self._cuda, self._addresses = engine, cuda, {}
        self._error, self._warning, self._settled = severities["ERROR"], severities["WARNING"], False

    def set_tensor_address(self, name: str, memory: int) -> bool:
        assert isinstance(memory, int)
        self._addresses[name] = memory
        return name in self._engine._nodes and memory % ALIGNMENT == 0

    def execute_async_v2(self, bindings: list[int], stream_handle: int) -> bool:
        self._addresses = dict(zip(self._engine._nodes, bindings, strict=True))
        return bool(_Execution._enqueue(self, stream_handle))

    def execute_async_v3(self, stream_handle: int) -> bool:
        return bool(_Execution._enqueue(self, stream_handle))

    def _enqueue(self, stream_handle: int) -> bool:
        self._cuda.require("enqueue")
        assert set(self._addresses) == set(self._engine._nodes), "a tensor without an address"
        how = self._cuda.engine
        if self._cuda.streams[stream_handle].captured is not None and not self._settled:
            self._engine._listener.log(self._error, "enqueueV3: a first enqueue cannot be captured")
            return False
        self._settled = True
        if how == "warn":
            self._engine._listener.log(self._warning, "using default stream may lead to performance issues")
        if how == "complain":
            self._engine._listener.log(self._error, "CASK convolution execution failed")
        if how == "refuse":
            self._engine._listener.log(self._error, "IExecutionContext::enqueueV3: invalid state")
            return False
        if how != "nothing":
            self._cuda.streams[stream_handle].enqueue(lambda: _Execution._run(self, how))
        return True

    def _run(self, how: str) -> None:
        engine = self._engine
        given = {name: _Execution._view(self, name, np.uint8) for name in engine._inputs}
        outputs = [name for name in engine._nodes if name not in engine._inputs]
        for name, value in zip(outputs, engine._session.run(outputs, given), strict=True):
            written = max(1, value.size // 2) if how == "half" and value.size > 1 else value.size
            _Execution._view(self, name, np.float32).reshape(-1)[:written] = value.reshape(-1)[:written]

    def _view(self, name: str, dtype: Any) -> np.ndarray[Any, Any]:
        return self._cuda.at(self._addresses[name]).view(dtype).reshape(self._engine._nodes[name].shape)


class _Parser:
    def __init__(self, network: Any, listener: Any) -> None:
        self._network, self._listener = network, listener
        self._refused = False

    def parse_from_file(self, model: str) -> bool:
        assert isinstance(model, str)
        self._refused = Path(model).name == REFUSES
        self._network._graph = Path(model).read_bytes()
        return not self._refused

    @property
    def num_errors(self) -> int:
        return int(self._refused)


class _Listener:
    def __init__(self) -> None: ...


def release(
    version: str, cuda: FakeCuda | None = None, dla_cores: int = 1, without: frozenset[str] = frozenset()
) -> TensorRt:
    """One release.

    Args:
        version: One of `VERSIONS`.
        cuda: The GPU.
        dla_cores: Deep-learning accelerators of the board.
        without: Attributes to take away from every class, to play an older release than those on PyPI.
    """
    module = SimpleNamespace(__version__=version)

    def offer(name: str, base: type, **more: Any) -> type:
        names = attributes(version, name) - without
        inherited = {key for key in {**vars(base), **more} if not key.startswith("_")}
        held = {"_names": names, **more}
        for lost in inherited - names:
            held[lost] = property(lambda _self, lost=lost: (_ for _ in ()).throw(AttributeError(lost)))
        return type(name, (_Offered, base), held)

    for name in _ENUMERATIONS:
        members = sorted(member for member in attributes(version, name) if member.isupper() or "_" in member)
        setattr(module, name, type(name, (), {member: index for index, member in enumerate(members)}))
    severities = {name: index for index, name in enumerate(sorted(attributes(version, "ILogger.Severity")))}
    module.ILogger = type("ILogger", (_Listener,), {"Severity": SimpleNamespace(**severities)})

    host_memory = _HostMemory
    cache = offer("ITimingCache", _TimingCache)
    network = offer("INetworkDefinition", _Network)
    config = offer("IBuilderConfig", _Config, create_timing_cache=lambda _self, held: cache(bytes(held)))
    execution = offer("IExecutionContext", _Execution)
    error = offer(
        "ParserError",
        object,
        node=lambda _self: 3,
        node_name=lambda _self: "stem/Resize",
        desc=lambda _self: "Antialiasing is not supported",
    )

    def build(_self: Any, built: Any, settings: Any) -> Any:
        numbers = [int(part) for part in re.findall(r"\d+", version)]
        header = b"ftrt" + bytes(20) + bytes([*numbers, 0, 0][:4])
        said = json.dumps({"creation": built._flags, "flags": settings._flags, "pools": settings._pools})
        return host_memory(header + len(said).to_bytes(4, "big") + said.encode() + built._graph)

    def deserialize(self: Any, plan: bytes) -> Any:
        length = int.from_bytes(plan[28:32], "big")
        try:
            return engine(plan[32 + length :], self._listener)
        except InvalidProtobuf as error:
            self._listener.log(severities["ERROR"], f"Serialization assertion failed: {error}")
            return None

    def mode(self: Any, name: str) -> Any:
        return module.TensorIOMode.INPUT if name in self._inputs else module.TensorIOMode.OUTPUT

    engine = offer(
        "ICudaEngine",
        _Engine,
        get_tensor_mode=mode,
        create_execution_context=lambda self: execution(self, FakeCuda() if cuda is None else cuda, severities),
    )
    module.Builder = offer(
        "Builder",
        object,
        __init__=lambda self, listener: object.__setattr__(self, "_listener", listener),
        num_DLA_cores=dla_cores,
        create_network=lambda _self, flags=0: network(flags),
        create_builder_config=lambda _self: config(),
        build_serialized_network=build,
    )
    module.IBuilderConfig = config
    module.OnnxParser = offer("OnnxParser", _Parser, get_error=lambda _self, _index: error())
    module.Runtime = offer(
        "Runtime",
        object,
        __init__=lambda self, listener: object.__setattr__(self, "_listener", listener),
        deserialize_cuda_engine=deserialize,
    )
    for name, kind in (("uint8", "tensor(uint8)"), ("float32", "tensor(float)")):
        if name in attributes(version, ""):
            setattr(module, name, kind)
    return TensorRt(module)


def said_of(plan: bytes) -> dict[str, Any]:
    """What a played builder was told."""
    length = int.from_bytes(plan[28:32], "big")
    said: dict[str, Any] = json.loads(plan[32 : 32 + length])
    return said
