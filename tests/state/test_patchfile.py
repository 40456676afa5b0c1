"""Writing into a patch: what is not meant stays as it is, byte for byte."""

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livediffusion.errors import UserError
from livediffusion.state.patchfile import add_entry, change_entry, edit_patch, remove_entry

PATCHES = sorted((Path(__file__).parents[2] / "patches").glob("*.toml"))
TEXTS = [path.read_text(encoding="utf-8") for path in PATCHES]
ENTRY = {"control": "cc 90 ch 1", "device": 'My "box"*', "target": "/ld/gain"}

SCATTERED = """\
# about this set
name = "x"   # its name

[[prompt]]
text = "a"

[[midi]]                        # first
control = "cc 1"    # the wheel
target = "/ld/gain"
# about the wheel

# about b
[[prompt]]
text = "b"
[[midi]]
target = "/ld/filter"
control = "cc 2"
range = [
  -1,    # low
  1,
]

# the end
"""


def test_a_new_table_stands_after_the_last_of_its_kind():
    text = add_entry(SCATTERED, "midi", ENTRY)
    new = ['', '[[midi]]', 'control = "cc 90 ch 1"', 'device = "My \\"box\\"*"',
           'target = "/ld/gain"']  # fmt: skip
    lines = SCATTERED.split("\n")
    assert text.split("\n") == [*lines[:21], *new, *lines[21:]]
    assert tomllib.loads(text)["midi"][2] == ENTRY


def test_the_first_of_its_kind_stands_at_the_end():
    assert add_entry('name = "x"\n', "midi", {"a": 1}) == 'name = "x"\n\n[[midi]]\na = 1\n'


def test_a_changed_table_keeps_its_comments_and_its_order():
    text = change_entry(SCATTERED, "midi", 0, {"control": "cc 7", "curve": "s"})
    expected = SCATTERED.replace('"cc 1"    #', '"cc 7"    #')
    expected = expected.replace('"/ld/gain"\n', '"/ld/gain"\ncurve = "s"\n')
    assert text == expected
    assert change_entry(text, "midi", 0, {"control": "cc 1", "curve": None}) == SCATTERED


def test_a_removed_table_leaves_the_comments_round_it():
    text = remove_entry(SCATTERED, "midi", 1)
    assert text == SCATTERED[: SCATTERED.index("[[midi]]\ntarget")] + "\n# the end\n"
    text = remove_entry(SCATTERED, "midi", 0)
    assert "# about the wheel\n\n# about b\n" in text and "cc 1" not in text


def test_tables_below_a_table_belong_to_it():
    text = "[[scene]]\nname = 'a'\n[scene.seed]\na = 3\n\n[[step]]\nbeats = 3\n"
    added = add_entry(text, "scene", {"name": "b", "seed.morph": 1.0})
    assert tomllib.loads(added)["scene"] == [
        {"name": "a", "seed": {"a": 3}}, {"name": "b", "seed": {"morph": 1.0}}
    ]  # fmt: skip
    assert remove_entry(added, "scene", 0) == (
        '\n[[scene]]\nname = "b"\nseed.morph = 1.0\n\n[[step]]\nbeats = 3\n'
    )


@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in PATCHES])
def test_what_is_added_can_be_taken_away_again(text):
    count = len(tomllib.loads(text).get("midi", []))
    added = add_entry(text, "midi", ENTRY)
    assert tomllib.loads(added)["midi"][count:] == [ENTRY]
    assert remove_entry(added, "midi", count).rstrip() == text.rstrip()


@given(st.sampled_from([text for text in TEXTS if "[[midi]]" in text]), st.data())
def test_taking_one_away_leaves_all_the_others(text, data):
    wanted = tomllib.loads(text)
    index = data.draw(st.integers(0, len(wanted["midi"]) - 1))
    after = remove_entry(text, "midi", index)
    del wanted["midi"][index]
    assert {"midi": [], **tomllib.loads(after)} == wanted
    kept = [line for line in text.split("\n") if line.startswith("#")]
    assert kept == [line for line in after.split("\n") if line.startswith("#")]


def test_one_list_of_tables_is_not_taken_apart():
    with pytest.raises(UserError, match=r"as \[\[midi\]\] tables"):
        add_entry('midi = [{control = "cc 1"}]\n', "midi", {})


@pytest.fixture
def patch(tmp_path):
    path = tmp_path / "set.toml"
    path.write_bytes(b'# hi\r\n[[prompt]]\r\ntext = "a"\r\n')
    path.chmod(0o640)
    return path


def test_the_file_is_replaced_whole_and_read_again(patch):
    read = edit_patch(patch, lambda text: add_entry(text, "midi", ENTRY))
    assert str(read.mappings[0].control) == "cc 90 ch 1"
    assert patch.read_bytes().startswith(b'# hi\r\n[[prompt]]\r\ntext = "a"\r\n\r\n[[midi]]\r\n')
    assert stat.S_IMODE(patch.stat().st_mode) == 0o640
    assert [*patch.parent.iterdir()] == [patch]


def test_a_link_stays_a_link(patch):
    link = patch.with_name("link.toml")
    link.symlink_to(patch)
    read = edit_patch(link, lambda text: add_entry(text, "midi", ENTRY))
    assert link.is_symlink() and not patch.is_symlink() and read.stem == "link"
    assert b"cc 90" in patch.read_bytes()


def test_what_would_be_no_patch_is_not_written(patch):
    before = patch.read_bytes()
    with pytest.raises(UserError, match="mistakes to mend first"):
        edit_patch(patch, lambda text: add_entry(text, "midi", {"control": "cc 1"}))
    with pytest.raises(UserError, match="cannot be written"):
        edit_patch(patch.with_name("none.toml"), lambda text: text)
    assert patch.read_bytes() == before and [*patch.parent.iterdir()] == [patch]


def test_a_folder_that_cannot_be_written_is_said(patch, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)  # root may write anywhere
    with pytest.raises(UserError, match=r"cannot be written \(Permission denied\)"):
        edit_patch(patch, lambda text: add_entry(text, "midi", ENTRY))
