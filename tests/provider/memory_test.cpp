#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

constexpr std::size_t secret_size = 48;
using Secret = std::array<unsigned char, secret_size>;

// A secret that lies in memory in a form only that is not it.
class Hidden {
 public:
  explicit Hidden(const Secret& secret) {
    RAND_bytes(mask_.data(), static_cast<int>(mask_.size()));
    for (std::size_t i = 0; i < secret_size; ++i) masked_[i] = secret[i] ^ mask_[i];
  }

  [[nodiscard]] bool is_at(const unsigned char* place) const {
    for (std::size_t i = 0; i < secret_size; ++i) {
      if ((place[i] ^ mask_[i]) != masked_[i]) return false;
    }
    return true;
  }

 private:
  Secret mask_{};
  Secret masked_{};
};

// Guard pages lie within regions that are said to be readable, from glibc 2.42 on.
bool is_readable(unsigned long place) {
  char byte = 0;
  iovec here{&byte, 1};
  iovec there{reinterpret_cast<void*>(place), 1};
  return ::process_vm_readv(::getpid(), &here, 1, &there, 1, 0) == 1;
}

unsigned copies_between(unsigned long start, unsigned long end, const Hidden& secret) {
  unsigned copies = 0;
  for (unsigned long at = start; at + secret_size <= end; ++at)
    copies += secret.is_at(reinterpret_cast<const unsigned char*>(at)) ? 1U : 0U;
  return copies;
}

// In the readable stretches of a region.
unsigned copies_in_region(unsigned long start, unsigned long end, const Hidden& secret) {
  const auto page_size = static_cast<unsigned long>(::sysconf(_SC_PAGESIZE));
  unsigned copies = 0;
  for (unsigned long page = start; page < end; page += page_size) {
    if (is_readable(page)) continue;
    copies += copies_between(start, page, secret);
    start = page + page_size;
  }
  return copies + copies_between(start, end, secret);
}

// How often the secret stands in what this process can write.
unsigned copies_in_memory(const Hidden& secret) {
  std::ifstream regions("/proc/self/maps");
  unsigned copies = 0;
  for (std::string line; std::getline(regions, line);) {
    unsigned long start = 0;
    unsigned long end = 0;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &start, &end, access) != 3 || access[0] != 'r' || access[1] != 'w' ||
        line.find("[v") != std::string::npos)
      continue;
    copies += copies_in_region(start, end, secret);
  }
  return copies;
}

struct MemoryFixture : Fixture {
  PkeyPtr key = program.load_key("edgeseal:rsa");

  // False on failure. The plaintext is in `out`.
  bool decrypt(const std::array<unsigned char, 256>& ciphertext, std::array<unsigned char, 256>& out) const {
    const std::shared_ptr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(program.context(), key.get(), nullptr),
                                                EVP_PKEY_CTX_free);
    std::size_t size = out.size();
    return EVP_PKEY_decrypt_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_decrypt(context.get(), out.data(), &size, ciphertext.data(), ciphertext.size()) == 1 &&
           size == secret_size;
  }
};

bool encrypt(const Secret& secret, std::array<unsigned char, 256>& ciphertext) {
  const std::shared_ptr<EVP_PKEY_CTX> context(
      EVP_PKEY_CTX_new_from_pkey(fakes::default_only(), Material::get().rsa.get(), nullptr), EVP_PKEY_CTX_free);
  std::size_t size = ciphertext.size();
  return EVP_PKEY_encrypt_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
         EVP_PKEY_encrypt(context.get(), ciphertext.data(), &size, secret.data(), secret.size()) == 1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memory)

// In a child process, because the key server, which knows the plaintext too, is in this one.
BOOST_FIXTURE_TEST_CASE(the_provider_keeps_no_copy_of_a_plaintext, MemoryFixture) {
  BOOST_TEST(in_child([&] {
    static Secret secret;
    static std::array<unsigned char, 256> ciphertext;
    static std::array<unsigned char, 256> plaintext;
    RAND_bytes(secret.data(), static_cast<int>(secret.size()));
    const Hidden hidden(secret);
    const bool encrypted = encrypt(secret, ciphertext);
    OPENSSL_cleanse(secret.data(), secret.size());
    if (!encrypted || copies_in_memory(hidden) != 0) return false;
    if (!decrypt(ciphertext, plaintext) || !hidden.is_at(plaintext.data())) return false;
    if (copies_in_memory(hidden) != 1) return false;  // the program's own
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return copies_in_memory(hidden) == 0;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
