#pragma once

#include <fstream>
#include <iterator>

#include "tests/tpm/program.h"
#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {

// A device on a TPM as its manufacturer delivers it: with endorsement keys and their certificates, of a certificate
// authority of its own.
struct ManufacturedFixture : TracedFixture {
  ManufacturedFixture() {
    device.reset();
    swtpm.stop();
    manufacture();
    swtpm.start();
    open();
  }

  [[nodiscard]] std::string path(const std::string& name) const { return swtpm.directory().file(name); }

  // With the device closed, for swtpm serves one connection at a time; open afterwards.
  std::string tool(const std::string& command) {
    device.reset();
    std::string output = run("export TPM2TOOLS_TCTI=" + swtpm.tcti() + "; " + command);
    open();
    return output;
  }

  [[nodiscard]] std::string run(const std::string& command) const {
    return run_program("cd " + swtpm.directory().path().string() + " && " + command);
  }

  void write(const std::string& name, tpm::ByteView bytes) const {
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  [[nodiscard]] tpm::Bytes read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto bytes = bytes_of(text);
    return tpm::Bytes(bytes.begin(), bytes.end());
  }

 private:
  void manufacture() const {
    std::ofstream(path("ca.conf")) << "statedir = " << path("ca") << "\nsigningkey = " << path("ca/key.pem")
                                   << "\nissuercert = " << path("ca/cert.pem") << "\ncertserial = " << path("ca/serial")
                                   << "\n";
    std::ofstream(path("ca.options"))
        << "--platform-manufacturer Edgeseal\n--platform-version 1\n--platform-model test\n";
    std::ofstream(path("setup.conf")) << "create_certs_tool = swtpm_localca\ncreate_certs_tool_config = "
                                      << path("ca.conf") << "\ncreate_certs_tool_options = " << path("ca.options")
                                      << "\n";
    (void)run(
        "mkdir ca && swtpm_setup --tpm2 --tpmstate dir://$PWD/state --config setup.conf --overwrite --create-ek-cert "
        "--create-platform-cert --logfile setup.log --runas \"$(id -un)\" >/dev/null");
  }
};

}  // namespace edgeseal::test
