"""Fetches models from the Hugging Face hub, and Riffusion's seed images: `models pull` only.

Files come one by one into a folder beside the one that they are for, which is complete as soon as
it is there. What was fetched before a break stays there, half a file too, and is not fetched again.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from livediffusion.errors import UserError
from livediffusion.render.engines.folder import CLASSES, INDEX, find_weights
from livediffusion.render.engines.hub import hub_file, is_hub_name
from livediffusion.render.settings import pulled_folder

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

SEEDS = "riffusion-seeds"
_SEEDS_URL = "https://raw.githubusercontent.com/riffusion/riffusion-hobby/main/seed_images"
_SEEDS = ("og_beat", "agile", "marim", "motorway", "vibes")
_MASKS = (
    "mask_beat_lines_80",
    "mask_gradient_dark",
    "mask_gradient_top_70",
    "mask_gradient_top_fifth_75",
    "mask_top_third_75",
    "mask_top_third_95",
)
_ABOUT = ("README.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "spectrogram.json")
_OF_PARTS = (*CLASSES, "scheduler")
_BLOCK = 2**20  # bytes read at once to check a file

Advance: TypeAlias = Callable[[str, float], None]  # what is fetched, share of it 0..1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file on the hub; `sha256` is "" for small ones, which git itself keeps."""

    name: str
    bytes: int
    sha256: str


def pull(name: str, source: str, advance: Advance, *, endpoint: str | None = None) -> Path:
    """Fetch what lies on the hub under `source`; its folder, at once where it is there already.

    Raises UserError with one sentence: no network, no such model, no room on the disk.
    """
    on_hub = (source, "") if is_hub_name(source) else hub_file(source)
    if on_hub is None:
        raise UserError(f"'{name}' is {source} on this machine, so there is nothing to fetch.")
    repository, only = on_hub
    folder = pulled_folder(source)
    if folder.is_dir():
        return folder
    from huggingface_hub import HfApi, hf_hub_url
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = HfApi(endpoint=endpoint).model_info(repository, files_metadata=True)
        wanted = _wanted(name, info, only)
        scratch = folder.with_name(f"{folder.name}.{info.sha}.part")  # no mixing of versions
        _make_room(scratch, sum(file.bytes for file in wanted))
        for file in wanted:
            url = hf_hub_url(repository, file.name, revision=info.sha, endpoint=endpoint)
            _fetch(file, url, scratch / file.name, advance)
        scratch.rename(folder)
    except UserError:
        raise
    except RepositoryNotFoundError as error:
        raise UserError(
            f"The hub does not give {repository} to us; correct '{name}' in the config, "
            f"or log in with `hf auth login`."
        ) from error
    except Exception as error:  # each HTTP library raises its own
        raise _interrupted(name, error) from error
    return folder


def pull_seeds(folder: Path, advance: Advance, *, url: str = _SEEDS_URL) -> int:
    """Fetch Riffusion's seed and mask images (MIT) that are missing in a folder; how many came."""
    missing = [n for n in (*_SEEDS, *_MASKS) if not (folder / f"{n}.png").is_file()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(missing):
            part = folder / f"{image}.part"
            part.unlink(missing_ok=True)  # so small that it is begun anew
            _resume(f"{url}/{image}.png", part, None, None)
            part.rename(folder / f"{image}.png")
            advance(SEEDS, (number + 1) / len(missing))
    except Exception as error:  # each HTTP library raises its own
        raise _interrupted(SEEDS, error) from error
    return len(missing)


def _wanted(name: str, info: ModelInfo, only: str = "") -> list[_Wanted]:
    """The files that will be loaded, not the old checkpoints beside them; or `only` this one."""
    found = {
        file.rfilename: _Wanted(
            file.rfilename, int(file.size or 0), file.lfs.sha256 if file.lfs else ""
        )
        for file in info.siblings or ()
    }
    if only:
        names = [only] if only in found else []
    elif INDEX in found:
        names = _of_pipeline(found)
    else:  # a decoder, or weights to be added to a model
        names = _at_the_top(found)
        names += [file for file in ("config.json",) if file in found]
    if not names:
        missing = only or "model of diffusers and no .safetensors file"
        raise UserError(f"'{name}' holds no {missing}; correct the config.")
    return [found[file] for file in names + [file for file in _ABOUT if file in found]]


def _at_the_top(found: Iterable[str]) -> list[str]:
    """Files of weights that lie in no folder, safetensors where there are any."""
    top = [file for file in found if "/" not in file]
    for endings in ((".safetensors",), (".bin", ".pt")):
        if names := [file for file in top if file.endswith(endings)]:
            return names
    return []


def _of_pipeline(found: Iterable[str]) -> list[str]:
    there = set(found)
    best = [find_weights(part, there.__contains__) for part in CLASSES if part != "tokenizer"]
    weights = [file for one in best if one for file in one.files]
    names = [INDEX, *weights]
    for index in (file for file in weights if file.endswith(".json")):
        stem = index.split(".")[0]  # unet/model.safetensors.index.json has unet/model-00001-of-...
        names += [file for file in there if file.startswith(f"{stem}-") and "-of-" in file]
    small = (".json", ".txt", ".model")
    for file in there.difference(names):
        if file.split("/")[0] in _OF_PARTS and file.endswith(small) and ".index" not in file:
            names.append(file)
    return sorted(names)


def _make_room(folder: Path, total: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    here = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    free = shutil.disk_usage(folder).free
    if total - here > free:
        need, there = (total - here) / 1e9, free / 1e9
        raise UserError(
            f"{need:.1f} GB are needed in {folder.parent} and {there:.1f} GB are free; make room."
        )


def _fetch(file: _Wanted, url: str, target: Path, advance: Advance) -> None:
    """Fetch one file, or the rest of it; UserError when it is not what the hub says it is."""
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        _resume(url, part, file.bytes or None, lambda share: advance(file.name, share))
        if file.sha256 and _sha256(part) != file.sha256:
            part.unlink()
            raise UserError(f"{file.name} came broken; try again.")
        part.rename(target)
    advance(file.name, 1.0)


def _resume(url: str, part: Path, size: int | None, tell: Callable[[float], None] | None) -> None:
    """Fetch from where `part` ends; the library tries again by itself when a connection breaks."""
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils._headers import build_hf_headers

    def bar(**settings: Any) -> _Bar:
        return _Bar(settings, size, tell)

    # The token is the hub's alone.
    headers = dict(build_hf_headers(token=None if "/resolve/" in url else False))
    with part.open("ab") as file:
        http_get(
            url,
            file,
            resume_size=part.stat().st_size,
            headers=headers,
            expected_size=size,
            tqdm_class=bar,  # type: ignore[arg-type]
        )


class _Bar:
    """What the hub's library moves in place of its own progress bar."""

    def __init__(
        self, settings: dict[str, Any], size: int | None, tell: Callable[[float], None] | None
    ) -> None:
        self._done = int(settings.get("initial") or 0)
        self._size = size or int(settings.get("total") or 0)
        self._tell = tell

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, count: float = 1) -> None:
        """So many bytes more."""
        self._done += int(count)
        if self._tell is not None and self._size:
            self._tell(min(1.0, self._done / self._size))


def _sha256(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            total.update(block)
    return total.hexdigest()


def _interrupted(name: str, error: Exception) -> UserError:
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        why = error.strerror
    else:
        why = type(error).__name__
    return UserError(
        f"'{name}' cannot be fetched now ({why}); connect to the network and pull it again: what "
        f"has come is kept."
    )
