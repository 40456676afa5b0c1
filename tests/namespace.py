"""A network of its own with nothing but loopback, so that no multicast leaves the machine."""

import shutil
import subprocess

HOLD = "ip link set lo up && echo ready && exec sleep infinity"


def available():
    """Whether this user may make one."""
    if not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        return False
    tried = subprocess.run(
        ["unshare", "-rn", "ip", "link", "set", "lo", "up"], capture_output=True, check=False
    )
    return tried.returncode == 0


class Namespace:
    """with Namespace() as network: subprocess.Popen(network.inside("program", "argument"))"""

    def __enter__(self):
        self._holder = subprocess.Popen(
            ["unshare", "-rn", "sh", "-c", HOLD], stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()

    def inside(self, *command):
        """The command that runs another in here."""
        target = ["nsenter", "-t", str(self._holder.pid), "-U", "-n", "--preserve-credentials"]
        return [*target, *command]
