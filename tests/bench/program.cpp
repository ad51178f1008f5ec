#include "tests/bench/program.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/store.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace edgeseal::bench {
namespace {

constexpr std::string_view message = "what a TLS server signs in a handshake";

void require(bool success, const std::string& operation) {
  if (success) return;
  const std::shared_ptr<BIO> text(BIO_new(BIO_s_mem()), BIO_free);
  ERR_print_errors(text.get());
  char* reasons = nullptr;
  const long size = BIO_get_mem_data(text.get(), &reasons);
  throw std::runtime_error(operation + ": " + std::string(reasons, static_cast<std::size_t>(size)));
}

void sign(OSSL_LIB_CTX* library, EVP_PKEY* key, EVP_MD_CTX* operation) {
  std::array<unsigned char, 512> signature{};
  std::size_t size = signature.size();
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  require(EVP_MD_CTX_reset(operation) == 1 &&
              EVP_DigestSignInit_ex(operation, nullptr, "SHA256", library, nullptr, key, nullptr) == 1 &&
              EVP_DigestSign(operation, signature.data(), &size, data, message.size()) == 1,
          "EVP_DigestSign");
}

}  // namespace

Program::Program(const std::filesystem::path& openssl_configuration) : context_(OSSL_LIB_CTX_new()) {
  require(context_ && OSSL_LIB_CTX_load_config(context_.get(), openssl_configuration.c_str()) == 1,
          openssl_configuration);
}

Program::KeyPtr Program::open(const std::string& uri) const {
  const std::shared_ptr<OSSL_STORE_CTX> store(
      OSSL_STORE_open_ex(uri.c_str(), context_.get(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  require(store && OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) == 1, uri);
  const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
  require(info != nullptr, uri);
  return {OSSL_STORE_INFO_get1_PKEY(info.get()), EVP_PKEY_free};
}

Operation Program::signer(const KeyPtr& key) const {
  const std::shared_ptr<EVP_MD_CTX> operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return [library = context_.get(), key, operation] { sign(library, key.get(), operation.get()); };
}

std::vector<Operation> Program::signers(const std::string& uri, std::size_t count) const {
  const KeyPtr key = open(uri);
  std::vector<Operation> signers;
  while (signers.size() < count) signers.push_back(signer(key));
  return signers;
}

}  // namespace edgeseal::bench
