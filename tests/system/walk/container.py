"""The gateway as a container of systemd-nspawn: this machine's kernel, and no /dev/tpmrm0."""

import subprocess

from network import make_namespace
from terminal import Shell, Terminal, TerminalError
from tpm import Tpm

REBOOT = 133  # systemd-nspawn(1), --keep-unit
TPM_IN_GUEST = "/run/gateway-tpm"


class Container:
    seconds_for_boot = 300
    seconds_for_block = 120
    seconds_for_tutorial = 600  # as its title says

    def __init__(self, root, directory, log):
        self.root, self.log = root, log
        self.tpm = Tpm(directory / "tpm")
        self.terminal = None
        self.network = directory / "network"
        make_namespace(self.network)

    def prepare(self):
        """The integrator's configuration, which stands before the package comes: where the TPM is, for want of a device."""
        configuration = self.root / "etc/edgeseal"
        configuration.mkdir(mode=0o755)
        (configuration / "edgeseal.toml").write_text(f'[tpm]\ntcti = "swtpm:path={TPM_IN_GUEST}/{self.tpm.socket.name}"\n')
        (self.root / "etc/apt/apt.conf.d/keep").write_text('Dpkg::Options { "--force-confold"; };\n')
        self._log_in_at("console-getty.service", "console")

    def boot(self, directory):
        self.tpm.power_on_for_programs()
        self.terminal = Terminal(self._command(), self.log)
        return Shell(self.terminal, directory, self.seconds_for_boot)

    def reboot(self, directory):
        """After it was asked for: the TPM has no power in between."""
        status = self.terminal.wait(self.seconds_for_boot)
        if status != REBOOT:
            raise TerminalError(f"the container did not ask for a reboot, but ended with {status}")
        self.tpm.power_off()
        return self.boot(directory)

    def end(self):
        if self.terminal:
            self.terminal.kill()
        self.tpm.power_off()

    def _log_in_at(self, unit, device):
        drop_in = self.root / "etc/systemd/system" / f"{unit}.d"
        drop_in.mkdir()
        (drop_in / "root.conf").write_text(f"[Service]\nExecStart=\nExecStart=-agetty --autologin root --noclear --keep-baud {device} 115200 linux\n")

    def _command(self):
        return [
            "env", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1", "systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}",
            "--machine=edgeseal-gateway", "--register=no", "--keep-unit", "--console=interactive", "--resolv-conf=off", "--timezone=off",
            f"--network-namespace-path={self.network}", "--capability=all", "--system-call-filter=@known",
            f"--bind={self.tpm.directory}:{TPM_IN_GUEST}",
        ]  # fmt: skip
