"""A program on a terminal of its own, and the shell of root that it shows."""

import os
import pty
import re
import select
import subprocess
import time
import tty


# Colours, and where the cursor goes (ECMA-48).
SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[78])")

NEVER = r"(?!)"


class TerminalError(Exception):
    pass


class Terminal:
    """All that the program wrote is also in the log."""

    def __init__(self, command, log):
        self.outer, inner = pty.openpty()
        tty.setraw(inner)
        self.log = log
        self.unread = ""
        self.process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner)
        os.close(inner)

    def write(self, text):
        os.write(self.outer, text.encode())

    def expect(self, pattern, seconds):
        """What stands before the pattern, and the match."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.unread)):
            self.unread += self._read(deadline, pattern)
        before, self.unread = self.unread[: found.start()], self.unread[found.end() :]
        return before, found

    def wait(self, seconds):
        """The exit status; what the program writes meanwhile is read, so that it can end."""
        try:
            self.expect(NEVER, seconds)
        except TerminalError:
            self._end()
        os.close(self.outer)
        return self.process.returncode

    def _end(self):
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            raise TerminalError("it did not end") from None

    def kill(self):
        self.process.kill()
        self.wait(5)

    def _read(self, deadline, pattern):
        ready, _, _ = select.select([self.outer], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TerminalError(f"waited in vain for {pattern!r} after:\n{self.unread[-2000:]}")
        try:
            data = os.read(self.outer, 65536)
        except OSError:  # EIO: nobody has the other end any more
            raise TerminalError(f"the machine ended, before {pattern!r}, after:\n{self.unread[-2000:]}") from None
        self.log.write(data)
        self.log.flush()
        return data.decode(errors="replace").replace("\r", "")


class Shell:
    """Of root, who is logged in by the machine. What is given is not echoed, and the prompt says how it ended."""

    SETTINGS = "set +o emacs; stty -echo cols 130 rows 50; bind 'set enable-bracketed-paste off'; PROMPT_COMMAND= PS2="
    PROMPT = r"PS1='\036$?\036\n'"
    AT_PROMPT = r"\x1e(\d+)\x1e\n"

    def __init__(self, terminal, directory, seconds):
        self.terminal = terminal
        terminal.expect(r"root@\S+# ", seconds)
        terminal.write(f"{self.SETTINGS}; cd {directory}; {self.PROMPT}\n")
        terminal.expect(self.AT_PROMPT, 60)

    def run(self, commands, seconds):
        """The exit status, of one that failed if any did, and what was printed. All are given at once, so that there is one prompt afterwards."""
        self.terminal.write(f"failed=0; trap 'failed=$?' ERR; {{ {commands}\n}}; last=$?; trap - ERR; (exit $((failed ? failed : last)))\n")
        output, end = self.terminal.expect(self.AT_PROMPT, seconds)
        return int(end[1]), SEQUENCE.sub("", output)
