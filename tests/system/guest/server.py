#!/usr/bin/python3
"""What an OPC UA server calls for a client of it (docs/opcua.md), and a provisioning client for itself: edgesealctl has no
connection that lasts over several calls, and no use for a TAN.

usage: server.py validate CLIENT | password CLIENT | request CLIENT REQUEST | push CLIENT CERTIFICATE AUTHORITY | tan
Certificates are DER; the password comes on the standard input.
"""

import os
import sys

import dbus

SECURITY_ADMIN = "i=15704"
GROUP = "application"
TYPE = "ecc-nist-p256"


def read(path):
    with open(path, "rb") as file:
        return dbus.ByteArray(file.read())


def options(**given):
    return dbus.Dictionary({name.replace("_", "-"): value for name, value in given.items()}, signature="sv")


def delegated(client, **more):
    return options(session="session-1", security_mode="sign-and-encrypt", roles=dbus.Array([SECURITY_ADMIN], signature="s"),
                   client_certificate=read(client), **more)


def interface(path, name):
    remote = bus.get_object("org.edgeseal.Agent1", path, introspect=False)
    return dbus.Interface(remote, f"org.edgeseal.{name}")


def validate(client):
    trust_list.Validate(dbus.Array([read(client)], signature="ay"), options())


def password(client):
    memory = os.memfd_create("password")
    os.write(memory, sys.stdin.buffer.read())
    setup.SubmitOneTimePassword(dbus.types.UnixFd(memory), options(application="plc", client_certificate=read(client)))


def request(client, path):
    asked = delegated(client, regenerate_private_key=True, nonce=dbus.ByteArray(os.urandom(32)))
    with open(path, "wb") as file:
        file.write(bytes(configuration.CreateSigningRequest(GROUP, TYPE, asked)))


# One transaction: it belongs to this connection and the session.
def push(client, certificate, authority):
    issuers = dbus.Array([read(authority)], signature="ay")
    for trusted in (authority, client):
        trust_list.AddCertificate(read(trusted), True, delegated(client))
    configuration.UpdateCertificate(GROUP, TYPE, read(certificate), issuers, "", dbus.ByteArray(), delegated(client))
    configuration.ApplyChanges(delegated(client))


def tan():
    memory = bundle.TakeTan().take()
    print(os.pread(memory, 16, 0).decode())


bus = dbus.SystemBus()
setup = interface("/org/edgeseal", "Setup1")
bundle = interface("/org/edgeseal", "Bundle1")
configuration = interface("/org/edgeseal/application/plc", "ServerConfiguration1")
trust_list = interface("/org/edgeseal/application/plc/application", "TrustList1")

try:
    {each.__name__: each for each in (validate, password, request, push, tan)}[sys.argv[1]](*sys.argv[2:])
except dbus.DBusException as error:
    sys.exit(f"{error.get_dbus_name()}: {error.get_dbus_message()}")
