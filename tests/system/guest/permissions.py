"""Calls every method of the agent and compares who is refused with the table of docs/dbus.md: permissions.py TABLE CALLER [also-device] [also-jobs]

CALLER is a column of the table; whoever runs this is one, with also-device the own account of the device, too. The objects are those of the
device, of the application web and of the first job, which must be there with also-jobs. The arguments are empty or wrong: whoever is let
in is told so, or that somebody inhibits changes, which the caller of this does.
"""
import ctypes
import re
import sys
import xml.etree.ElementTree as ET

BUS = ctypes.CDLL("libsystemd.so.0")
AGENT = b"org.edgeseal.Agent1"
REFUSED = "org.edgeseal.Error.UserAccessDenied"
DEVICE = "/org/edgeseal/device"
OBJECTS = ["/org/edgeseal", DEVICE, "/org/edgeseal/application/web", "/org/edgeseal/application/web/https"]
JOB = "/org/edgeseal/job/1"
CLIENT = {b"session": b"s1", b"security-mode": b"sign-and-encrypt", b"application": b"web"}


class Error(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("message", ctypes.c_char_p), ("need_free", ctypes.c_int)]


def done(result):
    if result < 0:
        raise OSError(-result, "libsystemd")


def append_options(message, as_client):
    done(BUS.sd_bus_message_open_container(message, ctypes.c_char(b"a"), b"{sv}"))
    if as_client:
        for name, value in CLIENT.items():
            done(BUS.sd_bus_message_append(message, b"{sv}", name, b"s", value))
        done(BUS.sd_bus_message_append(message, b"{sv}", b"roles", b"as", ctypes.c_int(1), b"SecurityAdmin"))
    else:
        done(BUS.sd_bus_message_append(message, b"{sv}", b"no such option", b"b", ctypes.c_int(1)))
    done(BUS.sd_bus_message_close_container(message))


def append(message, kind, method, as_client):
    if kind == "a{sv}":
        append_options(message, as_client)
    elif kind.startswith("a"):
        done(BUS.sd_bus_message_open_container(message, ctypes.c_char(b"a"), kind[1:].encode()))
        done(BUS.sd_bus_message_close_container(message))
    elif kind == "s":
        slot = b"web/https/https" if method == "Enrolment1.Renew" else b""
        done(BUS.sd_bus_message_append_basic(message, ctypes.c_char(b"s"), slot))
    else:  # numbers, and descriptors, of which 0 is one
        zero = ctypes.c_uint64(0)
        done(BUS.sd_bus_message_append_basic(message, ctypes.c_char(kind.encode()), ctypes.byref(zero)))


def call(bus, path, interface, method, kinds=(), as_client=False):
    """(name of the error or "", the answer)"""
    message, answer, error = ctypes.c_void_p(), ctypes.c_void_p(), Error()
    done(BUS.sd_bus_message_new_method_call(bus, ctypes.byref(message), AGENT, path.encode(), interface.encode(), method.encode()))
    for kind in kinds:
        append(message, kind, f"{interface.split('.')[-1]}.{method}", as_client)
    BUS.sd_bus_call(bus, message, ctypes.c_uint64(60_000_000), ctypes.byref(error), ctypes.byref(answer))
    return (error.name or b"").decode(), answer


def methods(bus, objects):
    """(path, interface, method, types of its arguments) of each object."""
    for path in objects:
        error, answer = call(bus, path, "org.freedesktop.DBus.Introspectable", "Introspect")
        if error:
            continue
        text = ctypes.c_char_p()
        done(BUS.sd_bus_message_read(answer, b"s", ctypes.byref(text)))
        for interface in ET.fromstring(text.value).iter("interface"):
            if not interface.get("name").startswith("org.edgeseal."):
                continue
            for method in interface.iter("method"):
                kinds = [arg.get("type") for arg in method.iter("arg") if arg.get("direction") == "in"]
                yield path, interface.get("name"), method.get("name"), kinds


def words(table, caller):
    """What the table says of each method."""
    rows = [[cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
            for line in open(table, encoding="utf-8") if re.match(r"\| (method|`\w+1\.\w+`) \| (privilege|`[a-z-]+`) \|", line)]
    column = rows[0].index(caller)
    return {row[0]: row[column] for row in rows[1:]}


def is_right(path, caller_also, word, error):
    if path == DEVICE and word == "client" and "also-device" not in caller_also:
        word = "polkit"
    return (error == REFUSED) == (word in ("polkit", "no"))


def main(table, caller, *also):
    bus, said, called, wrong = ctypes.c_void_p(), words(table, caller), set(), []
    done(BUS.sd_bus_open_system(ctypes.byref(bus)))
    for path, interface, method, kinds in methods(bus, OBJECTS + [JOB] * ("also-jobs" in also)):
        name = f"{interface.split('.')[-1]}.{method}"
        word = said.get(name, "nothing")
        error, _ = call(bus, path, interface, method, kinds, as_client=word == "client")
        called.add(name)
        if name not in said or not is_right(path, also, word, error):
            wrong.append(f"{name} as {caller}: the table says {word}, the answer is {error or 'success'}")
    left_out = [name for name in said if name not in called and ("also-jobs" in also or not name.startswith("Job1."))]
    wrong += [f"{name} is on none of the objects" for name in left_out]
    print(*wrong, f"{len(called)} methods as {caller}", sep="\n")
    if wrong or not called:
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
