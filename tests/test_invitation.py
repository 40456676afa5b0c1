"""Where the page is said to be: plainly here, with a key and a QR code elsewhere."""

from livediffusion.config import WebConfig
from livediffusion.invitation import Invitation

HERE, AWAY = WebConfig(), WebConfig(host="198.51.100.7", port=8000)


def test_on_this_machine_only_the_address_is_said():
    assert list(Invitation(HERE, "key").lines()) == ["The page: http://127.0.0.1:7771/"]
    assert list(Invitation(WebConfig(serve=False), "key").lines()) == []


def test_elsewhere_the_key_is_where_no_server_sees_it():
    _, link, *code = Invitation(AWAY, "key").lines()
    assert link == "http://198.51.100.7:8000/#token=key"
    assert len(code) > 12 and all(len(line) == len(code[0]) for line in code)
    assert Invitation(WebConfig(host="::"), "key").address().startswith("http://")


def test_without_a_sound_device_the_page_is_the_way_to_listen_said_once():
    invitation = Invitation(HERE, "key")
    assert not list(invitation.look({"output": "Scarlett"}))
    (line,) = invitation.look({"output": "nowhere: the default device is away"})
    assert "press Listen" in line and "http://127.0.0.1:7771/" in line
    assert not list(invitation.look({"output": "nowhere: the default device is away"}))
