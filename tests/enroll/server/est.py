"""Enrolment over Secure Transport (RFC 7030), with every fault that a client has to stand.

The label in the path names the fault: /.well-known/est/two-certs/simpleenroll. Without a label all is well. A fault may
have a value: /.well-known/est/wait=120/simpleenroll, or wait.120 where a label may not be everything. Faults of "issue" concern every certificate, of "first" those of simpleenroll.
"""

import base64
import datetime
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7

import attributes
import authority
from authority import DAY, NOW, TLS_CLIENT, TLS_SERVER, der, name
from http_server import Raw, Response

CERTIFICATES = "application/pkcs7-mime; smime-type=certs-only"
PREFIX = "/.well-known/est"
EMPTY_CMS = bytes.fromhex("3023 06092a864886f70d010702 a016 3014 020101 3100 300b 06092a864886f70d010701 3100".replace(" ", ""))


def wrapped(text, width=64, end=b"\r\n"):
    return end.join(text[at : at + width] for at in range(0, len(text), width)) + end


def certs_only(certificates):
    if not certificates:
        return EMPTY_CMS
    return pkcs7.serialize_certificates(certificates, serialization.Encoding.DER)


def certificates_response(certificates, **headers):
    body = base64.b64encode(certs_only(certificates))
    return Response(200, body, {"Content-Type": CERTIFICATES, **headers})


class Est:
    def __init__(self, plant):
        self.plant = plant
        self.passwords = {}  # user name and secret: how often they may be used
        self.waiting = {}  # label: the body that waits
        self.urls = {}  # of the endpoints

    def respond(self, request):
        label, operation = self.parse(request.path)
        fault, _, value = label.partition("=" if "=" in label else ".")
        handler = {
            "cacerts": self.cacerts,
            "csrattrs": self.csrattrs,
            "simpleenroll": self.enroll,
            "simplereenroll": self.reenroll,
        }.get(operation)
        if handler is None:
            return Response(404, b"no such operation", {"Content-Type": "text/plain"})
        return self.transport_fault(fault, value, operation, request) or handler(request, fault, value)

    @staticmethod
    def parse(path):
        if not path.startswith(PREFIX + "/"):
            return "", ""
        label, _, operation = path[len(PREFIX) + 1 :].rpartition("/")
        return urllib.parse.unquote(label), operation

    # --- of every operation

    def transport_fault(self, fault, value, operation, request):
        aimed, _, how = value.partition("/")
        if aimed != operation:
            return None
        if fault == "redirect":
            return self.redirect(how, operation)
        if fault == "refuse":
            return self.refusal(how)
        return {
            "challenge": lambda: Response(401, b"", {"WWW-Authenticate": how}),
            "slow": lambda: Raw(b"HTTP/1.1 200 OK\r\nContent-Ty", then_wait=True),
            "stall": lambda: Raw(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\nMIIC" % CERTIFICATES.encode(), then_wait=True),
            "cut-off": lambda: Raw(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\nMIIC" % CERTIFICATES.encode()),
            "length": lambda: Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nMIIC"),
            "chunks": lambda: Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\x00\xff"),
            "http09": lambda: Raw(b"<html>hello</html>\n"),
            "garbage": lambda: Raw(bytes(range(256)) * 4),
            "gzip": lambda: Response(200, bytes.fromhex("1f8b08"), {"Content-Type": CERTIFICATES, "Content-Encoding": "gzip"}),
            "headers": lambda: Raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % at for at in range(1000)) + b"\r\n"),
            "large": lambda: Response(200, b"A" * 1_000_000, {"Content-Type": CERTIFICATES}),
        }.get(fault, lambda: None)()

    def redirect(self, how, operation):
        here, elsewhere = self.urls["good"], self.urls["elsewhere"]
        status, _, target = how.rpartition("-")
        location = {
            "same": f"{here}{PREFIX}/{operation}",
            "relative": f"{PREFIX}/{operation}",
            "loop": f"redirect={operation}%2Floop",
            "other": f"{elsewhere}{PREFIX}/{operation}",
            "http": f"http://localhost:1{PREFIX}/{operation}",
            "file": "file:///etc/passwd",
            "nowhere": None,
        }[target]
        if target == "loop":
            location = f"{PREFIX}/{location}/{operation}"
        return Response(int(status or 302), b"", {"Location": location})

    @staticmethod
    def refusal(how):
        status, body, kind = {
            "text": (400, b"the secret has been used\r\n\x1b[31m before", "text/plain"),
            "html": (400, b"<html><script>alert(1)</script></html>", "text/html"),
            "cms": (400, base64.b64encode(EMPTY_CMS), "application/pkcs7-mime"),
            "huge": (400, b"x" * 10_000_000, "text/plain"),
            "missing": (404, b"no such page", "text/plain"),
            "undecided": (202, b"", "text/plain"),
            "busy": (503, b"later", "text/plain"),
        }[how]
        retry = {"Retry-After": "120"} if how in ("undecided", "busy") else {}
        return Response(status, body, {"Content-Type": kind, **retry})

    # --- trust anchors

    def cacerts(self, request, fault, value):
        plant = self.plant
        current = [plant.root.certificate, plant.issuing.certificate]
        next_root = plant.new_root.certificate
        sets = {
            "none": [],
            "leaf": [plant.device.certificate],
            "duplicates": current + current + current,
            "dropped": [plant.other_root.certificate, plant.other_issuing.certificate],
            "added": current + [plant.other_root.certificate],
            "intermediates": [plant.issuing.certificate],
            "rollover": [next_root, plant.issuing.certificate, plant.old_with_new, plant.new_with_old],
            "rollover-both": current + [next_root, plant.new_with_old],
            "rollover-no-way-back": [next_root, plant.issuing.certificate, plant.new_with_old],
            "rollover-unlinked": current + [next_root, plant.old_with_new],
            "rollover-forged": [next_root, plant.issuing.certificate, plant.old_with_new, plant.forged_link],
        }
        response = certificates_response(sets[value] if fault == "cacerts" and value in sets else current)
        if fault == "cacerts":
            self.spoil(response, value)
        return response

    @staticmethod
    def spoil(response, how):
        """Another form of the same, or none at all."""
        der_form = base64.b64decode(response.body)
        text = base64.b64encode(der_form)
        forms = {
            "type": (b"<html>", {"Content-Type": "text/html"}),
            "base64": (b"MII*" + text, {}),
            "padding": (text.rstrip(b"=") + b"=====", {}),
            "truncated": (base64.b64encode(der_form[: len(der_form) // 2]), {}),
            "trailing": (base64.b64encode(der_form + b"\0"), {}),
            "binary": (der_form, {}),
            "other-content": (base64.b64encode(bytes.fromhex("300b06092a864886f70d010701")), {}),
            "crlf": (wrapped(text), {"Content-Transfer-Encoding": "base64"}),
            "says-binary": (wrapped(text), {"Content-Transfer-Encoding": "binary"}),
            "spaces": (b" \r\n" + wrapped(text, 7, b" \t") + b"\n\n", {}),
            "one-line": (text, {}),
            "armour": (b"-----BEGIN PKCS7-----\n" + wrapped(text) + b"-----END PKCS7-----\n", {}),
        }
        if how in forms:
            response.body, headers = forms[how]
            response.headers.update(headers)

    # --- wishes

    def csrattrs(self, request, fault, value):
        if fault != "attributes":
            return Response(204)
        if value in ("204", "404"):
            return Response(int(value))
        return Response(200, base64.b64encode(attributes.by_name(value)), {"Content-Type": "application/csrattrs"})

    # --- certificates

    def authorized(self, request):
        if request.client:
            return True
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return False
        credential = base64.b64decode(token).decode()
        self.passwords[credential] = self.passwords.get(credential, 0) - 1
        return self.passwords[credential] >= 0

    def enroll(self, request, fault, value):
        if not self.authorized(request):
            return Response(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="plant"'})
        if request.headers.get("content-type") != "application/pkcs10":
            return Response(415)
        if fault == "wait" and self.waiting.get(value) != request.body:
            already = value in self.waiting
            self.waiting[value] = request.body
            return Response(409 if already else 202, b"", {"Retry-After": value} if value else {})
        csr = x509.load_der_x509_csr(base64.b64decode(request.body))
        return self.issued(csr, "issue" if fault == "first" else fault, value)

    def reenroll(self, request, fault, value):
        if fault == "reenroll" and value == "rejected":
            return Response(403, b"not this one", {"Content-Type": "text/plain"})
        if not request.client:
            return Response(401, b"", {"WWW-Authenticate": 'Basic realm="plant"'})
        csr = x509.load_der_x509_csr(base64.b64decode(request.body))
        if csr.subject != self.plant.current.subject:
            return Response(400, b"another subject", {"Content-Type": "text/plain"})
        return self.issued(csr, fault, value)

    def issued(self, csr, fault, value):
        value = value if fault == "issue" else ""
        if value == "server-key":
            return Response(200, b"--x\r\n\r\n--x--\r\n", {"Content-Type": "multipart/mixed; boundary=x"})
        certificate = self.certificate(csr, value)
        return certificates_response({
            "two": [self.plant.device.certificate, certificate],
            "none": [],
            "chain": [self.plant.root.certificate, self.plant.issuing.certificate, certificate],
        }.get(value, [certificate]))

    def certificate(self, csr, value):
        issuer = self.plant.other_issuing if value == "other-issuer" else self.plant.issuing
        options = {
            "inverted": {"dates": [date.strftime("%y%m%d%H%M%SZ").encode() for date in (NOW + DAY, NOW - DAY)]},
            "medieval": {"dates": [b"14500101000000Z", b"20500101000000Z"]},
            "future": {"begin": NOW + DAY},
            "ended": {"begin": NOW - 2 * DAY, "end": NOW - DAY},
            "nearly-over": {"begin": NOW - 60 * DAY, "end": NOW + 10 * DAY},
            "ca": {"ca": True},
            "sha1": {"digest": hashes.SHA1()},
            "for-servers": {"usages": [TLS_SERVER]},
            "other-names": {"names": [x509.DNSName("somebody.else")]},
        }.get(value, {})
        options = {"names": self.names(csr), "usages": [TLS_CLIENT, TLS_SERVER], **options}
        subject = name("somebody else") if value == "other-subject" else csr.subject
        if value == "for-life":
            options["end"] = authority.NEVER
        key = authority.new_key().public_key() if value == "other-key" else csr.public_key()
        return forced(issuer, subject, key, **options) if "dates" in options else issuer.sign(subject, key, **options)

    @staticmethod
    def names(csr):
        try:
            return list(csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        except x509.ExtensionNotFound:
            return []


def forced(issuer, subject, key, dates, **options):
    """A certificate with dates, in one of the forms of DER, that the library doesn't make."""
    year = 2049 if len(dates[0]) == 13 else 2050  # the first that is written with its century
    written = [datetime.datetime(year, 1, day) for day in (1, 2)]
    good = issuer.sign(subject, key, begin=written[0], end=written[1], **options)
    body = good.tbs_certificate_bytes
    for date, wanted in zip(written, dates):
        body = body.replace(date.strftime("%Y%m%d%H%M%SZ").encode()[-len(wanted) :], wanted)
    return authority.signed_again(issuer, good, body)
