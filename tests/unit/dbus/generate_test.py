"""Tests of dbus/interfaces/generate.py: python3 generate_test.py GENERATOR REFERENCE INTERFACE.xml ..."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

GENERATOR, REFERENCE, *INTERFACES = sys.argv[1:]

SIGNAL = """<node name="/x" xmlns:doc="urn:edgeseal:doc"><interface name="org.edgeseal.X1"><signal name="S">
{doc}<arg name="a" type="s"/></signal></interface></node>"""
METHOD = """<node name="/x" xmlns:doc="urn:edgeseal:doc"><interface name="org.edgeseal.X1"><method name="M">
{annotations}{doc}</method></interface></node>"""
PRIVILEGE = '<annotation name="org.edgeseal.Privilege" value="{}"/>'
ALLOWED = '<annotation name="org.edgeseal.WhileBusy" value="allowed"/>'
ASYNC = '<annotation name="org.freedesktop.DBus.Method.Async" value="server"/>'
SENSITIVE = '<annotation name="org.edgeseal.Sensitive" value="true"/>'
AUDIT_LOG = '<annotation name="org.edgeseal.AuditLog" value="{}"/>'
DELEGATION = '<annotation name="org.edgeseal.Delegation" value="{}"/>'
DOC = "<doc:text>What M does.</doc:text>"


def generate(command, *paths):
    return subprocess.run([sys.executable, GENERATOR, command, *map(str, paths)], capture_output=True, text=True)


class GenerateTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name) / "x.xml"

    def generate_method(self, annotations, doc=DOC, command="privileges"):
        self.path.write_text(METHOD.format(annotations=annotations, doc=doc))
        return generate(command, self.path)

    def test_the_committed_reference_is_that_of_the_interfaces(self):
        fresh = generate("reference", *INTERFACES)
        self.assertEqual(fresh.returncode, 0)
        self.assertEqual(pathlib.Path(REFERENCE).read_text(), fresh.stdout,
                         "docs/dbus.md is old: dbus/interfaces/generate.py reference makes it anew")

    def test_a_bar_in_a_text_ends_no_cell(self):
        doc = DOC + '<doc:option name="o" type="s">a|b</doc:option>'
        annotations = PRIVILEGE.format("inspect") + ALLOWED + ASYNC
        self.assertIn("| a\\|b |", self.generate_method(annotations, doc=doc, command="reference").stdout)
        self.assertIn("\na|b\n", self.generate_method(annotations, doc=doc, command="manual").stdout)

    def test_a_text_of_the_manual_page_is_no_request_of_it(self):
        doc = "<doc:text>First. .so other 'x \\fB -y `z`</doc:text>"
        page = self.generate_method(PRIVILEGE.format("inspect") + ALLOWED + ASYNC, doc=doc, command="manual").stdout
        self.assertIn("First.\n\\&.so other 'x \\efB \\-y \\fBz\\fR\n", page)

    def test_who_may_call_follows_from_privilege_object_and_delegation(self):
        annotations = PRIVILEGE.format("manage-keys") + ALLOWED + ASYNC
        self.assertIn("| `X1.M` | `manage-keys` | yes | yes | polkit | polkit | polkit | polkit |",
                      self.generate_method(annotations, command="reference").stdout)

    def test_every_method_is_in_the_table_of_privileges(self):
        result = self.generate_method(PRIVILEGE.format("inspect") + ALLOWED + ASYNC)
        self.assertIn('{"org.edgeseal.X1.M", Privilege::Inspect, Contents::Public, Delegation::None, WhileBusy::Allowed, AuditedCalls::All}', result.stdout)

    def test_the_polkit_action_of_a_privilege_is_named_like_it(self):
        result = self.generate_method(PRIVILEGE.format("inspect") + ALLOWED + ASYNC)
        self.assertIn('case Privilege::ManageKeys: return "org.edgeseal.manage-keys";', result.stdout)

    def test_what_carries_a_secret_is_marked_in_the_table_and_the_reference(self):
        annotations = PRIVILEGE.format("manage-keys") + ALLOWED + ASYNC + SENSITIVE
        result = self.generate_method(annotations)
        self.assertIn('{"org.edgeseal.X1.M", Privilege::ManageKeys, Contents::Secret, Delegation::None, WhileBusy::Allowed, AuditedCalls::All}', result.stdout)
        self.assertIn("Carries a secret", self.generate_method(annotations, command="reference").stdout)
        self.assertNotIn("Sensitive", self.generate_method(annotations, command="introspection").stdout)

    def test_what_a_delegated_method_needs_is_in_the_table_and_the_reference(self):
        options = DOC + '<arg name="options" type="a{sv}" direction="in"/>'
        annotations = PRIVILEGE.format("manage-trust") + ALLOWED + ASYNC + DELEGATION.format("encrypted")
        self.assertIn("Privilege::ManageTrust, Contents::Public, Delegation::Encrypted, WhileBusy::Allowed, AuditedCalls::All}",
                      self.generate_method(annotations, doc=options).stdout)
        reference = self.generate_method(annotations, doc=options, command="reference").stdout
        self.assertIn("channel: sign-and-encrypt", reference)
        self.assertIn("| `SecurityModeInsufficient` | The channel", reference)
        self.assertNotIn("Delegation", self.generate_method(annotations, doc=options, command="introspection").stdout)

    def test_a_delegated_method_without_options_or_of_an_unknown_kind_is_refused(self):
        annotations = PRIVILEGE.format("manage-trust") + ALLOWED + ASYNC
        self.assertIn("options", self.generate_method(annotations + DELEGATION.format("encrypted")).stderr)
        self.assertEqual(self.generate_method(annotations + DELEGATION.format("perhaps")).returncode, 1)

    def test_signals_are_in_the_reference_and_need_documentation(self):
        self.path.write_text(SIGNAL.format(doc=DOC))
        self.assertIn("    signal S(s a)", generate("reference", self.path).stdout)
        self.path.write_text(SIGNAL.format(doc=""))
        self.assertEqual(generate("reference", self.path).returncode, 1)

    def test_a_method_without_privilege_is_refused(self):
        result = self.generate_method(ASYNC)
        self.assertEqual(result.returncode, 1)
        self.assertIn("org.edgeseal.X1.M needs the annotation org.edgeseal.Privilege", result.stderr)

    def test_a_method_that_says_not_what_it_does_while_busy_is_refused(self):
        result = self.generate_method(PRIVILEGE.format("inspect") + ASYNC)
        self.assertEqual(result.returncode, 1)
        self.assertIn("org.edgeseal.X1.M needs the annotation org.edgeseal.WhileBusy", result.stderr)

    def test_what_is_refused_while_busy_is_in_the_table_and_the_reference(self):
        annotations = PRIVILEGE.format("manage-trust") + ALLOWED.replace("allowed", "refused") + ASYNC
        self.assertIn("WhileBusy::Refused, AuditedCalls::All}", self.generate_method(annotations).stdout)
        self.assertIn("While busy: refused", self.generate_method(annotations, command="reference").stdout)
        self.assertNotIn("WhileBusy", self.generate_method(annotations, command="introspection").stdout)

    def test_what_the_audit_log_keeps_is_in_the_table_and_the_reference(self):
        reads = PRIVILEGE.format("inspect") + ALLOWED + ASYNC + AUDIT_LOG.format("refusals")
        self.assertIn("AuditedCalls::Refused}", self.generate_method(reads).stdout)
        self.assertIn("Audit log: refused calls.", self.generate_method(reads, command="reference").stdout)
        self.assertNotIn("AuditLog", self.generate_method(reads, command="introspection").stdout)
        unknown = PRIVILEGE.format("inspect") + ALLOWED + ASYNC + AUDIT_LOG.format("nothing")
        self.assertEqual(self.generate_method(unknown).returncode, 1)

    def test_an_unknown_privilege_is_refused(self):
        self.assertEqual(self.generate_method(PRIVILEGE.format("everything") + ALLOWED + ASYNC).returncode, 1)

    def test_a_method_that_answers_at_once_is_refused(self):
        self.assertEqual(self.generate_method(PRIVILEGE.format("inspect") + ALLOWED).returncode, 1)

    def test_a_member_without_documentation_is_refused(self):
        result = self.generate_method(PRIVILEGE.format("inspect") + ALLOWED + ASYNC, doc="")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no documentation", result.stderr)

    def test_plain_introspection_has_neither_documentation_nor_privileges(self):
        result = self.generate_method(PRIVILEGE.format("inspect") + ALLOWED + ASYNC, command="introspection")
        self.assertNotIn("edgeseal:doc", result.stdout)
        self.assertNotIn("Privilege", result.stdout)
        self.assertIn("Method.Async", result.stdout)

    def test_who_only_calls_hears_no_signals(self):
        self.path.write_text(SIGNAL.format(doc=DOC))
        self.assertIn('<signal name="S">', generate("introspection", self.path).stdout)
        calls = generate("calls", self.path).stdout
        self.assertIn('<interface name="org.edgeseal.X1"', calls)
        self.assertNotIn("signal", calls)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
