"""Plants violations and looks whether .ci/structure names them: structure_check_test.py PATH-OF-STRUCTURE."""

import os
import subprocess
import sys
import tempfile
import unittest

STRUCTURE = sys.argv.pop()


class Checked(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name

    def plant(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def check(self, *arguments):
        done = subprocess.run([STRUCTURE, "--root", self.root, *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def assert_clean(self, *arguments):
        self.assertEqual(self.check(*arguments), (0, "structure: 0 findings\n"))

    def assert_finding(self, text, *arguments):
        status, output = self.check(*arguments)
        self.assertEqual(status, 1, output)
        self.assertIn(text, output)
        self.assertTrue(output.endswith("structure: 1 findings\n"), output)


class Includes(Checked):
    def test_what_the_design_allows_is_no_finding(self):
        self.plant("tpm/a.cpp", '#include "tpm/a.h"\n#include <tss2/tss2_esys.h>\n#include <openssl/evp.h>\n#include <vector>\n#include <fcntl.h>\n')
        self.plant("policy/a.h", "#include <string>\n#include <sys/stat.h>\n")
        self.plant("provider/a.cpp", '#include "provider/wire/a.h"\n#include <openssl/core.h>\n#include <span>\n')
        self.plant("dbus/a.cpp", "#include <sdbus-c++/sdbus-c++.h>\n#include <systemd/sd-bus.h>\n")
        self.plant("agent/a.cpp", '#include "tpm/a.h"\n#include "policy/a.h"\n#include "dbus/a.h"\n#include "provider/wire/a.h"\n')
        self.plant("tests/unit/tpm/a.cpp", '#include "provider/a.h"\n#include <boost/test/unit_test.hpp>\n')
        self.assert_clean()

    def test_each_forbidden_pair_of_folders_is_named_with_file_and_line(self):
        forbidden = [
            ("tpm", "policy"), ("tpm", "agent"), ("policy", "tpm"), ("policy", "dbus"), ("dbus", "tpm"), ("dbus", "agent"),
            ("dbus", "dbus/ctl"), ("dbus/ctl", "agent"), ("dbus/ctl", "dbus"), ("provider", "tpm"), ("provider", "agent"),
            ("provider/wire", "provider"), ("provider/wire", "policy"), ("agent", "provider"), ("agent", "tests"),
            ("agent", "dbus/ctl"),
        ]
        for source, target in forbidden:
            with self.subTest(f"{source} includes {target}"):
                path = self.plant(f"{source}/planted.h", f'#pragma once\n\n#include "{target}/some.h"\n')
                self.assert_finding(f'{source}/planted.h:3: includes "{target}/some.h" of {target}/')
                os.remove(path)

    def test_each_forbidden_library_header_is_named(self):
        forbidden = [
            ("tpm", "openssl/x509.h"), ("tpm", "systemd/sd-journal.h"), ("policy", "systemd/sd-login.h"),
            ("policy", "sys/acl.h"), ("policy", "fmt/format.h"), ("provider", "string"), ("provider", "vector"),
            ("provider", "functional"), ("provider", "tss2/tss2_esys.h"), ("provider/wire", "openssl/evp.h"),
            ("provider/wire", "string"), ("dbus", "nlohmann/json.hpp"), ("dbus", "openssl/evp.h"), ("dbus/ctl", "sqlite3.h"),
            ("agent", "sdbus-c++/sdbus-c++.h"), ("agent", "tss2/tss2_esys.h"),
        ]
        for source, header in forbidden:
            with self.subTest(f"{source} includes {header}"):
                path = self.plant(f"{source}/planted.cpp", f"  #  include <{header}> // why not\n")
                self.assert_finding(f"{source}/planted.cpp:1: includes <{header}>")
                os.remove(path)

    def test_a_name_that_is_not_a_path_from_the_source_root_is_a_finding(self):
        self.plant("tpm/a.cpp", '#include "error.h"\n')
        self.assert_finding('tpm/a.cpp:1: includes "error.h"')

    def test_a_path_that_climbs_is_a_finding(self):
        self.plant("tpm/a.cpp", '#include "tpm/../policy/error.h"\n')
        self.assert_finding("tpm/a.cpp:1: ")

    def test_an_include_by_macro_is_a_finding(self):
        self.plant("tpm/a.cpp", "#define HIDDEN <openssl/evp.h>\n#include HIDDEN\n")
        self.assert_finding("tpm/a.cpp:2: includes HIDDEN")

    def test_a_folder_without_a_rule_is_a_finding(self):
        self.plant("helpers/a.h", "#pragma once\n")
        self.assert_finding("helpers/a.h: ")

    def test_build_directories_at_the_top_are_not_looked_at(self):
        self.plant("build/dev/a.cpp", '#include "anything.h"\n')
        self.assert_clean()


EXPORT = 'extern "C" [[gnu::visibility("default")]] '
USED = "[[gnu::used]] "

# What a provider module may be: a C interface, the C library, libcrypto.
MODULE = f"""
#include <unistd.h>
extern "C" void* CRYPTO_malloc(unsigned long, const char*, int);
{USED}static int process() {{ return getpid(); }}
{EXPORT}int OSSL_provider_init() {{ return CRYPTO_malloc(1, nullptr, 0) != nullptr; }}
"""


class Module(Checked):
    def build(self, code, *libraries):
        source = self.plant("tests/module.cpp", code)
        module = os.path.join(self.root, "module.so")
        command = ["cc", "-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", source, "-o", module, "-Wl,--as-needed"]
        subprocess.run([*command, *libraries, "-lcrypto"], check=True)
        return module

    def test_libc_libcrypto_and_one_symbol_are_no_finding(self):
        self.assert_clean("--module", self.build(MODULE))

    def test_another_library_is_a_finding(self):
        code = MODULE + f'extern "C" int SSL_version(const void*);\n{USED}static int use() {{ return SSL_version(nullptr); }}\n'
        self.assert_finding("links libssl.so.3", "--module", self.build(code, "-lssl"))

    def test_a_second_export_is_a_finding(self):
        code = MODULE + EXPORT + "int another() { return 2; }\n"
        self.assert_finding("exports OSSL_provider_init, another", "--module", self.build(code))

    def test_a_missing_export_is_a_finding(self):
        self.assert_finding("exports nothing", "--module", self.build(MODULE.replace(EXPORT, USED)))

    def test_a_symbol_of_libstdcxx_is_a_finding_even_when_the_library_is_not_linked(self):
        code = MODULE + f"{USED}static void* raw() {{ return ::operator new(1); }}\n"
        self.assert_finding("needs _Znwm, which", "--module", self.build(code))

    def test_the_runtime_of_exceptions_is_a_finding(self):
        code = MODULE + f"{USED}static void fail() {{ throw 1; }}\n"
        status, output = self.check("--module", self.build(code, "-lstdc++"))
        self.assertEqual(status, 1)
        self.assertIn("links libstdc++.so.6", output)
        self.assertIn("needs __cxa_throw@CXXABI_1.3", output)


if __name__ == "__main__":
    unittest.main()
