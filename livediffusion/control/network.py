"""Every wire that speaks OSC, and who is reached by which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial

from livediffusion.config import Config
from livediffusion.control.backstage import Backstage
from livediffusion.control.discovery import Announcement, Service
from livediffusion.control.endpoint import AllowList, Endpoint
from livediffusion.control.guests import Guests
from livediffusion.control.inbox import Inbox
from livediffusion.control.netloop import NetLoop
from livediffusion.control.osc import OscServer
from livediffusion.control.osc_feedback import Feedback
from livediffusion.control.oscquery import NAME, path_changes
from livediffusion.control.osctcp import OscTcp
from livediffusion.control.snapshot import Names, Snap, Snapshot
from livediffusion.control.web import Web


class Network:
    """Threading: made, used and closed by the control loop; `listen`, `ignore` and `leave` are
    called by the net loop for those who are connected."""

    def __init__(self, config: Config, inbox: Inbox, fixed: Iterable[tuple[str, int]]) -> None:
        """`fixed` are UDP ports that get feedback from the start."""
        self._config = config
        self._inbox = inbox
        allow_list = AllowList(config.osc.allow)
        self.feedback = Feedback(self.send, allow_list, fixed)
        self._loop = NetLoop()
        self._udp = OscServer(config.osc, inbox, allow_list)
        self._tcp = OscTcp(config.osc, inbox, allow_list, self._loop, self.leave)
        self._web: Web | None = None
        self._announcement: Announcement | None = None
        self._snap: Snap = lambda: Snapshot(0)
        self._shown: Snapshot | None = None  # to those who know the tree
        self._patch: object = None

    def open_web(
        self,
        snap: Snap,
        names: Names,
        backstage: Backstage | None = None,
        guests: Guests | None = None,
    ) -> None:
        """Serve what `snap` shows, if the config wants it, and let it be found.

        With a `backstage` there is a page, too, with `guests` Riffusion's server.
        """
        self._snap, self._shown = snap, snap()
        web, osc = self._config.web, self._config.osc
        if not web.serve:
            return
        here = Endpoint(osc.host, osc.port)
        shown = (snap, names, self, backstage, guests)
        self._web = Web(web, here, self._inbox, self._loop, *shown)
        if web.announce:
            found_by = Service("_oscjson._tcp", web.host, web.port)
            services = (Service("_osc._udp", osc.host, osc.port), found_by)
            self._announcement = Announcement(services, NAME)

    def send(self, packet: bytes, to: Endpoint) -> None:
        """Send by the wire that an endpoint is at the end of."""
        if to.wire == "udp":
            self._udp.send(packet, to)
        elif to.wire == "tcp":
            self._tcp.send(packet, to)
        elif self._web is not None:
            self._web.send(packet, to)

    def look(self, patch: object, prompts: int) -> None:
        """Tell those who know the tree when another patch or another prompt has changed it."""
        before, known = self._shown, self._patch
        if self._web is None or before is None or (patch is known and prompts == before.prompts):
            return
        self._patch, self._shown = patch, self._snap()
        for command, path in path_changes(before, self._shown):
            self._web.broadcast(command, path)
        if known is not None and patch is not known:
            self._web.broadcast("PATH_CHANGED", "/ld")

    def statistics(self) -> dict[str, int]:
        """Every counter by name, of all wires together."""
        counts = Counter(self._udp.statistics())
        counts.update(self._tcp.statistics())
        counts.update(self._web.statistics() if self._web is not None else {})
        counts.update(asdict(self._inbox.counts))
        complaints = self.feedback.complaints
        return dict(counts) | {"errors": complaints.count, "unsaid": complaints.suppressed}

    def close(self) -> None:
        """Let every port go."""
        if self._announcement is not None:
            self._announcement.close()
        if self._web is not None:
            self._web.close()
        self._tcp.close()
        self._udp.close()
        self._loop.close()

    # Wishes of those who are connected.

    def listen(self, endpoint: Endpoint, path: str) -> None:
        """Send changes of a path, after the values as they are."""
        self._inbox.ask(partial(self._listen, endpoint, path))

    def ignore(self, endpoint: Endpoint, path: str) -> None:
        """Send them no more."""
        self._inbox.ask(partial(self.feedback.ignore, endpoint, path))

    def leave(self, endpoint: Endpoint) -> None:
        """Forget somebody whose connection has ended."""
        self._inbox.ask(partial(self.feedback.leave, endpoint))

    def _listen(self, endpoint: Endpoint, path: str) -> None:
        self.feedback.listen(endpoint, path)
        below = path.rstrip("/") + "/"
        values = self._snap().values
        self.feedback.tell(
            endpoint, {a: v for a, v in values.items() if a == path or a.startswith(below)}
        )
