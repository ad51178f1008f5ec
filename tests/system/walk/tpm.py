"""A simulated TPM, which remembers what it did."""

import pathlib
import re
import subprocess
import time


class Tpm:
    def __init__(self, directory):
        self.directory = directory
        (directory / "state").mkdir(parents=True)
        self.socket = directory / "tpm.sock"
        self.control = directory / "tpm.sock.ctrl"  # where the TCTI looks for it
        self.process = None

    def power_on(self, *server):
        """As a program connects to it, or with --server and what else swtpm(8) takes."""
        state, control = f"dir={self.directory / 'state'}", f"type=unixio,path={self.control},mode=0666"
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", state, "--ctrl", control]
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen([*command, *server], stdout=log, stderr=log)
        self._wait_until_it_listens()

    def power_on_for_programs(self):
        self.power_on("--server", f"type=unixio,path={self.socket},mode=0666", "--flags", "not-need-init,startup-clear")

    def power_off(self):
        if self.process and self.process.poll() is None:
            # One that ends with its machine may be gone already; any other must end now.
            subprocess.run(["swtpm_ioctl", "-s", "--unix", self.control], check=False)
            self.process.wait(30)

    def _wait_until_it_listens(self):
        """The name of its socket is there before that."""
        listens = re.compile(f" 00010000 .* {re.escape(str(self.control))}$", re.MULTILINE)
        while not listens.search(pathlib.Path("/proc/net/unix").read_text()):
            if self.process.poll() is not None:
                raise RuntimeError(f"swtpm ended: {(self.directory / 'log').read_text()}")
            time.sleep(0.01)
