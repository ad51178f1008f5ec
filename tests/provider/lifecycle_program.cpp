// A program that loads, uses and leaves the provider in ways that a test cannot do in its own process:
//   lifecycle_program CASE [TIMES]
// Its openssl.cnf activates the default provider and edgeseal. lifecycle_test runs it beside a key server.

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/store.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace {

constexpr const char* key_uri = "edgeseal:web/https/ec";

using PkeyPtr = std::shared_ptr<EVP_PKEY>;
using StorePtr = std::shared_ptr<OSSL_STORE_CTX>;
using DigestContextPtr = std::shared_ptr<EVP_MD_CTX>;
using LibraryPtr = std::shared_ptr<OSSL_LIB_CTX>;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

StorePtr open_store(OSSL_LIB_CTX* library) {
  return {OSSL_STORE_open_ex(key_uri, library, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr), OSSL_STORE_close};
}

PkeyPtr load_key(OSSL_LIB_CTX* library) {
  const StorePtr store = open_store(library);
  require(store && OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) == 1, "open the store");
  const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
  require(info != nullptr, "load the key");
  return {OSSL_STORE_INFO_get1_PKEY(info.get()), EVP_PKEY_free};
}

DigestContextPtr start_signature(OSSL_LIB_CTX* library, EVP_PKEY* key) {
  DigestContextPtr operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool started = EVP_DigestSignInit_ex(operation.get(), nullptr, "SHA256", library, nullptr, key, nullptr) == 1;
  return started ? operation : nullptr;
}

bool sign(OSSL_LIB_CTX* library, EVP_PKEY* key) {
  unsigned char signature[128];
  std::size_t size = sizeof(signature);
  const DigestContextPtr operation = start_signature(library, key);
  return operation &&
         EVP_DigestSign(operation.get(), signature, &size, reinterpret_cast<const unsigned char*>("text"), 4) == 1;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

LibraryPtr configured_library(const char* file) {
  LibraryPtr library(OSSL_LIB_CTX_new(), OSSL_LIB_CTX_free);
  require(OSSL_LIB_CTX_load_config(library.get(), file) == 1, "read the configuration");
  return library;
}

void load_sign_and_unload(OSSL_LIB_CTX* library) {
  OSSL_PROVIDER* provider = OSSL_PROVIDER_load(library, "edgeseal");
  require(provider != nullptr, "load the provider");
  require(sign(library, load_key(library).get()), "sign");
  require(OSSL_PROVIDER_unload(provider) == 1, "unload the provider");
}

// libcrypto keeps an unloaded provider for the next time.
void reload(int times) {
  const LibraryPtr library = configured_library("inactive.cnf");
  load_sign_and_unload(library.get());
  const std::size_t before = open_descriptors();
  for (int i = 1; i < times; ++i) load_sign_and_unload(library.get());
  require(open_descriptors() == before, "leave no descriptor");
}

// It goes for good with its library context.
void reload_with_its_library_context(int times) {
  const std::size_t before = open_descriptors();
  for (int i = 0; i < times; ++i) load_sign_and_unload(configured_library("inactive.cnf").get());
  require(open_descriptors() == before, "leave no descriptor");
}

// What libcrypto and the provider hold at the moment, counted from the start of the program on.
std::atomic<long> blocks_held = 0;

void* count_allocation(std::size_t size, const char* /*file*/, int /*line*/) {
  void* memory = std::malloc(size);
  blocks_held += memory != nullptr ? 1 : 0;
  return memory;
}

void* count_reallocation(void* old, std::size_t size, const char* /*file*/, int /*line*/) {
  void* memory = std::realloc(old, size);
  if (old == nullptr && memory != nullptr) ++blocks_held;
  if (old != nullptr && size == 0) --blocks_held;
  return memory;
}

void count_release(void* memory, const char* /*file*/, int /*line*/) {
  blocks_held -= memory != nullptr ? 1 : 0;
  std::free(memory);
}

void sign_and_keep_no_memory(int times) {
  const PkeyPtr key = load_key(nullptr);
  require(sign(nullptr, key.get()), "sign");
  const long before = blocks_held;
  require(before > 0, "count what is held");
  for (int i = 0; i < times; ++i) require(sign(nullptr, key.get()), "sign");
  require(blocks_held == before, "keep no memory");
}

// What a program may still hold when libcrypto is cleaned up, in the order in which it goes then.
void clean_up_with_a_key(int /*times*/) {
  PkeyPtr key = load_key(nullptr);
  require(sign(nullptr, key.get()), "sign");
  OPENSSL_cleanup();
  key.reset();
}

void clean_up_with_an_operation(int /*times*/) {
  PkeyPtr key = load_key(nullptr);
  DigestContextPtr operation = start_signature(nullptr, key.get());
  OPENSSL_cleanup();
  operation.reset();
  key.reset();
}

void clean_up_with_an_operation_of_a_freed_key(int /*times*/) {
  DigestContextPtr operation = start_signature(nullptr, load_key(nullptr).get());
  OPENSSL_cleanup();
  operation.reset();
}

void clean_up_with_an_open_store(int /*times*/) {
  StorePtr store = open_store(nullptr);
  require(store != nullptr, "open the store");
  OPENSSL_cleanup();
  store.reset();
}

void clean_up_with_a_tls_context(int /*times*/) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  require(SSL_CTX_use_certificate_file(context.get(), "ec.pem", SSL_FILETYPE_PEM) == 1, "use the certificate");
  require(SSL_CTX_use_PrivateKey(context.get(), load_key(nullptr).get()) == 1, "use the key");
  OPENSSL_cleanup();
  context.reset();
}

void clean_up_with_a_library_context(int /*times*/) {
  LibraryPtr library = configured_library(std::getenv("OPENSSL_CONF"));
  PkeyPtr key = load_key(library.get());
  require(sign(library.get(), key.get()), "sign");
  OPENSSL_cleanup();
  library.reset();
  key.reset();
}

void clean_up_and_hold_everything(int /*times*/) {
  static const LibraryPtr library = configured_library(std::getenv("OPENSSL_CONF"));
  static const PkeyPtr own = load_key(library.get());
  static const PkeyPtr key = load_key(nullptr);
  static const DigestContextPtr operation = start_signature(nullptr, key.get());
  require(sign(nullptr, key.get()) && sign(library.get(), own.get()), "sign");
  OPENSSL_cleanup();
}

// The connection that a thread used serves the next one.
void threads_that_end(int times) {
  const PkeyPtr key = load_key(nullptr);
  const std::size_t before = open_descriptors();
  std::atomic<int> good = 0;
  for (int i = 0; i < times; ++i) std::thread([&] { good += sign(nullptr, key.get()) ? 1 : 0; }).join();
  require(good == times, "sign");
  require(open_descriptors() == before, "leave no descriptor");
}

struct Case {
  std::string_view name;
  void (*run)(int times);
};

constexpr Case cases[] = {{"reload", reload},
                          {"reload_with_its_library_context", reload_with_its_library_context},
                          {"sign_and_keep_no_memory", sign_and_keep_no_memory},
                          {"clean_up_with_a_key", clean_up_with_a_key},
                          {"clean_up_with_an_operation", clean_up_with_an_operation},
                          {"clean_up_with_an_operation_of_a_freed_key", clean_up_with_an_operation_of_a_freed_key},
                          {"clean_up_with_an_open_store", clean_up_with_an_open_store},
                          {"clean_up_with_a_tls_context", clean_up_with_a_tls_context},
                          {"clean_up_with_a_library_context", clean_up_with_a_library_context},
                          {"clean_up_and_hold_everything", clean_up_and_hold_everything},
                          {"threads_that_end", threads_that_end}};

void run(std::string_view name, std::string_view times) {
  int count = 1;
  std::from_chars(times.data(), times.data() + times.size(), count);
  for (const Case& known : cases) {
    if (known.name == name) return known.run(count);
  }
  throw std::runtime_error("no such case");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    require(CRYPTO_set_mem_functions(count_allocation, count_reallocation, count_release) == 1, "count allocations");
    run(count > 1 ? arguments[1] : "", count > 2 ? arguments[2] : "");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "failed to %s\n", error.what());
    ERR_print_errors_fp(stderr);
    return 1;
  }
}
