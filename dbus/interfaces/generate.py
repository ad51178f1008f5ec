#!/usr/bin/python3
"""Makes from the interface XML of this directory what the build and the reader need.

  generate.py introspection FILE.xml          plain introspection data, without documentation
  generate.py privileges FILE.xml ...         privileges.h
  generate.py reference FILE.xml ...          docs/dbus.md

Writes to standard output. A method without org.edgeseal.Privilege, an unknown privilege or a member without
documentation is an error: exit status 1.
"""
import sys
import xml.etree.ElementTree as ET

DOC = "{urn:edgeseal:doc}"
PRIVILEGE = "org.edgeseal.Privilege"
SENSITIVE = "org.edgeseal.Sensitive"
ASYNC = "org.freedesktop.DBus.Method.Async"
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
PRIVILEGES = {"inspect": "Inspect", "manage-applications": "ManageApplications",
              "manage-certificates": "ManageCertificates", "manage-keys": "ManageKeys"}


class SourceError(Exception):
    """What is wrong with the interface XML."""


def annotation(element, name):
    found = element.find(f"annotation[@name='{name}']")
    return None if found is None else found.get("value")


def text(element):
    """The documentation of an element as one line."""
    found = element.find(DOC + "text")
    return "" if found is None else " ".join("".join(found.itertext()).split())


def check(interface):
    for member in [*interface.iter("method"), *interface.iter("property")]:
        where = f"{interface.get('name')}.{member.get('name')}"
        if not text(member):
            raise SourceError(f"{where} has no documentation")
        if member.tag != "method":
            continue
        if annotation(member, PRIVILEGE) not in PRIVILEGES:
            raise SourceError(f"{where} needs the annotation {PRIVILEGE}, one of {', '.join(PRIVILEGES)}")
        if annotation(member, ASYNC) != "server":
            raise SourceError(f"{where} needs the annotation {ASYNC}=server: polkit answers later")


def load(path):
    """(object path, interface) of one file."""
    node = ET.parse(path).getroot()
    interface = node.find("interface")
    check(interface)
    return node.get("name"), interface


def introspection(path):
    node = ET.parse(path).getroot()
    check(node.find("interface"))
    for parent in list(node.iter()):
        for child in list(parent):
            if child.tag.startswith(DOC) or child.get("name") in (PRIVILEGE, SENSITIVE):
                parent.remove(child)
    return ET.tostring(node, encoding="unicode") + "\n"


def privileges(paths):
    rows = []
    for _, interface in map(load, paths):
        for method in interface.iter("method"):
            member = f"{interface.get('name')}.{method.get('name')}"
            privilege = PRIVILEGES[annotation(method, PRIVILEGE)]
            contents = "Secret" if annotation(method, SENSITIVE) == "true" else "Public"
            rows.append(f'    {{"{member}", Privilege::{privilege}, Contents::{contents}}},')
    return f"""#pragma once

// Made from dbus/interfaces/*.xml; do not edit.

#include <string_view>

#include "dbus/privilege.h"

namespace edgeseal::dbus {{

struct DeclaredMethod {{
  std::string_view member;
  Privilege privilege;
  Contents contents;
}};

inline constexpr DeclaredMethod kDeclaredMethods[] = {{
{chr(10).join(rows)}
}};

}}  // namespace edgeseal::dbus
"""


def signature(method):
    arguments = {"in": [], "out": []}
    for arg in method.iter("arg"):
        arguments[arg.get("direction")].append(f"{arg.get('type')} {arg.get('name')}")
    result = f"{method.get('name')}({', '.join(arguments['in'])})"
    return result + (f" → {', '.join(arguments['out'])}" if arguments["out"] else "")


def table(head, rows):
    if not rows:
        return []
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(row) + " |" for row in rows), ""]


def sources(element):
    return [f"Source: {source.text}.", ""] if (source := element.find(DOC + "source")) is not None else []


def method_reference(method):
    lines = [f"### {method.get('name')}", "", f"    {signature(method)}", "", text(method), "",
             f"Privilege: `{annotation(method, PRIVILEGE)}`.", "", *sources(method)]
    if annotation(method, SENSITIVE) == "true":
        lines += ["Carries a secret, see Secrets.", ""]
    lines += table(("argument", "type", "meaning"),
                   [(f"`{arg.get('name')}`", f"`{arg.get('type')}`", text(arg)) for arg in method.iter("arg") if text(arg)])
    lines += table(("option", "type", "meaning"),
                   [(f"`{o.get('name')}`", f"`{o.get('type')}`", o.text) for o in method.iter(DOC + "option")])
    lines += table(("field of the answer", "type", "meaning"),
                   [(f"`{f.get('name')}`", f"`{f.get('type')}`", f.text) for f in method.iter(DOC + "field")])
    return lines + table(("error", "when"), [(f"`{e.get('name')}`", e.text) for e in method.iter(DOC + "error")])


def property_reference(prop):
    change = {"true": "signals a change", "const": "never changes"}[annotation(prop, EMITS)]
    return [f"### {prop.get('name')}", "", f"    property {prop.get('type')} {prop.get('name')}, {change}", "",
            text(prop), "", *sources(prop)]


def interface_reference(object_path, interface):
    lines = [f"## {interface.get('name')}", "", f"On `{object_path}`.", "", text(interface), "", *sources(interface)]
    for method in interface.iter("method"):
        lines += method_reference(method)
    for prop in interface.iter("property"):
        lines += property_reference(prop)
    return lines


PREFACE = """# D-Bus reference

<!-- Made by dbus/interfaces/generate.py from dbus/interfaces/*.xml; do not edit. -->

The agent is `org.edgeseal.Agent1` on the system bus, activated on demand. `/org/edgeseal` is the object manager.
Certificates cross as DER bytes, never as paths. Optional arguments are one `a{sv}`; a key that isn't listed, or a value of
another type, is the error `InvalidArgument`.

## Who may call

| privilege | polkit action | without polkit on the bus |
|---|---|---|
| `inspect` | `org.edgeseal.inspect` | every local user: nothing that it shows is secret |
| `manage-applications` | `org.edgeseal.manage-applications` | members of the administrators' group |
| `manage-certificates` | `org.edgeseal.manage-certificates` | members of the administrators' group |
| `manage-keys` | `org.edgeseal.manage-keys` | members of the administrators' group |

Root may always. The account of an application may always do with that application what needs `manage-certificates`, nothing
else. Everyone else is asked for at polkit; the agent asks the user to authenticate only when the call carries the flag
ALLOW_INTERACTIVE_AUTHORIZATION. polkit has 10 seconds to answer, 120 where a user is asked; no answer is a refusal.
The administrators' group is `edgeseal-admin` (edgeseal.toml, `[bus] admin-group`). Properties may be read by whoever the
policy of the bus lets through.

Every call leaves one audit record: caller, object, method, outcome.

## Limits

A call may carry at most 1 MiB and 4096 array elements in all; one caller may have 16 calls unanswered, all callers
together 128. Beyond: `InvalidArgument`, `TooManyOperations`.

## Secrets

Private keys, passphrases and activated secrets cross in the methods that say so. They are best handed over as descriptors
(type `h`) of a memory file: the agent reads it straight into memory that it overwrites after use, and no copy is left anywhere.
Bytes (`ay`) and text (`s`), for callers that can't send descriptors, cross the bus daemon and the socket buffers of the kernel,
and the bus library grows its copies byte by byte: not all of that can be overwritten, in neither direction. The messages of
these methods and their answers are overwritten when they end. Neither the journal nor an audit record holds arguments or
results of any call.

A descriptor must be that of a memory file (memfd_create(2), or a file of a tmpfs). It is read from its first byte to its end,
whatever the file offset. Pipes and other files are refused, because their makers can hold up whoever reads them.

## Errors

`org.edgeseal.Error.` and the name of an OPC UA status code without `Bad`; the message names cause and remedy.
Every method can answer these:

| error | when |
|---|---|
| `UserAccessDenied` | The caller hasn't the privilege. |
| `InvalidArgument` | An argument is too long, of the wrong type or not known. |
| `TooManyOperations` | Too many calls are unanswered. |
| `NotFound` | The application or group was deleted meanwhile. |
| `Shutdown` | The agent ends; it starts again with the next call. |
| `InternalError` | Something the agent did not expect; the journal has the text. |

"""


def reference(paths):
    lines = []
    for object_path, interface in map(load, paths):
        lines += interface_reference(object_path, interface)
    return PREFACE + "\n".join(lines).rstrip() + "\n"


def main(arguments):
    command, paths = arguments[0], arguments[1:]
    make = {"introspection": lambda: introspection(paths[0]), "privileges": lambda: privileges(paths),
            "reference": lambda: reference(paths)}[command]
    try:
        sys.stdout.write(make())
    except SourceError as error:
        sys.exit(f"generate.py: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
