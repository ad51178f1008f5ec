"""The gateway as a whole machine of qemu with Debian's kernel: /dev/tpmrm0 is a device, and nothing is configured."""

import base64
import math
import subprocess

from terminal import Shell, Terminal
from tpm import Tpm

KERNEL_COMMAND_LINE = "root=/dev/nvme0n1 rw console=ttyS0 quiet loglevel=3 mitigations=off random.trust_cpu=on net.ifnames=0"

APPLICATION = 'account = "www-data"\n'
CREDENTIALS = {
    "tmpfiles.extra": f"f~ /etc/edgeseal/applications.d/line.toml 0644 root root - {base64.b64encode(APPLICATION.encode()).decode()}\n",
    "edgeseal.secret": "sesame-of-the-first-boot\n",
}


class Emulator:
    seconds_for_boot = 600
    seconds_for_block = 600
    seconds_for_tutorial = math.inf  # of a processor that is emulated nobody promises anything

    def __init__(self, root, directory, log):
        self.root, self.log = root, log
        self.image = directory / "image"
        self.tpm = Tpm(directory / "tpm")
        self.terminal = None

    def prepare(self):
        system = self.root / "etc/systemd/system"
        drop_in = system / "serial-getty@ttyS0.service.d"
        drop_in.mkdir()
        (drop_in / "root.conf").write_text("[Service]\nExecStart=\nExecStart=-agetty --autologin root --noclear --keep-baud 115200 %I linux\n")

    def boot(self, directory):
        self._make_image()
        return self._start(directory)

    def reboot(self, directory):
        """After it was asked for: qemu resets the machine, and the TPM with it."""
        return Shell(self.terminal, directory, self.seconds_for_boot)

    def power_on(self, directory):
        """After it was asked to power off; now the hypervisor has what is to come with the first boot of a device."""
        self.terminal.wait(self.seconds_for_boot)
        self.tpm.power_off()
        return self._start(directory, *self._credentials())

    def end(self):
        if self.terminal:
            self.terminal.kill()
        self.tpm.power_off()

    def _make_image(self):
        used = int(subprocess.run(["du", "-sm", self.root], capture_output=True, check=True, text=True).stdout.split()[0])
        command = ["mkfs.ext4", "-q", "-F", "-d", self.root, "-O", "^has_journal", self.image, f"{used + 300}M"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def _start(self, directory, *options):
        self.tpm.power_on("--terminate")
        self.terminal = Terminal([*self._command(), *options], self.log)
        return Shell(self.terminal, directory, self.seconds_for_boot)

    def _credentials(self):
        """As docs/configuration.md has it."""
        for name, content in CREDENTIALS.items():
            (self.image.parent / name).write_text(content)
            yield from ("-fw_cfg", f"name=opt/io.systemd.credentials/{name},file={self.image.parent / name}")

    def _command(self):
        kernel = next((self.root / "boot").glob("vmlinuz-*"))
        return [
            "qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "2", "-m", "1024", "-nodefaults", "-display", "none",
            "-kernel", kernel, "-append", KERNEL_COMMAND_LINE,
            "-drive", f"file={self.image},if=none,id=disk,format=raw,cache=unsafe", "-device", "nvme,drive=disk,serial=1",
            "-nic", "user,model=virtio-net-pci", "-object", "rng-random,id=entropy,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=entropy",
            "-chardev", f"socket,id=tpm,path={self.tpm.control}", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0",
            "-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial",
        ]  # fmt: skip
