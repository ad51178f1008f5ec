"""The plant: an EST server where the tutorial has it, and what its reader has from whoever runs it."""

import json
import pathlib
import subprocess
import urllib.parse

SERVER = pathlib.Path(__file__).resolve().parents[2] / "enroll" / "est_server"


class Plant:
    HOST, ADDRESS, PORT = "pki.plant.example", "10.0.2.2", 443
    USER = "4711"
    SECRET = "open-sesame-4711"

    def __init__(self, directory):
        directory.mkdir()
        self.directory = directory
        with open(directory / "log", "wb") as log:
            self.process = subprocess.Popen([SERVER, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        port = urllib.parse.urlsplit(self._answer()["urls"]["good"]).port
        self.door = subprocess.Popen(["socat", f"TCP-LISTEN:{self.PORT},reuseaddr,fork", f"TCP:localhost:{port}"])
        self._ask({"do": "password", "user": self.USER, "secret": self.SECRET, "uses": 2})  # by the tutorial and by README.md

    def hand_over(self, root, directory):
        """The address, the root certificate and the secret, as the reader has them."""
        with open(root / "etc/hosts", "a") as hosts:
            hosts.write(f"{self.ADDRESS} {self.HOST}\n")
        (directory / "plant-root.pem").write_bytes((self.directory / "root.pem").read_bytes())
        secret = directory / "one-time-secret"
        secret.touch(mode=0o600)
        secret.write_text(self.SECRET)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.door.terminate()
        self.door.wait()
        self.process.stdin.close()
        self.process.wait()

    def _ask(self, command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self):
        return json.loads(self.process.stdout.readline())
