"""Files for tests of downloads: what a server gives to whoever asks, right and wrong."""

import urllib.parse

from authority import der, key_pem, pem
from http_server import Raw, Response


class Files:
    def __init__(self, plant):
        root = plant.root.certificate
        self.contents = {
            "/root.der": der(root),
            "/root.pem": pem(root),
            "/key.pem": pem(root) + key_pem(plant.device.key),
            "/page": b"<html><body>Please log in</body></html>",
            "/empty": b"",
            "/large": b"A" * 262_145,
        }

    def respond(self, request):
        path, _, query = request.path.partition("?")
        if path == "/slow":
            return Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nMIIC", then_wait=True)
        if path == "/redirect":
            return Response(302, b"", {"Location": urllib.parse.unquote(query)})
        if path not in self.contents:
            return Response(404, b"no such file", {"Content-Type": "text/plain"})
        return Response(200, self.contents[path], {"Set-Cookie": "who=you"})
