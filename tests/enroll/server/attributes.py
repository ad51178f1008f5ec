"""What a server may say that it wants in a certification request (RFC 7030 section 4.5, RFC 9908)."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from authority import element, sequence

CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7"
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
TEMPLATE = "1.2.840.113549.1.9.16.2.61"
EXTENSION_REQUEST_TEMPLATE = "1.2.840.113549.1.9.16.2.62"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
SECP384R1 = "1.3.132.0.34"
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3"
COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
UNKNOWN = "1.3.6.1.4.1.99999.1"


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for number in [40 * first + second, *rest]:
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(0x80 | (number & 0x7F))
        content += bytes(reversed(septets))
    return element(0x06, content)


def attribute(dotted, *values):
    return sequence(oid(dotted) + element(0x31, b"".join(values)))


def integer(value):
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def template():
    subject = sequence(
        element(0x31, sequence(oid(ORGANIZATION) + element(0x0C, "Werk Süd".encode())))
        + element(0x31, sequence(oid(COMMON_NAME)))
    )
    key = element(0xA0, sequence(oid(EC_PUBLIC_KEY) + oid(SECP384R1)))
    names = sequence(oid(SUBJECT_ALTERNATIVE_NAME))
    wishes = element(0xA1, attribute(EXTENSION_REQUEST_TEMPLATE, sequence(names)))
    return attribute(TEMPLATE, sequence(integer(0) + subject + key + wishes))


def rsa_template():
    """A key of the wanted size stands for the size (RFC 9908 section 3.4)."""
    key = rsa.generate_private_key(65537, 3072).public_key()
    bits = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    info = element(0xA0, sequence(oid(RSA_ENCRYPTION) + b"\x05\0") + element(0x03, b"\0" + bits))
    return attribute(TEMPLATE, sequence(integer(0) + info + element(0xA1, b"")))


def legacy():
    return oid(CHALLENGE_PASSWORD) + attribute(EC_PUBLIC_KEY, oid(SECP384R1)) + oid(ECDSA_WITH_SHA384)


def by_name(which):
    extension = sequence(oid(SUBJECT_ALTERNATIVE_NAME) + element(0x04, sequence(element(0x82, b"gateway.plant"))))
    return {
        "empty": lambda: sequence(b""),
        "nothing": lambda: b"",
        "unknown": lambda: sequence(oid(UNKNOWN) + attribute(UNKNOWN, integer(7)) + oid("2.999.3")),
        "legacy": lambda: sequence(legacy()),
        "extension": lambda: sequence(attribute(EXTENSION_REQUEST, sequence(extension))),
        "rsa": lambda: sequence(attribute(RSA_ENCRYPTION, integer(4096))),
        "template": lambda: sequence(template()),
        "rsa-template": lambda: sequence(rsa_template()),
        "both": lambda: sequence(attribute(RSA_ENCRYPTION, integer(1024)) + template() + oid(CHALLENGE_PASSWORD)),
        "bad-extension": lambda: sequence(attribute(EXTENSION_REQUEST, integer(1))),
        "bad-template": lambda: sequence(attribute(TEMPLATE, sequence(b""))),
        "bad-template-key": lambda: sequence(attribute(TEMPLATE, sequence(integer(0) + element(0xA0, integer(1))))),
        "malformed": lambda: bytes.fromhex("3082ffff0601"),
        "not-a-sequence": lambda: integer(1),
        "large": lambda: sequence(oid(UNKNOWN) * 6000),
    }[which]()
