#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "agent/keys/secret_memory.h"
#include "agent/openssl.h"

using namespace edgeseal::agent;
using secret_memory::Scope;

namespace {

struct Free {
  void operator()(void* address) const noexcept { OPENSSL_free(address); }
};
using Memory = std::unique_ptr<char, Free>;

Memory allocate(std::size_t size) {
  return Memory(static_cast<char*>(OPENSSL_malloc(size)));
}
PublicKeyPtr generate_key() {
  return PublicKeyPtr(EVP_RSA_gen(2048));
}
Memory grow(Memory memory, std::size_t size) {
  return Memory(static_cast<char*>(OPENSSL_realloc(memory.release(), size)));
}

// Of the mapping that ends where the one with the address begins; empty where there is none.
std::string permissions_below(const void* address) {
  std::ifstream maps("/proc/self/maps");
  std::uintptr_t last_end = 0;
  std::string last_permissions;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t start = 0, end = 0;
    char dash = 0;
    std::string permissions;
    std::istringstream(line) >> std::hex >> start >> dash >> end >> permissions;
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    if (start <= wanted && wanted < end) return start == last_end ? last_permissions : "";
    last_end = end;
    last_permissions = permissions;
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_memory_of_libcrypto)

BOOST_AUTO_TEST_CASE(only_a_scope_takes_from_the_mapping) {
  BOOST_TEST(!secret_memory::contains(allocate(100).get()));
  {
    const Scope outer;
    { const Scope inner; }
    BOOST_TEST(secret_memory::contains(allocate(100).get()));
  }
  BOOST_TEST(!secret_memory::contains(allocate(100).get()));
}

BOOST_AUTO_TEST_CASE(a_scope_concerns_its_own_thread) {
  const Scope scope;
  bool inside = true;
  std::jthread([&inside] { inside = secret_memory::contains(allocate(100).get()); }).join();
  BOOST_TEST(!inside);
}

BOOST_AUTO_TEST_CASE(is_given_back_wherever_that_happens) {
  const std::size_t before = secret_memory::in_use();
  Memory memory;
  {
    const Scope scope;
    memory = allocate(3000);
  }
  BOOST_TEST(secret_memory::in_use() > before);
  std::jthread([&memory] { memory.reset(); }).join();
  BOOST_TEST(secret_memory::in_use() == before);
}

BOOST_AUTO_TEST_CASE(what_grows_stays_in_the_mapping_or_comes_into_it) {
  Memory secret;
  Memory plain = allocate(20);
  std::strcpy(plain.get(), "grown inside");
  {
    const Scope scope;
    secret = allocate(20);
    std::strcpy(secret.get(), "grown outside");
    plain = grow(std::move(plain), 5000);
  }
  secret = grow(std::move(secret), 5000);
  BOOST_TEST(secret_memory::contains(plain.get()));
  BOOST_TEST(secret_memory::contains(secret.get()));
  BOOST_TEST(plain.get() == "grown inside");
  BOOST_TEST(secret.get() == "grown outside");
  secret = grow(std::move(secret), 14);
  BOOST_TEST(secret.get() == "grown outside");
}

BOOST_AUTO_TEST_CASE(nothing_is_no_memory) {
  const Scope scope;
  BOOST_TEST(OPENSSL_malloc(0) == nullptr);
  OPENSSL_free(nullptr);
  Memory memory(static_cast<char*>(OPENSSL_realloc(nullptr, 10)));
  BOOST_TEST(secret_memory::contains(memory.get()));
  BOOST_TEST(OPENSSL_realloc(memory.release(), 0) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_full_mapping_is_an_error_of_libcrypto_and_not_the_end) {
  const Scope scope;
  BOOST_TEST(generate_key().get());
  std::vector<Memory> taken;
  while (Memory memory = allocate(2048)) taken.push_back(std::move(memory));
  BOOST_TEST(!generate_key().get());
  taken.clear();
  BOOST_TEST(generate_key().get());
}

BOOST_AUTO_TEST_CASE(work_on_a_stack_has_its_variables_in_the_mapping_until_it_returns) {
  const std::size_t before = secret_memory::in_use();
  {
    secret_memory::Stack stack(65536);
    for (int turn = 0; turn < 2; ++turn) {
      bool caught = false, inside = false;
      stack.run([&] {
        std::byte deep[40000] = {};
        inside = secret_memory::contains(&deep[0]) && secret_memory::contains(&deep[39999]);
        try {
          throw std::runtime_error("unwound");
        } catch (const std::runtime_error&) {
          caught = true;
        }
      });
      BOOST_TEST(inside);
      BOOST_TEST(caught);
    }
    BOOST_TEST(secret_memory::in_use() > before);
  }
  BOOST_TEST(secret_memory::in_use() == before);
}

BOOST_AUTO_TEST_CASE(a_stack_that_does_not_fit_is_refused) {
  BOOST_CHECK_THROW(secret_memory::Stack{secret_memory::capacity}, std::exception);
}

BOOST_AUTO_TEST_CASE(below_a_stack_is_a_page_that_nobody_reaches) {
  secret_memory::Stack stack(16384);
  std::string below;
  stack.run([&below] { below = permissions_below(&below); });
  BOOST_TEST(below == "");
  stack.run([&below] {
    const int on_stack = 0;
    below = permissions_below(&on_stack);
  });
  BOOST_TEST(below == "---s");
}

BOOST_AUTO_TEST_SUITE_END()
