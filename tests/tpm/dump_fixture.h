#pragma once

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {

// A device whose bus is listened to.
struct DumpFixture : TracedFixture {
  DumpFixture() { ::setenv("EDGESEAL_TCTI_DUMP", dump_path().c_str(), 1); }

  [[nodiscard]] std::string dump_path() const { return swtpm.directory().file("dump"); }

  [[nodiscard]] bool crossed_the_bus(tpm::ByteView secret) const {
    std::ifstream file(dump_path(), std::ios::binary);
    const std::string dump{std::istreambuf_iterator<char>(file), {}};
    const std::string_view needle(reinterpret_cast<const char*>(secret.data()), secret.size());
    return dump.find(needle) != std::string::npos;
  }
};

}  // namespace edgeseal::test
