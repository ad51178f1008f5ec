#include "tests/provider/fixture.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "provider/wire/key_reference.h"

#ifdef EDGESEAL_PROVIDER_BUILTIN
extern "C" int OSSL_provider_init(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH**, void**);
#endif

namespace edgeseal::tests {
namespace {

using BioPtr = std::shared_ptr<BIO>;
using DigestContextPtr = std::shared_ptr<EVP_MD_CTX>;

BioPtr memory_bio(const std::string& content) {
  return {BIO_new_mem_buf(content.data(), static_cast<int>(content.size())), BIO_free};
}

std::string content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* octets(const Bytes& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool set_padding(EVP_PKEY_CTX* context, const SignOptions& options) {
  return options.padding == 0 || (EVP_PKEY_CTX_set_rsa_padding(context, options.padding) == 1 &&
                                  EVP_PKEY_CTX_set_rsa_pss_saltlen(context, options.salt) == 1);
}

const char* digest_name(const SignOptions& options) {
  return options.digest.empty() ? nullptr : options.digest.c_str();
}

Bytes sign_in_one_piece(EVP_MD_CTX* operation, std::string_view message) {
  const auto* start = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  if (EVP_DigestSign(operation, nullptr, &size, start, message.size()) != 1) return {};
  Bytes signature(size);
  if (EVP_DigestSign(operation, octets(signature), &size, start, message.size()) != 1) return {};
  signature.resize(size);
  return signature;
}

#ifdef EDGESEAL_PROVIDER_BUILTIN
void offer_provider(OSSL_LIB_CTX* context) {
  OSSL_PROVIDER_add_builtin(context, "edgeseal", OSSL_provider_init);
}
constexpr const char* module_line = "";
#else
void offer_provider(OSSL_LIB_CTX* /*context*/) {}
constexpr const char* module_line = "module = " EDGESEAL_PROVIDER_MODULE "\n";
#endif

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "edgeseal-provider-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryDirectory::write(const std::string& name, const std::string& content) const {
  const std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

Program::Program(const TemporaryDirectory& directory, const std::filesystem::path& socket, const std::string& settings,
                 const std::string& providers, const Builtin& other)
    : context_(OSSL_LIB_CTX_new()) {
  const std::filesystem::path configuration = directory.write(
      "openssl.cnf",
      "openssl_conf = main\nconfig_diagnostics = 1\n[main]\nproviders = provider_list\n"
      "[provider_list]\n" +
          providers + "[default_section]\nactivate = 1\n[edgeseal_section]\n" + std::string(module_line) +
          "socket = " + socket.string() + "\n" + settings + "activate = 1\n");
  offer_provider(context_);
  if (other.start != nullptr) OSSL_PROVIDER_add_builtin(context_, other.name, other.start);
  configured_ = OSSL_LIB_CTX_load_config(context_, configuration.c_str()) == 1;
}

Program::~Program() {
  OSSL_LIB_CTX_free(context_);
}

bool Program::is_active() const {
  int status = -1;
  OSSL_PARAM asked[] = {OSSL_PARAM_construct_int(OSSL_PROV_PARAM_STATUS, &status), OSSL_PARAM_construct_end()};
  const std::shared_ptr<OSSL_PROVIDER> provider(OSSL_PROVIDER_load(context_, "edgeseal"), OSSL_PROVIDER_unload);
  BOOST_TEST(OSSL_PROVIDER_get_params(provider.get(), asked) == 1);
  return status == 1;
}

PkeyPtr Program::load_key(const std::string& uri) const {
  const std::shared_ptr<OSSL_STORE_CTX> store(
      OSSL_STORE_open_ex(uri.c_str(), context_, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  if (!store || OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) != 1) return {};
  const std::shared_ptr<OSSL_STORE_INFO> info(OSSL_STORE_load(store.get()), OSSL_STORE_INFO_free);
  if (!info) return {};
  return {OSSL_STORE_INFO_get1_PKEY(info.get()), EVP_PKEY_free};
}

PkeyPtr Program::read_key(const std::string& pem) const {
  EVP_PKEY* key = PEM_read_bio_PrivateKey_ex(memory_bio(pem).get(), nullptr, nullptr, nullptr, context_, nullptr);
  return key != nullptr ? PkeyPtr(key, EVP_PKEY_free) : PkeyPtr();
}

const Material& Material::get() {
  static const Material material = [] {
    static const std::pair<const char*, const char*> kinds[] = {{"ec", "EC"},
                                                                {"p384", "P-384"},
                                                                {"rsa", "RSA"},
                                                                {"old-rsa", "RSA"},
                                                                {"ed25519", "ED25519"},
                                                                {"pss", "RSA-PSS"},
                                                                {"pss-sha256", "RSA-PSS restricted"}};
    Material made;
    made.ca_key = fakes::generate_key("EC");
    made.ca = fakes::issue_certificate(made.ca_key.get(), "Test CA", nullptr, nullptr);
    for (const auto& [name, type] : kinds) {
      const PkeyPtr key = fakes::generate_key(type);
      made.identities[name] = {key, fakes::issue_certificate(key.get(), name, made.ca.get(), made.ca_key.get())};
    }
    made.ec = made.key("ec");
    made.rsa = made.key("rsa");
    made.ed25519 = made.key("ed25519");
    made.ec_certificate = made.certificate("ec");
    made.rsa_certificate = made.certificate("rsa");
    made.ed25519_certificate = made.certificate("ed25519");
    return made;
  }();
  return material;
}

const PkeyPtr& Material::key(const std::string& name) const {
  return identities.at(name).key;
}

const CertificatePtr& Material::certificate(const std::string& name) const {
  return identities.at(name).certificate;
}

Fixture::Fixture() {
  const Material& material = Material::get();
  for (const auto& [name, identity] : material.identities)
    server.add_key(name, identity.key, {identity.certificate, material.ca});
  server.start();
  BOOST_REQUIRE_MESSAGE(program.configured(), take_errors());
}

Bytes sign(OSSL_LIB_CTX* context, EVP_PKEY* key, std::string_view message, const SignOptions& options) {
  const DigestContextPtr operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* key_context = nullptr;
  if (EVP_DigestSignInit_ex(operation.get(), &key_context, digest_name(options), context, nullptr, key, nullptr) != 1 ||
      !set_padding(key_context, options)) {
    return {};
  }
  if (options.digest.empty()) return sign_in_one_piece(operation.get(), message);
  constexpr std::size_t piece = 7;
  for (std::size_t at = 0; at < message.size(); at += piece) {
    const std::size_t size = std::min(piece, message.size() - at);
    if (EVP_DigestSignUpdate(operation.get(), message.data() + at, size) != 1) return {};
  }
  std::size_t size = 0;
  if (EVP_DigestSignFinal(operation.get(), nullptr, &size) != 1) return {};
  Bytes signature(size);
  if (EVP_DigestSignFinal(operation.get(), octets(signature), &size) != 1) return {};
  signature.resize(size);
  return signature;
}

bool verifies(EVP_PKEY* key, std::string_view message, const Bytes& signature, const SignOptions& options) {
  const DigestContextPtr operation(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  return EVP_DigestVerifyInit_ex(operation.get(), &context, digest_name(options), fakes::default_only(), nullptr, key,
                                 nullptr) == 1 &&
         set_padding(context, options) &&
         EVP_DigestVerify(operation.get(), octets(signature), signature.size(),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
}

bool signs(const Program& program, const PkeyPtr& key) {
  return verifies(Material::get().ec.get(), "message", sign(program.context(), key.get(), "message"));
}

Bytes sign_digest(OSSL_LIB_CTX* context, EVP_PKEY* key, const Bytes& digest, const char* digest_name) {
  const std::shared_ptr<EVP_PKEY_CTX> operation(EVP_PKEY_CTX_new_from_pkey(context, key, nullptr), EVP_PKEY_CTX_free);
  OSSL_PARAM named[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, const_cast<char*>(digest_name), 0),
      OSSL_PARAM_construct_end()};
  if (EVP_PKEY_sign_init_ex(operation.get(), digest_name != nullptr ? named : nullptr) != 1) return {};
  std::size_t size = 0;
  if (EVP_PKEY_sign(operation.get(), nullptr, &size, octets(digest), digest.size()) != 1) return {};
  Bytes signature(size);
  if (EVP_PKEY_sign(operation.get(), octets(signature), &size, octets(digest), digest.size()) != 1) return {};
  signature.resize(size);
  return signature;
}

pid_t start_child(const std::function<bool()>& work) {
  constexpr unsigned limit_s = 600;
  std::fflush(nullptr);  // not once more by the child
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::alarm(limit_s);
  const bool good = work();
  if (!good) std::fprintf(stderr, "in a child process:\n%s", take_errors().c_str());
  ::_exit(good ? 0 : 1);
}

bool succeeds(pid_t child) {
  int status = 0;
  const bool ended = ::waitpid(child, &status, 0) == child;
  if (ended && WIFSIGNALED(status)) std::fprintf(stderr, "a child process: %s\n", ::strsignal(WTERMSIG(status)));
  return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool in_child(const std::function<bool()>& work) {
  return succeeds(start_child(work));
}

SignOptions options_of(const std::string& name) {
  return {.digest = name == "ed25519" ? "" : "SHA256"};
}

std::string take_errors() {
  const BioPtr text(BIO_new(BIO_s_mem()), BIO_free);
  ERR_print_errors(text.get());
  return content_of(text.get());
}

std::string pem_reference(const std::string& name, EVP_PKEY* key) {
  const Bytes public_key = fakes::public_key_of(key);
  Bytes der(wire::max_key_reference_size);
  der.resize(wire::encode({.key_name = name, .public_key = public_key}, der));
  const BioPtr text(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio(text.get(), std::string(wire::key_reference_label).c_str(), "", octets(der),
                static_cast<long>(der.size()));
  return content_of(text.get());
}

std::string pem_of(X509* certificate) {
  const BioPtr text(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(text.get(), certificate);
  return content_of(text.get());
}

}  // namespace edgeseal::tests
