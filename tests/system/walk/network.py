"""One wire from the gateway to the plant, and nothing else; qemu has such a one by itself."""

import subprocess

from plant import Plant

INTERFACE = "eth0"


def configure(root):
    """In the gateway."""
    network = f"[Match]\nName={INTERFACE}\n[Network]\nAddress=10.0.2.15/24\n"
    (root / "etc/systemd/network/wired.network").write_text(network)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    (wants / "systemd-networkd.service").symlink_to("/lib/systemd/system/systemd-networkd.service")


def make_namespace(file):
    """The network of a container, to which the file refers, with one end of the wire; the plant is where this is called."""
    file.touch()
    for command in (
        ["unshare", f"--net={file}", "true"],
        ["ip", "link", "add", "plant", "type", "veth", "peer", "name", INTERFACE, "netns", file],
        ["ip", "address", "add", f"{Plant.ADDRESS}/24", "dev", "plant"],
        ["ip", "link", "set", "plant", "up"],
    ):
        subprocess.run(command, check=True)
