#!/usr/bin/python3
"""Makes from the interface XML of this directory what the build and the reader need.

  generate.py introspection FILE.xml          plain introspection data, without documentation
  generate.py calls FILE.xml                  the same without signals, for who calls only
  generate.py privileges FILE.xml ...         privileges.h
  generate.py reference FILE.xml ...          docs/dbus.md
  generate.py manual FILE.xml ...             org.edgeseal.Agent1(5)

Writes to standard output. A method without org.edgeseal.Privilege or org.edgeseal.WhileBusy, an unknown value of them or a
member without documentation is an error: exit status 1.
"""
import sys
import xml.etree.ElementTree as ET

sys.dont_write_bytecode = True  # the source directory may be read-only
import manual  # noqa: E402
import permissions  # noqa: E402

DOC = "{urn:edgeseal:doc}"
PRIVILEGE = "org.edgeseal.Privilege"
WHILE_BUSY = "org.edgeseal.WhileBusy"
SENSITIVE = "org.edgeseal.Sensitive"
DELEGATION = "org.edgeseal.Delegation"
# The argument or option that names the application that a call is about; permissions.NOBODYS: whatever the object is of.
APPLICATION = "org.edgeseal.Application"
AUDIT_LOG = "org.edgeseal.AuditLog"
ASYNC = "org.freedesktop.DBus.Method.Async"
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
ADMINISTRATORS = "members of the administrators' group"
# Who has each of them where no polkit is on the bus, as the reference says it; the polkit action is named like it.
PRIVILEGES = {
    "inspect": "every local user: nothing that it shows is secret",
    "manage-applications": ADMINISTRATORS,
    "manage-certificates": ADMINISTRATORS,
    "manage-trust": ADMINISTRATORS,
    "manage-keys": ADMINISTRATORS,
    "inhibit": ADMINISTRATORS,
    "manage-setup": ADMINISTRATORS,
    "configure": ADMINISTRATORS,
    "open-setup": ADMINISTRATORS,
    "report-presence": "nobody but root, from the group neither with polkit",
    "reset-device": ADMINISTRATORS,
    "run-jobs": "nobody but the account of edgeseal-enroll (edgeseal.toml, `[enrolment] account`), who always may",
    "read-audit": ADMINISTRATORS}
# What a method does while somebody inhibits changes, and what the reference says of it.
WHILE_BUSY_VALUES = {"allowed": ("Allowed", "allowed"), "refused": ("Refused", "refused with `ServerTooBusy`")}
# Which calls of a method the audit log keeps, and what the reference says of it.
AUDIT_LOG_VALUES = {None: ("All", "every call"), "refusals": ("Refused", "refused calls")}
# Which channel the client of a server that delegates must have, and what the reference says of it.
DELEGATIONS = {
    "encrypted": ("Encrypted", "required of the account of the application; channel: sign-and-encrypt"),
    "authenticated": ("Authenticated", "required of the account of the application; channel: sign or sign-and-encrypt"),
    "optional": ("Optional", "judged where it is given; channel: sign or sign-and-encrypt")}
DELEGATION_ERRORS = {
    "SecurityModeInsufficient": "The channel of the client isn't what the method needs, or isn't told.",
    "UserAccessDenied": "The client hasn't the role SecurityAdmin."}


# OPC 10000-6 Annex A (StatusCode.csv)
STATUS_CODES = {
    "InternalError": 0x80020000, "ResourceUnavailable": 0x80040000, "Shutdown": 0x800C0000, "ServerTooBusy": 0x800E0000,
    "NothingToDo": 0x800F0000, "TooManyOperations": 0x80100000, "CertificateInvalid": 0x80120000,
    "SecurityChecksFailed": 0x80130000, "CertificateTimeInvalid": 0x80140000, "CertificateIssuerTimeInvalid": 0x80150000,
    "CertificateHostNameInvalid": 0x80160000, "CertificateUriInvalid": 0x80170000, "CertificateUseNotAllowed": 0x80180000,
    "CertificateIssuerUseNotAllowed": 0x80190000, "CertificateUntrusted": 0x801A0000,
    "CertificateRevocationUnknown": 0x801B0000, "CertificateIssuerRevocationUnknown": 0x801C0000,
    "CertificateRevoked": 0x801D0000, "CertificateIssuerRevoked": 0x801E0000, "UserAccessDenied": 0x801F0000,
    "NotSupported": 0x803D0000, "NotFound": 0x803E0000, "OutOfService": 0x808D0000,
    "InvalidArgument": 0x80AB0000, "InvalidState": 0x80AF0000, "RequestTooLarge": 0x80B80000,
    "SecurityModeInsufficient": 0x80E60000, "TransactionPending": 0x80E80000, "CertificateChainIncomplete": 0x810D0000,
    "CertificatePolicyCheckFailed": 0x81140000}
COMMON_ERRORS = ("InternalError", "InvalidArgument", "NotFound", "Shutdown", "TooManyOperations", "UserAccessDenied")
MIRRORED = ("org.edgeseal.ServerConfiguration1", "org.edgeseal.TrustList1")  # what a server shows its clients


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
    for member in [*interface.iter("method"), *interface.iter("signal"), *interface.iter("property")]:
        where = f"{interface.get('name')}.{member.get('name')}"
        if not text(member):
            raise SourceError(f"{where} has no documentation")
        if member.tag != "method":
            continue
        if annotation(member, PRIVILEGE) not in PRIVILEGES:
            raise SourceError(f"{where} needs the annotation {PRIVILEGE}, one of {', '.join(PRIVILEGES)}")
        if annotation(member, WHILE_BUSY) not in WHILE_BUSY_VALUES:
            raise SourceError(f"{where} needs the annotation {WHILE_BUSY}, refused where it changes something that programs "
                              "use, else allowed")
        if annotation(member, AUDIT_LOG) not in AUDIT_LOG_VALUES:
            raise SourceError(f"{where} has the annotation {AUDIT_LOG}, which can only be refusals")
        if annotation(member, ASYNC) != "server":
            raise SourceError(f"{where} needs the annotation {ASYNC}=server: polkit answers later")
        check_delegation(where, member)


def check_delegation(where, method):
    delegation = annotation(method, DELEGATION)
    if delegation is None:
        return
    if delegation not in DELEGATIONS:
        raise SourceError(f"{where} has the annotation {DELEGATION}, not one of {', '.join(DELEGATIONS)}")
    if method.find("arg[@type='a{sv}'][@direction='in']") is None:
        raise SourceError(f"{where} needs an argument of options (a{{sv}}) to be delegated")


def load(path):
    """(object path, interface) of one file."""
    node = ET.parse(path).getroot()
    interface = node.find("interface")
    check(interface)
    return node.get("name"), interface


def introspection(path, without=()):
    node = ET.parse(path).getroot()
    check(node.find("interface"))
    for parent in list(node.iter()):
        for child in list(parent):
            if (child.tag.startswith(DOC) or child.tag in without
                    or child.get("name") in (PRIVILEGE, WHILE_BUSY, SENSITIVE, DELEGATION, APPLICATION, AUDIT_LOG)):
                parent.remove(child)
    return ET.tostring(node, encoding="unicode") + "\n"


def enumerator(privilege):
    return "".join(word.capitalize() for word in privilege.split("-"))


def privileges(paths):
    rows = []
    actions = [f'    case Privilege::{enumerator(name)}: return "org.edgeseal.{name}";' for name in PRIVILEGES]
    for _, interface in map(load, paths):
        for method in interface.iter("method"):
            member = f"{interface.get('name')}.{method.get('name')}"
            privilege = enumerator(annotation(method, PRIVILEGE))
            contents = "Secret" if annotation(method, SENSITIVE) == "true" else "Public"
            delegation = DELEGATIONS.get(annotation(method, DELEGATION), ("None",))[0]
            while_busy = WHILE_BUSY_VALUES[annotation(method, WHILE_BUSY)][0]
            audited = AUDIT_LOG_VALUES[annotation(method, AUDIT_LOG)][0]
            rows.append(f'    {{"{member}", Privilege::{privilege}, Contents::{contents}, Delegation::{delegation}, '
                        f'WhileBusy::{while_busy}, AuditedCalls::{audited}}},')
    return f"""#pragma once

// Made from dbus/interfaces/*.xml; do not edit.

#include <string_view>

#include "dbus/privilege.h"

namespace edgeseal::dbus {{

struct DeclaredMethod {{
  std::string_view member;
  Privilege privilege;
  Contents contents;
  Delegation delegation;
  WhileBusy while_busy;
  AuditedCalls audited;
}};

inline constexpr DeclaredMethod kDeclaredMethods[] = {{
{chr(10).join(rows)}
}};

[[nodiscard]] constexpr std::string_view polkit_action(Privilege privilege) {{
  switch (privilege) {{
{chr(10).join(actions)}
  }}
  return "";
}}

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
            *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows), ""]


def sources(element):
    return [f"Source: {source.text}.", ""] if (source := element.find(DOC + "source")) is not None else []


def method_reference(method):
    lines = [f"### {method.get('name')}", "", f"    {signature(method)}", "", text(method), "",
             f"Privilege: `{annotation(method, PRIVILEGE)}`. While busy: "
             f"{WHILE_BUSY_VALUES[annotation(method, WHILE_BUSY)][1]}. Audit log: "
             f"{AUDIT_LOG_VALUES[annotation(method, AUDIT_LOG)][1]}.", "", *sources(method)]
    if delegation := annotation(method, DELEGATION):
        lines += [f"Delegation: {DELEGATIONS[delegation][1]}.", ""]
    if annotation(method, SENSITIVE) == "true":
        lines += ["Carries a secret, see Secrets.", ""]
    lines += table(("argument", "type", "meaning"),
                   [(f"`{arg.get('name')}`", f"`{arg.get('type')}`", text(arg)) for arg in method.iter("arg") if text(arg)])
    lines += table(("option", "type", "meaning"),
                   [(f"`{o.get('name')}`", f"`{o.get('type')}`", o.text) for o in method.iter(DOC + "option")])
    lines += table(("field of the answer", "type", "meaning"),
                   [(f"`{f.get('name')}`", f"`{f.get('type')}`", f.text) for f in method.iter(DOC + "field")])
    return lines + table(("error", "when"), [(f"`{name}`", when) for name, when in errors_of(method)])


def errors_of(method):
    """(name, when) of each error of a method, beside those that every method has."""
    errors = [(error.get("name"), error.text) for error in method.iter(DOC + "error")]
    if annotation(method, DELEGATION) is None:
        return errors
    denied = [f"{DELEGATION_ERRORS['UserAccessDenied']} {when}" for name, when in errors if name == "UserAccessDenied"]
    delegated = dict(DELEGATION_ERRORS, **({"UserAccessDenied": denied[0]} if denied else {}))
    return [*delegated.items(), *((name, when) for name, when in errors if name not in delegated)]


def signal_reference(signal):
    arguments = ", ".join(f"{arg.get('type')} {arg.get('name')}" for arg in signal.iter("arg"))
    return [f"### {signal.get('name')}", "", f"    signal {signal.get('name')}({arguments})", "", text(signal), "",
            *sources(signal), *table(("argument", "type", "meaning"),
                                     [(f"`{a.get('name')}`", f"`{a.get('type')}`", text(a)) for a in signal.iter("arg")])]


def property_reference(prop):
    change = {"true": "signals a change", "invalidates": "signals a change, without the value", "const": "never changes",
              "false": "changes without a signal"}[annotation(prop, EMITS)]
    return [f"### {prop.get('name')}", "", f"    property {prop.get('type')} {prop.get('name')}, {change}", "",
            text(prop), "", *sources(prop)]


def interface_reference(object_path, interface):
    lines = [f"## {interface.get('name')}", "", f"On `{object_path}`.", "", text(interface), "", *sources(interface)]
    for method in interface.iter("method"):
        lines += method_reference(method)
    for signal in interface.iter("signal"):
        lines += signal_reference(signal)
    for prop in interface.iter("property"):
        lines += property_reference(prop)
    return lines


def status_reference(interfaces):
    """Which error is which OPC UA status code, and which methods that a server shows its clients give it."""
    methods = {name: [] for name in STATUS_CODES}
    for _, interface in interfaces:
        for method in interface.iter("method") if interface.get("name") in MIRRORED else []:
            names = {name for name, _ in errors_of(method)}
            if annotation(method, WHILE_BUSY) == "refused":
                names.add("ServerTooBusy")
            for name in sorted(names):
                methods[name].append(f"{interface.get('name').split('.')[-1][:-1]}.{method.get('name')}")
    for name in COMMON_ERRORS:
        methods[name] = ["every method"]
    methods["SecurityModeInsufficient"] = ["every method that can be delegated"]
    rows = [(f"`{name}`", f"`Bad_{name}`", f"0x{STATUS_CODES[name]:08X}", ", ".join(where))
            for name, where in methods.items()]
    return ["## Errors and OPC UA status codes", "",
            "For a server that delegates: an error and the status code of the same name are one and the same.", "",
            *table(("error", "status code", "number", "methods of ServerConfiguration1 and TrustList1"), rows)]


PREFACE = """# D-Bus reference

<!-- Made by dbus/interfaces/generate.py from dbus/interfaces/*.xml; do not edit. -->

The agent is `org.edgeseal.Agent1` on the system bus, activated on demand. `/org/edgeseal` is the object manager.
Certificates cross as DER bytes, never as paths. Optional arguments are one `a{sv}`; a key that isn't listed, or a value of
another type, is the error `InvalidArgument`.

## Who may call

""" + "\n".join(table(
    ("privilege", "polkit action", "without polkit on the bus"),
    [(f"`{name}`", f"`org.edgeseal.{name}`", without) for name, without in PRIVILEGES.items()])) + """
Root may always. The account of an application may always do with that application what needs `manage-certificates` or
`manage-trust`, but for `Job1.Approve`, which is a person's act, and `open-setup` for a client of it, nothing else; where a method can be
delegated, only for a client of it (see Delegation). The account of any application may `inhibit`. Everyone else is asked for at polkit; the agent asks the user to authenticate only when the call carries the flag
ALLOW_INTERACTIVE_AUTHORIZATION. polkit has 10 seconds to answer, 120 where a user is asked; no answer is a refusal.
The administrators' group is `edgeseal-admin`; another one (edgeseal.toml, `[bus] admin-group`) counts where there is no polkit, and needs a
rule of its own in `/etc/polkit-1/rules.d` where there is. Properties may be read by whoever the
policy of the bus lets through.

Every call leaves one entry in the journal: caller, object, method, outcome. The audit log (org.edgeseal.Audit1,
[audit.md](audit.md)) keeps those that changed something or were refused; each method says which.

## Delegation

A server that offers ServerConfiguration or trust lists to OPC UA clients calls for them. It says so by these options, which every
method with a line "Delegation" takes beside its own:

| option | type | meaning |
|---|---|---|
| `session` | `s` | Names the session of the client, 1 to 256 bytes, the same for all its calls and of no other session: with the bus connection it is the owner of a transaction and of file handles. |
| `security-mode` | `s` | Of the client's secure channel: "none", "sign" or "sign-and-encrypt". |
| `roles` | `as` | Those that the server granted the session, at most 64: by name ("SecurityAdmin") or NodeId ("i=15704"). |
| `user` | `s` | Who the client is, for the audit, at most 256 bytes. Default: not known. |
| `client-certificate` | `ay` | The client's application certificate, for the audit: DER, at most 65536 bytes. Default: not known. |

They are judged before anything else of the call: first the channel (`SecurityModeInsufficient`), then the role SecurityAdmin
(`UserAccessDenied`), then the arguments (OPC 10000-12 §7.10). Whoever gives one of them delegates, and a security-mode or roles
that are not given are those of nobody. The account of an application must delegate; it is let in for its clients alone. Root,
who polkit lets through and members of the administrators' group may leave the options out: then the call is their own.

## While busy

While somebody inhibits changes (org.edgeseal.Busy1, [busy.md](busy.md)), methods that change something are refused with `ServerTooBusy`, for
every caller, once privilege and delegation were judged. Their arguments aren't looked at, and nothing is changed. Each method says
what it does.

## Limits

A call may carry at most 1 MiB and 4096 array elements in all. A connection may have 16 calls unanswered, an account 32 over all of its
connections, all accounts together 128, and a call with large arguments counts as many as it has full 64 KiB; where there is no room for another, the
account with the most loses its newest ones that are not being worked at yet. Beyond: `InvalidArgument`, `TooManyOperations`; the latter may
be tried again at once. The bus daemon keeps 127 MiB of calls that the agent has not read yet, and refuses what comes beyond them with
`org.freedesktop.DBus.Error.LimitsExceeded`, which may be tried again, too.

## Secrets

Private keys, passphrases and activated secrets cross in the methods that say so. They are best handed over as descriptors
(type `h`) of a memory file: the agent reads it straight into memory that it overwrites after use, and no copy is left anywhere.
Bytes (`ay`) and text (`s`), for callers that can't send descriptors, cross the bus daemon and the socket buffers of the kernel,
and the bus library outgrows memory while it makes an answer: not all of that can be overwritten, in neither direction. The messages of
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


CERTIFICATE_TYPES = """## Certificate groups and types

| certificate group | NodeId |
|---|---|
| `application` | i=14156 |
| `https` | i=14088 |
| `user-token` | i=14122 |
| `tls` | none |

| certificate type | NodeId |
|---|---|
| `rsa-sha256` | i=12560 |
| `ecc-nist-p256` | i=23538 |
| `ecc-nist-p384` | i=23539 |
| `https` | i=12558 |
| `tls-server` | i=19325 |
| `tls-client` | i=19326 |
"""


def permission_rows(interfaces):
    for object_path, interface in interfaces:
        for method in interface.iter("method"):
            privilege = annotation(method, PRIVILEGE)
            words = permissions.permissions(privilege, object_path, annotation(method, DELEGATION),
                                            annotation(method, APPLICATION))
            yield f"{interface.get('name').removeprefix('org.edgeseal.')}.{method.get('name')}", privilege, words


def reference(paths):
    interfaces = [load(path) for path in paths]
    lines = status_reference(interfaces) + CERTIFICATE_TYPES.splitlines() + [""]
    for object_path, interface in interfaces:
        lines += interface_reference(object_path, interface)
    return PREFACE + permissions.reference(permission_rows(interfaces)) + "\n".join(lines).rstrip() + "\n"


def main(arguments):
    command, paths = arguments[0], arguments[1:]
    make = {"introspection": lambda: introspection(paths[0]),
            "calls": lambda: introspection(paths[0], without=("signal",)), "privileges": lambda: privileges(paths),
            "reference": lambda: reference(paths), "manual": lambda: manual.page(reference(paths))}[command]
    try:
        sys.stdout.write(make())
    except SourceError as error:
        sys.exit(f"generate.py: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
