#include <boost/test/unit_test.hpp>

#include "agent/keys/secret_memory.h"

namespace {

// Before the first use of libcrypto, as edgeseald does it.
struct SecretMemory {
  SecretMemory() { edgeseal::agent::secret_memory::install(); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(SecretMemory);
