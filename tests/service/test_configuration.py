from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fundusgate.service.configuration import EXAMPLE, Configuration, ConfigurationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def load(folder: Path, text: str) -> Configuration:
    file = folder / "fundusgate.toml"
    file.write_text(text, encoding="utf-8")
    return Configuration.load(file)


def test_the_example_states_every_default() -> None:
    assert Configuration.load(EXAMPLE) == Configuration()


def test_the_example_names_every_key_there_is() -> None:
    lines = [line.removeprefix("# ") for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    stated = tomllib.loads("\n".join(line for line in lines if ("=" in line and "--config" not in line) or "[" in line))
    shown: set[str] = set()
    for section, content in stated.items():
        shown |= {f"{section}.{key}" for key in content} if isinstance(content, dict) else {section}
    wanted: set[str] = set()
    for name, field in Configuration.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None)
        wanted |= {name} if inner is None else {f"{name}.{key}" for key in inner}
    assert shown == wanted


def test_every_mistake_is_named(tmp_path: Path) -> None:
    text = '[shutter]\nhold = -1\nmax_retakes = "many"\n[screen]\nport = 99999\n[camra]\nx = 1\n'
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert "4 mistake(s)" in message
    for name in ("shutter.hold", "shutter.max_retakes", "screen.port", "camra"):
        assert name in message


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    text = f'[networks]\nbundle = "{tmp_path}/nowhere"\nprofile = "{tmp_path}/clinic.toml"\n'
    text += f'engines = "{tmp_path}/engines"\n'
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, text)
    assert "networks.bundle" in str(caught.value)
    assert "networks.profile" in str(caught.value)
    assert "networks.engines" in str(caught.value)


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="tls_certificate and tls_key belong together"):
        load(tmp_path, '[screen]\ntls_certificate = "/etc/cert.pem"\n')


@pytest.mark.parametrize(("text", "said"), [("camera = ", "is no TOML"), ("camera = '\udcff'", "is no TOML")])
def test_what_is_no_toml_is_said_to_be_none(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "fundusgate.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match=said):
        Configuration.load(file)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        Configuration.load(tmp_path / "none.toml")


def test_options_win_over_the_file_and_are_checked(tmp_path: Path) -> None:
    found = load(tmp_path, 'camera = "argus:0"\n[screen]\nport = 9000\nnames = ["camera-3"]\n')
    changed = found.with_options({"camera": "sim://", "archive": None, "screen": {"port": 9001, "host": None}})
    assert (changed.camera, changed.screen.port, changed.screen.names) == ("sim://", 9001, ("camera-3",))
    with pytest.raises(ConfigurationError, match=r"networks\.precision"):
        found.with_options({"networks": {"precision": "int4"}})


def test_a_home_folder_is_understood(tmp_path: Path) -> None:
    assert load(tmp_path, 'archive = "~/captures"\n').archive == Path.home() / "captures"
