"""The D-Bus reference as a manual page (mdoc(7)): what docs/dbus.md says, in the form that man shows."""
import re

HEAD = """.\\" Made by dbus/interfaces/generate.py from dbus/interfaces/*.xml; do not edit.
.Dd November 22, 2026
.Dt ORG.EDGESEAL.AGENT1 5
.Os Edgeseal
.Sh NAME
.Nm org.edgeseal.Agent1
.Nd the D-Bus interfaces of the security agent
.Sh SYNOPSIS
.Nm busctl
.Cm introspect
.Li org.edgeseal.Agent1
.Li /org/edgeseal
.Nm busctl
.Cm call
.Li org.edgeseal.Agent1
.Ar object interface method
.Op Ar signature argument ...
.Sh DESCRIPTION
"""
TAIL = """.Sh SEE ALSO
.Xr busctl 1 ,
.Xr edgesealctl 1 ,
.Xr sd-bus 3 ,
.Xr edgeseal.toml 5 ,
.Xr edgeseald 8 ,
.Xr polkit 8
"""


def escaped(text):
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("\\", "\\e").replace("-", "\\-")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    return text.replace("**", "").replace("→", "\\(->").replace("§", "\\(sc")


def lines_of(text):
    """A sentence a line; none begins as a request does."""
    sentences = re.split(r"(?<=[.!?]) ", " ".join(text.split()))
    return [re.sub(r"^([.'])", r"\\&\1", escaped(sentence)) for sentence in sentences if sentence]


def cells(row):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def list_of(rows):
    """A table as a list: what stands first is the tag, with the type where there is one."""
    head, *body = [cells(row) for row in rows if not row.startswith("|---")]
    name, _, rest = head[0].partition(" ")
    lines = [".Pp", f"{name.capitalize()}s {rest}".strip() + ":", ".Bl -tag -width Ds"]
    for row in body:
        (_, tag), *columns = [(name, cell) for name, cell in zip(head, row) if cell]
        if columns[0][0] == "type":
            tag, columns = f"{tag} ({columns[0][1]})", columns[1:]
        lines.append(f".It {escaped(tag)}")
        if len(columns) == 1:
            lines += lines_of(columns[0][1])
        else:
            lines += lines_of("; ".join(f"{name}: {cell}" if name else cell for name, cell in columns))
    return lines + [".El"]


def block(lines):
    """One block of the Markdown of the reference: heading, code, table or paragraph."""
    first = lines[0]
    if first.startswith("### "):
        return [f".Ss {escaped(first[4:])}"]
    if first.startswith("## "):
        return [f".Sh {escaped(first[3:])}"]
    if first.startswith(("# ", "<!--")):
        return []
    if first.startswith("    "):
        return [f".Dl {escaped(line.strip())}" for line in lines]
    if first.startswith("|"):
        return list_of(lines)
    return [".Pp", *lines_of(" ".join(lines))]


def page(markdown):
    lines = []
    for text in markdown.strip().split("\n\n"):
        made = block(text.split("\n"))
        if made[:1] == [".Pp"] and (not lines or lines[-1].startswith((".Sh", ".Ss"))):
            made = made[1:]
        lines += made
    return HEAD + "\n".join(lines) + "\n" + TAIL
