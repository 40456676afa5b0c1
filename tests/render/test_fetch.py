"""What `models pull` fetches, from a server that speaks the hub's words and breaks off."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub.constants
import pytest
import tiny_model

from livediffusion.catalogue import models
from livediffusion.catalogue import pull as pull_by_name
from livediffusion.config import Config
from livediffusion.errors import UserError
from livediffusion.render.engines import fetch, hub
from livediffusion.render.settings import pulled_folder

_SOURCE = "someone/tiny"
_BIG = "unet/diffusion_pytorch_model.safetensors"


class Hub(ThreadingHTTPServer):
    """One repository; `cut` is after how many bytes the big file breaks off."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.cut, self.asked = folder, 0, list[tuple[str, str]]()
        self.damaged = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append((path, self.headers.get("Range", "")))
        if path == f"/api/models/{_SOURCE}":
            self._send(200, json.dumps(self._listing()).encode())
        elif path.startswith(prefix := f"/{_SOURCE}/resolve/abc/"):
            self._file(path.removeprefix(prefix))
        elif path.startswith("/seeds/"):
            self._send(200, b"image")
        else:
            self._send(404, b"", **{"X-Error-Code": "RepoNotFound"})

    def _listing(self) -> dict[str, object]:
        files = []
        for file in sorted(self.server.folder.rglob("*")):
            if file.is_file():
                entry: dict[str, object] = {
                    "rfilename": file.relative_to(self.server.folder).as_posix(),
                    "size": file.stat().st_size,
                }
                if file.suffix == ".safetensors":
                    sha = hashlib.sha256(file.read_bytes()).hexdigest()
                    entry["lfs"] = {"sha256": sha, "size": file.stat().st_size, "pointerSize": 1}
                files.append(entry)
        return {"id": _SOURCE, "sha": "abc", "siblings": files}

    def _file(self, name: str) -> None:
        data = (self.server.folder / name).read_bytes()
        if self.server.damaged:
            data = bytes(len(data))
        begin = int((self.headers.get("Range") or "bytes=0-").split("=")[1].rstrip("-"))
        cut, self.close_connection = self.server.cut, True
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.send_header("Connection", "close")
        self.end_headers()
        stop = begin + cut if cut and name == _BIG else len(data)
        self.wfile.write(data[begin:stop])

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    found = Hub(tiny_folder)
    yield found
    found.shutdown()
    found.server_close()


def test_a_model_comes_whole_and_is_found_without_a_network(server: Hub, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    folder = fetch.pull("t", _SOURCE, lambda *news: told.append(news), endpoint=server.url)
    assert folder == pulled_folder(_SOURCE) == hub.locate("t", _SOURCE).path
    for file in server.folder.rglob("*.*"):
        assert (folder / file.relative_to(server.folder)).read_bytes() == file.read_bytes()
    shares = [share for name, share in told if name == _BIG]
    assert shares == sorted(shares) and len(shares) > 10 and shares[-1] == 1.0
    count = len(server.asked)
    assert fetch.pull("t", _SOURCE, lambda *_: None, endpoint=server.url) == folder
    assert len(server.asked) == count
    (mine,) = [one for one in models(Config(models={"t": _SOURCE})) if one.name == "t"]
    assert (mine.place, mine.backend, mine.device, mine.wrong) == ("hub", "torch", "cpu", "")
    assert mine.bytes > 100_000


def test_one_file_of_many_comes_alone(server: Hub) -> None:
    source = f"{_SOURCE}/{_BIG}"
    folder = fetch.pull("t", source, lambda *_: None, endpoint=server.url)
    assert hub.find_addon("loras", source) == folder / _BIG
    weights = list(folder.rglob("*.safetensors"))
    assert weights == [folder / _BIG]
    with pytest.raises(UserError, match=r"holds no gone\.safetensors"):
        fetch.pull("t", f"{_SOURCE}/gone.safetensors", lambda *_: None, endpoint=server.url)


def test_after_a_break_only_the_rest_is_fetched(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.file_download as library

    def give_up(seconds: float) -> None:
        raise OSError("gone")

    server.cut = 5000
    with monkeypatch.context() as patched:  # its own clock alone: the server sleeps as ever
        patched.setattr(library, "time", SimpleNamespace(sleep=give_up))
        with pytest.raises(UserError, match="pull it again: what has come is kept"):
            fetch.pull("t", _SOURCE, lambda *_: None, endpoint=server.url)
    assert not pulled_folder(_SOURCE).exists()
    server.cut, before = 0, len(server.asked)
    folder = fetch.pull("t", _SOURCE, lambda *_: None, endpoint=server.url)
    assert (folder / _BIG).read_bytes() == (server.folder / _BIG).read_bytes()
    later = dict(server.asked[before:])
    assert later[f"/{_SOURCE}/resolve/abc/{_BIG}"] == "bytes=5000-"
    assert f"/{_SOURCE}/resolve/abc/model_index.json" not in later


def test_a_damaged_file_is_not_kept(server: Hub) -> None:
    server.damaged = True
    with pytest.raises(UserError, match="came broken; try again"):
        fetch.pull("t", _SOURCE, lambda *_: None, endpoint=server.url)
    server.damaged = False
    assert not list(pulled_folder(_SOURCE).parent.rglob("*.safetensors*"))


def test_seed_images_come_once(server: Hub, tmp_path: Path) -> None:
    folder, url = tmp_path / "images", f"{server.url}/seeds"
    assert fetch.pull_seeds(folder, lambda *_: None, url=url) == 11
    assert {file.name for file in folder.iterdir()} >= {"og_beat.png", "mask_gradient_dark.png"}
    assert fetch.pull_seeds(folder, lambda *_: None, url=url) == 0


def test_what_cannot_be_fetched_is_a_sentence(server: Hub, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not give no/body to us"):
        fetch.pull("t", "no/body", lambda *_: None, endpoint=server.url)
    with pytest.raises(UserError, match="nothing to fetch"):
        fetch.pull("t", str(tmp_path), lambda *_: None)
    with pytest.raises(UserError, match=r'no model "pockt".*"pocket"'):
        pull_by_name("pockt", Config(), lambda *_: None)


def test_without_a_network_it_is_a_sentence(
    server: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="connect to the network") as caught:
        fetch.pull("t", _SOURCE, lambda *_: None)
    assert "\n" not in str(caught.value)


def test_the_list_says_what_is_wrong(tmp_path: Path) -> None:
    broken = tiny_model.write_model(tmp_path / "m")
    (broken / "unet" / "config.json").unlink()
    found = {one.name: one for one in models(Config(models={"m": str(broken), "r": "x/y"}))}
    assert "incomplete" in found["m"].wrong and found["r"].place == "not here"
    assert (found["pocket"].licence, found["pocket"].dtype) == ("MIT", "float32")
