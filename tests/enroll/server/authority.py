"""Certificates of a plant, good and bad ones, made anew at each start."""

import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.utcnow().replace(microsecond=0)
NEVER = datetime.datetime(9999, 12, 31, 23, 59, 59)  # RFC 5280 section 4.1.2.5
LOCAL_NAMES = [
    x509.DNSName("localhost"),
    x509.DNSName("plant.local"),
    x509.DNSName("pki.plant.example"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
]
TLS_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
TLS_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
REGISTRATION_AUTHORITY = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.28")  # id-kp-cmcRA of RFC 6402


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Plant"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class Certified:
    """A certificate and its key."""

    def __init__(self, certificate, key, subject=None):
        self.certificate, self.key, self.chain = certificate, key, []
        self.subject = subject or certificate.subject

    def sign(self, subject, public_key, *, begin=NOW - DAY, end=NOW + 90 * DAY, ca=False, names=(), usages=(), digest=None):
        """A certificate of this CA."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(usages)), critical=False)
        return builder.sign(self.key, digest or hashes.SHA256())

    def issue(self, subject, key=None, **options):
        key = key or new_key()
        return Certified(self.sign(subject, key.public_key(), **options), key)

    def intermediate(self, common_name):
        return self.issue(name(common_name), ca=True, end=NOW + 1000 * DAY)


def new_root(common_name):
    key = new_key()
    unsigned = Certified(None, key, name(common_name))
    return Certified(unsigned.sign(unsigned.subject, key.public_key(), ca=True, end=NOW + 3650 * DAY), key)


class Plant:
    """The PKI of a plant, the maker of its devices, and somebody who has nothing to do with either."""

    def __init__(self):
        self.root = new_root("Plant Root")
        self.issuing = self.root.intermediate("Plant Issuing")
        self.manufacturer = new_root("Manufacturer Root")
        self.other_root = new_root("Other Root")
        self.other_issuing = self.other_root.intermediate("Other Issuing")
        self.new_root = new_root("Plant Root 2")
        self.old_with_new = self.new_root.sign(self.root.subject, self.root.key.public_key(), ca=True)
        self.new_with_old = self.root.sign(self.new_root.subject, self.new_root.key.public_key(), ca=True)
        impostor = Certified(self.root.certificate, new_key())
        self.forged_link = impostor.sign(self.new_root.subject, self.new_root.key.public_key(), ca=True)
        self.device = self.manufacturer.issue(name("device 4711"), end=NEVER, usages=[TLS_CLIENT])
        self.current = self.issue_current()
        self.expired = self.issue_current(begin=NOW - 90 * DAY, end=NOW - DAY)

    def issue_current(self, **dates):
        return self.issuing.issue(name("gateway"), names=[x509.DNSName("gateway.plant")], usages=[TLS_CLIENT, TLS_SERVER], **dates)

    def server(self, issuer=None, **options):
        issuer = issuer or self.issuing
        options = {"names": LOCAL_NAMES, "usages": [TLS_SERVER], **options}
        certified = issuer.issue(options.pop("subject", name("EST server")), **options)
        certified.chain = [issuer.certificate] if issuer is not self.root else []
        return certified

    def servers(self):
        """What the TLS servers present, by the name of the endpoint."""
        self.revoked = self.server()
        return {
            "good": self.server(),
            "elsewhere": self.server(),
            "authority": self.server(usages=[TLS_SERVER, REGISTRATION_AUTHORITY]),
            "other-ca": self.server(self.other_issuing),
            "expired": self.server(begin=NOW - 90 * DAY, end=NOW - DAY),
            "not-yet-valid": self.server(begin=NOW + 30 * DAY, end=NOW + 90 * DAY),
            "wrong-host": self.server(names=[x509.DNSName("est.example.com")]),
            "no-names": self.server(names=[], subject=name("localhost")),
            "for-clients": self.server(usages=[TLS_CLIENT]),
            "revoked": self.revoked,
            "md5": self.server(self.weak_issuing(), digest=hashes.MD5()),
            "sha1": self.server(digest=hashes.SHA1()),
            "rsa1024": self.server(key=rsa.generate_private_key(65537, 1024)),
            "self-signed": self.self_signed_server(),
        }

    def weak_issuing(self):
        """An RSA CA, which can sign with MD5."""
        return self.root.issue(name("Plant Issuing RSA"), key=rsa.generate_private_key(65537, 2048), ca=True)

    def self_signed_server(self):
        unsigned = Certified(None, new_key(), name("EST server"))
        return Certified(unsigned.sign(unsigned.subject, unsigned.key.public_key(), names=LOCAL_NAMES), unsigned.key)

    def revocation_list(self):
        revoked = x509.RevokedCertificateBuilder().serial_number(self.revoked.certificate.serial_number).revocation_date(NOW).build()
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.issuing.subject).last_update(NOW - DAY)
        builder = builder.next_update(NOW + 30 * DAY).add_revoked_certificate(revoked)
        return builder.sign(self.issuing.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def write(self, directory):
        """For the client: what it trusts, what it is."""
        for file, certified in {
            "root": self.root, "issuing": self.issuing, "new-root": self.new_root, "other-root": self.other_root,
            "device": self.device, "current": self.current, "expired": self.expired, "manufacturer": self.manufacturer,
        }.items():
            (directory / f"{file}.der").write_bytes(der(certified.certificate))
            (directory / f"{file}.pem").write_bytes(pem(certified.certificate))
        keys = {"device": self.device, "current": self.current, "expired": self.expired, "manufacturer": self.manufacturer}
        for file, certified in keys.items():
            (directory / f"{file}-key.pem").write_bytes(key_pem(certified.key))
        (directory / "issuing.crl").write_bytes(self.revocation_list())


def signed_again(issuer, certificate, body):
    """The certificate with another body, under a signature of the same CA."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    signature = issuer.key.sign(body, ECDSA(hashes.SHA256()))
    whole = der(certificate)
    algorithm = whole[whole.index(certificate.tbs_certificate_bytes) + len(body) :]
    algorithm = algorithm[: 2 + algorithm[1]]
    return x509.load_der_x509_certificate(sequence(body + algorithm + element(0x03, b"\0" + signature)))


def element(tag, content):
    """DER."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(content):
    return element(0x30, content)
