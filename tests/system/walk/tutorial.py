"""The blocks of a page, and the rule by which what they print is compared with the quotation under them.

A block is what stands between two lines of ```. The quotation is the paragraph of lines with > that follows it. In it

- each `fragment` must be in the output, one after the other; any white space in it stands for any white space, and ...
  for anything on the same line;
- nothing under `HEADING` means: `HEADING` is a column of the output, and no line below has anything there.

What else the quotation says is for people. A block without a quotation has to succeed, and that is all.

A page that is not followed as a whole has BEGIN and END as lines of their own around what is.
"""

import dataclasses
import re

FENCE = "```"
BEGIN = "<!-- From here on tests/system/walk follows this page. -->"
END = "<!-- To here. -->"
EMPTY_COLUMN = r"nothing under `([^`]+)`"


@dataclasses.dataclass(frozen=True)
class Block:
    line: int
    commands: str
    quotation: str

    @property
    def title(self):
        first, *more = self.commands.splitlines()
        return first + (" ..." if more else "")

    @property
    def reboots(self):
        return self.commands == "systemctl reboot"

    @property
    def powers_off(self):
        return self.commands == "systemctl poweroff"


def blocks(page):
    lines = page.splitlines()
    first, last = bounds(lines)
    fences = [number for number, line in enumerate(lines) if line.startswith(FENCE) and first <= number < last]
    if len(fences) % 2:
        raise ValueError(f"the block of line {fences[-1] + 1} has no end")
    for begin, end in zip(fences[::2], fences[1::2]):
        yield Block(begin + 2, "\n".join(lines[begin + 1 : end]), quotation_below(lines[end + 1 :]))


def bounds(lines):
    """Of what is followed; an END without a BEGIN is a mistake, and the other way."""
    if BEGIN not in lines and END not in lines:
        return 0, len(lines)
    return lines.index(BEGIN), lines.index(END)


def quotation_below(lines):
    quoted = []
    for line in lines:
        if line.startswith(">"):
            quoted.append(line[1:].strip())
        elif quoted or line.strip():
            break
    return " ".join(quoted)


def faults(quotation, output):
    position = 0
    for fragment in re.findall(r"`([^`]+)`", re.sub(EMPTY_COLUMN, "", quotation)):
        found = pattern_of(fragment).search(output, position)
        if found:
            position = found.end()
        else:
            yield f"not printed, or not there: {fragment}"
    for heading in re.findall(EMPTY_COLUMN, quotation):
        yield from faults_under(heading, output)


def pattern_of(fragment):
    words = (re.escape(word).replace(r"\.\.\.", r"[^\n]*") for word in fragment.split())
    return re.compile(r"\s+".join(words))


def faults_under(heading, output):
    lines = output.splitlines()
    heads = [number for number, line in enumerate(lines) if heading in line]
    if not heads:
        yield f"there is no column {heading}"
        return
    begin = lines[heads[-1]].index(heading)
    for line in lines[heads[-1] + 1 :]:
        if line[begin:].strip():
            yield f"there is something under {heading}: {line[begin:].strip()}"
