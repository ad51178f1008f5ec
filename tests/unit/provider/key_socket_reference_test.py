"""docs/key-socket.md says what provider/wire is: python3 key_socket_reference_test.py ROOT"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv[1])
HEADER = (ROOT / "provider/wire/message.h").read_text()
CODEC = (ROOT / "provider/wire/message.cpp").read_text()
PAGE = (ROOT / "docs/key-socket.md").read_text()

# How the codec writes and reads a field, and what the page calls that. An integer is as wide as its declaration.
WRITTEN = re.compile(r"writer\.(?P<integer>integer)\(\w+\.(?P<i>\w+)\)|put\(writer, \w+\.(?P<u16>\w+)\)"
                     r"|writer\.bytes\((?:by_name \? KeyId\{\} : )?\w+\.(?P<id>\w+)\)"
                     r"|put_short_field\(writer, (?:as_bytes\()?\w+\.(?P<short>\w+)\)"
                     r"|put_certificates\(writer, \w+\.(?P<certificates>\w+)\)")
READ = re.compile(r"\w+\.(?P<i>\w+) = reader\.(?P<integer>integer)<|\w+\.(?P<u16>\w+) = take<"
                  r"|take_key_id\(reader, \w+\.(?P<id>\w+)\)"
                  r"|\w+\.(?P<short>\w+) = (?:as_text\()?take_short_field\("
                  r"|take_certificates\(reader, \w+\.(?P<certificates>\w+)\)")


def declared_widths(message):
    body = re.search(r"struct " + message + r" \{(.*?)\n\};", HEADER, re.S).group(1)
    return dict((name, "u" + bits) for bits, name in re.findall(r"std::uint(\d+)_t (\w+)", body))


def fields(pattern, body, message):
    """(name, type) of each field in the order of the code."""
    found = []
    for match in pattern.finditer(body):
        (kind, name), = [(k, v) for k, v in match.groupdict().items() if v and k != "integer"]
        found.append((name, declared_widths(message)[name] if kind == "i" else kind))
    return found


def codec(function, message):
    return re.search(r"\n[^\n]*\b" + function + r"\([^)]*\b" + message + r"& \w+[^{]*\{(.*?)\n\}", CODEC, re.S).group(1)


def rows(first_column):
    """The rows, as lists of cells, of the table whose head begins so."""
    table = PAGE[PAGE.index("| " + first_column):].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table if "|---|" not in line]


def enumerators(enum):
    body = re.search(r"enum class " + enum + r" : std::uint16_t \{(.*?)\}", HEADER, re.S).group(1)
    return {(int(value), name) for name, value in re.findall(r"(\w+) = (\d+)", body)}


def value_of(expression, known):
    return eval(expression, {"__builtins__": {}}, known)  # sums and products of the header


def limits():
    known = {}
    for name, expression in re.findall(r"inline constexpr std::size_t (\w+) = ([^;]+);", HEADER):
        known[name] = value_of(expression, known)
    return known


class KeySocketReference(unittest.TestCase):
    def test_limits_are_those_of_the_header(self):
        self.assertGreater(len(limits()), 5)
        self.assertEqual({cells[0].strip("`"): int(cells[1]) for cells in rows("limit ")[1:]}, limits())

    def test_version_and_path_are_those_of_the_header(self):
        version = re.search(r"protocol_version = (\d+);", HEADER).group(1)
        self.assertIn(f"| version | u16, {version} | version | u16, {version} |", PAGE)
        self.assertIn(f"`{re.search(r'default_socket_path = .([^;]+).;', HEADER).group(1)}`", PAGE)

    def test_statuses_are_those_of_the_header(self):
        self.assertEqual({(int(value), name) for value, name in re.findall(r"^\| (\d+) `(\w+)`", "\n".join(
            "| " + cells[0] for cells in rows("status `Status`")[1:]), re.M)}, enumerators("Status"))

    def test_types_schemes_and_hashes_are_those_of_the_header(self):
        head, *table = rows("value | key")
        for column, title in list(enumerate(head))[1:]:
            enum = re.search(r"`(\w+)`", title).group(1)
            listed = {(int(cells[0]), name.group(1)) for cells in table if (name := re.match(r"`(\w+)`", cells[column]))}
            self.assertEqual(listed, enumerators(enum), enum)
        every = set(re.findall(r"enum class (\w+)", HEADER))
        self.assertEqual(every, {re.search(r"`(\w+)`", title).group(1) for title in head[1:]} | {"Status", "Operation"})

    def test_operations_are_those_of_the_header(self):
        listed = {tuple(re.match(r"(\d+) `(\w+)`", cells[0]).groups()) for cells in rows("operation | body")[1:-1]}
        self.assertEqual({(int(value), name) for value, name in listed}, enumerators("Operation"))

    def test_bodies_are_what_is_written_and_what_is_read(self):
        compared = set()
        for name, request, answer in rows("operation | body")[1:]:
            operation = re.search(r"`(\w+)`", name)
            stem = "".join(part.capitalize() for part in operation.group(1).split("_")) if operation else "Error"
            for cell, message in ((request, stem + "Request"), (answer, stem + "Response")):
                documented = re.findall(r"`(\w+)` (\w+)", cell)
                if not re.search(r"struct " + message + r" \{", HEADER):
                    self.assertEqual(documented, [], message)
                    continue
                compared.add(message)
                self.assertEqual(documented, fields(WRITTEN, codec("encode", message), message), message)
                self.assertEqual(documented, fields(READ, codec("decode", message), message), message)
        self.assertEqual(compared, set(re.findall(r"struct (\w+(?:Request|Response)) \{", HEADER)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
