"""A session keeps the images that its loops were made over, and is played again from them."""

from pathlib import Path

from livediffusion.render.request import RenderRequest
from livediffusion.session.images import Images, with_copies

REQUEST = RenderRequest((("a", 1.0),), ((1, 1.0),), 120.0)


def test_copies_are_kept_once_and_found_again_when_the_file_is_gone(tmp_path: Path) -> None:
    session, image = tmp_path / "session", tmp_path / "loop.PNG"
    session.mkdir()
    image.write_bytes(b"picture")
    same = tmp_path / "same.png"
    same.write_bytes(b"picture")
    images = Images(session)
    assert images.keep(REQUEST.to_json()) == {} and not (session / "images").exists()
    named = {**REQUEST.to_json(), "seed_image": str(image), "mask": str(same)}
    event = images.keep(named)
    assert event["images"]["seed_image"] == event["images"]["mask"]
    assert [path.read_bytes() for path in (session / "images").iterdir()] == [b"picture"]
    image.unlink()
    assert images.keep(named) == event
    request = with_copies(RenderRequest.from_json(named), event, session)
    assert Path(request.seed_image).read_bytes() == b"picture" == Path(request.mask).read_bytes()


def test_what_cannot_be_copied_or_is_no_copy_leaves_the_path(tmp_path: Path) -> None:
    named = {**REQUEST.to_json(), "seed_image": str(tmp_path / "gone.png")}
    assert Images(tmp_path).keep(named) == {}
    request = RenderRequest.from_json(named)
    assert with_copies(request, {}, tmp_path) is request
    for images in ({"seed_image": "../../etc/passwd"}, {"model": "x"}, "nonsense"):
        assert with_copies(request, {"images": images}, tmp_path) == request
