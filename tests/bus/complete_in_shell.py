"""Lets a real shell complete a line and prints the words that it offers, sorted: complete_in_shell.py SHELL COMPLETIONS LINE

SHELL is bash, zsh or fish; COMPLETIONS the directory with the completions. bash and zsh complete on a terminal only, and get one.
"""
import os
import pathlib
import pty
import re
import select
import shlex
import subprocess
import sys
import tempfile
import time

LONGEST = 60  # seconds

# All that is offered stands on the line then, and the line goes to a file.
BASHRC = """PS1='ready> '
source {completions}/edgesealctl
bind 'set bell-style none'
bind -x '"\\C-xp": printf "%s" "$READLINE_LINE" >{offered}.new; mv {offered}.new {offered}'
"""
BASH_KEYS = "\x1b*\x18p"  # insert-completions, then the above

# What is added to the list of matches goes to a file; calls that only look which words match are not meant.
ZSHRC = """PROMPT='ready> '
fpath=({completions} $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {{
  if [[ " $*" != *' -'[OAD]' '* ]]; then
    local -a matching
    builtin compadd -O matching "$@"
    print -rl -- $matching >>{offered}.new
  fi
  builtin compadd "$@"
}}
finish() {{ touch {offered}.new; mv {offered}.new {offered} }}
comppostfuncs=(finish)
bindkey '^I' list-choices
"""


def type_on_terminal(command, environment, keys, offered):
    """Types once the shell has written its prompt; waits until the file is there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(environment)
        os.execvp(command[0], command)
    seen, typed, end = b"", False, time.monotonic() + LONGEST
    while not offered.exists() and time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            seen += os.read(terminal, 4096)
        if not typed and b"ready> " in seen:
            os.write(terminal, keys.encode())
            typed = True
    os.close(terminal)  # hangs up, which ends the shell
    os.waitpid(pid, 0)
    if not offered.exists():
        sys.exit(f"{command[0]} completed nothing: {seen!r}")
    return offered.read_text()


def offered_by_bash(completions, line, directory):
    offered, rc = directory / "offered", directory / "bashrc"
    rc.write_text(BASHRC.format(completions=completions, offered=offered))
    result = type_on_terminal(["bash", "--noprofile", "--rcfile", str(rc), "-i"], {"TERM": "dumb"}, line + BASH_KEYS, offered)
    before, typed = line.rpartition(" ")[::2]
    words = shlex.split(result[len(before) + 1:])
    return [] if words == [typed] and typed else words


def offered_by_zsh(completions, line, directory):
    offered = directory / "offered"
    (directory / ".zshrc").write_text(ZSHRC.format(completions=completions, offered=offered))
    environment = {"TERM": "dumb", "ZDOTDIR": str(directory)}
    return type_on_terminal(["zsh", "-d", "-i"], environment, line + "\t", offered).split("\n")


def offered_by_fish(completions, line, directory):
    script = f"source {completions}/edgesealctl.fish; complete --do-complete {shlex.quote(line)}"
    result = subprocess.run(["fish", "--no-config", "--command", script], env={**os.environ, "HOME": str(directory)},
                            capture_output=True, text=True, timeout=LONGEST, check=True)
    return [row.split("\t")[0] for row in result.stdout.splitlines()]


def main(shell, completions, line):
    with tempfile.TemporaryDirectory() as directory:
        words = globals()["offered_by_" + shell](completions, line, pathlib.Path(directory))
    # A shell offers what follows = with what stands before or without, and a directory with / or without.
    print("\n".join(sorted({re.sub("^[a-z-]+=", "", word).rstrip("/") for word in words if word})))


if __name__ == "__main__":
    main(*sys.argv[1:])
