"""The models that have a name: what is there, what would run them, and how to get and turn them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from livediffusion.config import Config
from livediffusion.control.models import known_models
from livediffusion.errors import UserError
from livediffusion.render.engines.folder import INDEX, ONNX_FILES, open_folder
from livediffusion.render.engines.hub import (
    ADDONS,
    find,
    find_addon,
    hub_file,
    is_hub_name,
    locate,
    locate_addon,
)
from livediffusion.render.seed_images import seed_images_folder
from livediffusion.render.settings import POCKET, model_source
from livediffusion.state.suggest import did_you_mean, shown
from livediffusion.types import Json

if TYPE_CHECKING:
    from livediffusion.render.engines.compute import Compute
    from livediffusion.render.engines.rivals import Measured

_LICENCE_LINE = re.compile(r"^license(?:_name)?:\s*(.+?)\s*$", re.MULTILINE)
_LICENCE_FILES = ("LICENSE", "LICENSE.md", "LICENSE.txt")


@dataclass(frozen=True, slots=True)
class Model:
    """A model by name; `path` is "" where it is not on this machine, `wrong` why it cannot play.

    `place` is "here", "hub" for what came from there, or "not here"; `backend` is torch or onnx.
    """

    name: str
    source: str
    place: str
    kind: str = "model"  # or lora, embedding, decoder: what is put upon one
    path: str = ""
    bytes: int = 0  # of the files that decide its sound
    licence: str = ""
    backend: str = ""
    device: str = ""
    dtype: str = ""
    wrong: str = ""

    def to_json(self) -> Json:
        """As a JSON object."""
        return asdict(self)


def models(config: Config) -> list[Model]:
    """Every model that has a name, sorted, with what it would run on here."""
    found = [_look(name, source) for name, source in sorted(known_models(config.models).items())]
    return [_placed(model, config) for model in found]


def addons(config: Config) -> list[Model]:
    """The LoRAs, embeddings and decoders that have a name."""
    return [
        _look_at_addon(kind, name, source)
        for kind in ADDONS
        for name, source in sorted(config.addons.sources(kind).items())
    ]


def pull(name: str, config: Config, advance: Callable[[str, float], None]) -> str:
    """Fetch a model, what is put upon one, or Riffusion's seed images, from the network.

    What came of it, in a sentence.

    Raises UserError.
    """
    from livediffusion.render.engines import fetch

    if name == fetch.SEEDS:
        folder = seed_images_folder(config.render.seed_images)
        count = fetch.pull_seeds(folder, advance)
        return f"{count} images came into {folder}." if count else f"All of them are in {folder}."
    upon = {n: (kind, s) for kind in ADDONS for n, s in config.addons.sources(kind).items()}
    known = known_models(config.models)
    kind, source = ("", known[name]) if name in known else upon.get(name, ("", name))
    if name not in (*known, *upon) and not is_hub_name(name):
        names = [*known, *upon, fetch.SEEDS]
        hint = did_you_mean(name, names, "Name it under [models] in the config.")
        raise UserError(f"There is no model {shown(name)}.{hint}")
    there = find_addon(kind, source) if kind else find(source)
    if there is not None and (kind or _is_whole(name, there)):
        return f"{name} is in {there}."
    return f"{name} is in {fetch.pull(name, source, advance)}."


def export(model: str, folder: Path, config: Config, say: Callable[[str], None]) -> tuple[str, ...]:
    """Write a model as ONNX into a folder; what came of it, in lines. Raises UserError.

    At the end both are timed, and the model plays on this CPU with whichever denoiser was faster.
    """
    from livediffusion.render.comparison import compare
    from livediffusion.render.engines.components import load_components
    from livediffusion.render.engines.compute import choose_compute
    from livediffusion.render.engines.onnx_export import export as write
    from livediffusion.spectrogram.params import SpectrogramParams

    compute = choose_compute("cpu", "float32", config.render.threads, lambda _: None)
    source = locate(model, model_source(model, config.models))
    if source.is_onnx:
        raise UserError(f"{source.path} is ONNX already; export the folder that it came from.")
    parts = load_components(source, compute)
    done = write(source, parts, SpectrogramParams.load(source.path), folder, say)
    say("Measuring both ...")
    found = compare(model, folder, config.models, config.render.threads)
    lines = (
        f"{one.part}: {one.bytes / 1e6:.1f} MB, opset {one.opset}, "
        f"{one.error:.1e} from torch ({one.file})"
        for one in done
    )
    return (*lines, _chosen(model, found))


def _chosen(model: str, found: Measured) -> str:
    times = f"a loop takes {found.torch_ms:.0f} ms with torch, {found.onnx_ms:.0f} ms"
    faster = (
        f"ONNX Runtime, as long as {found.folder} is there" if found.is_onnx_faster else "torch"
    )
    return f"On this CPU {times} with ONNX Runtime's denoiser: '{model}' plays with {faster}."


def _look(name: str, source: str) -> Model:
    path = find(source)
    if path is None:
        return Model(name, source, "not here")
    own = Path(source).expanduser().is_dir()
    backend = "onnx" if (path / ONNX_FILES["unet"]).is_file() else "torch"
    try:
        whole = open_folder(name, path)
        size, wrong = sum((path / file).stat().st_size for file in whole.files()), ""
    except UserError as error:
        size, wrong = 0, str(error)
    place = "here" if own else "hub"
    licence = _licence(path) or ("MIT" if name == POCKET else "")
    return Model(name, source, place, "model", str(path), size, licence, backend, wrong=wrong)


def _look_at_addon(kind: str, name: str, source: str) -> Model:
    word = ADDONS[kind].lower()
    try:
        path = locate_addon(kind, name, {name: source})
    except UserError as error:
        missing = "" if is_hub_name(source) or hub_file(source) else str(error)
        return Model(name, source, "not here", word, wrong=missing)
    files = list(path.glob("*.safetensors")) or list(path.glob("*.bin")) or [path]
    size = sum(file.stat().st_size for file in files if file.is_file())
    place = "here" if Path(source).expanduser().exists() else "hub"
    licence = _licence(path if path.is_dir() else path.parent)
    return Model(name, source, place, word, str(path), size, licence, "torch")


def _placed(model: Model, config: Config) -> Model:
    """With the device and the precision that it would run with."""
    from livediffusion.render.engines.compute import choose_compute

    if not model.path or model.wrong:
        return model
    render = config.render
    dtype = "float32" if model.backend == "onnx" else render.dtype
    try:
        compute = choose_compute(render.device, dtype, render.threads, lambda _: None)
    except UserError as error:
        return replace(model, wrong=str(error))
    precision = str(compute.dtype).removeprefix("torch.")
    placed = replace(model, device=str(compute.device), dtype=precision)
    return replace(placed, backend=_denoised_by(placed, compute))


def _denoised_by(model: Model, compute: Compute) -> str:
    """The backend, and what predicts in torch's place where that was faster."""
    from livediffusion.render.engines import rivals
    from livediffusion.render.engines.digest import model_hash

    if model.backend != "torch" or model.kind != "model" or not rivals.remember_any():
        return model.backend
    known = rivals.measured(model_hash(open_folder(model.name, Path(model.path))), compute)
    return "torch with ONNX denoiser" if known and known.is_onnx_faster else model.backend


def _is_whole(name: str, folder: Path) -> bool:
    if not (folder / INDEX).is_file():
        return any(folder.glob("*.safetensors"))
    try:
        open_folder(name, folder)
    except UserError:
        return False
    return True


def _licence(folder: Path) -> str:
    """What the folder's own card or licence file says; "" where nothing does."""
    card = folder / "README.md"
    try:
        if card.is_file():
            head = card.read_text(encoding="utf-8", errors="replace")
            if found := _LICENCE_LINE.search(head):
                return found[1].strip("\"'")
        for name in _LICENCE_FILES:
            if (folder / name).is_file():
                text = (folder / name).read_text(encoding="utf-8", errors="replace")
                return next((line.strip() for line in text.splitlines() if line.strip()), "")
    except OSError:
        pass
    return ""
