"""HTTP over TLS, as far as a test needs it, so that each byte of an answer can be wrong."""

import asyncio
import hashlib
import socket
import ssl
import threading
from dataclasses import dataclass, field

REASONS = {200: "OK", 202: "Accepted", 204: "No Content"}


@dataclass
class Request:
    endpoint: str
    method: str
    path: str
    headers: dict
    body: bytes
    client: str  # SHA-256 of the certificate that the client showed, or nothing


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)

    def encoded(self):
        fields = {"Content-Length": str(len(self.body)), **self.headers}
        head = f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
        return head.encode("latin-1") + b"\r\n" + self.body


@dataclass
class Raw:
    """Bytes as they stand here; then the connection is closed, or left alone until the client gives up."""

    data: bytes
    then_wait: bool = False


class Endpoint:
    """One address with one certificate."""

    def __init__(self, name, context, respond, address="127.0.0.1"):
        self.name, self.context, self.respond, self.address = name, context, respond, address
        self.requests = []
        self.received = 0  # bytes within TLS
        self.open = 0

    async def start(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        server = await asyncio.start_server(self.serve, self.address, 0, family=family, ssl=self.context)
        self.port = server.sockets[0].getsockname()[1]
        self.server = server

    async def serve(self, reader, writer):
        self.open += 1
        try:
            while request := await self.read(reader, writer):
                self.requests.append(request)
                answer = self.respond(request)
                if isinstance(answer, Raw):
                    writer.write(answer.data)
                    await writer.drain()
                    while answer.then_wait and await reader.read(4096):
                        pass
                    break
                writer.write(answer.encoded())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            writer.transport.abort()

    async def read(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received += len(head) + len(body)
        tls = writer.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls else None
        client = hashlib.sha256(certificate).hexdigest() if certificate else ""
        return Request(self.name, method, path, headers, body, client)


class StrictEndpoint:
    """Goes no further than the handshake, and says why with an alert, which asyncio keeps to itself."""

    def __init__(self, name, context):
        self.name, self.context = name, context
        self.requests, self.received, self.open = [], 0, 0

    async def start(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()

    def serve(self, listener):
        while True:
            connection, _ = listener.accept()
            try:
                self.context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()


def tls_context(certificate_file, client_roots):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # also for what no client ought to accept
    context.load_cert_chain(certificate_file)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(client_roots)
    return context
