#include "tests/crash/program_keys.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>

#include <array>
#include <cstring>

namespace edgeseal::crash {
namespace {

[[noreturn]] void fail(const std::string& what) {
  const unsigned long code = ERR_peek_last_error();
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  const char* data = nullptr;
  int flags = 0;
  ERR_peek_last_error_data(&data, &flags);
  std::string reason = what + ": " + text.data() + (data != nullptr ? std::string(": ") + data : "");
  ERR_clear_error();
  throw KeyRefused(reason);
}

std::shared_ptr<BIO> memory(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

void take(ProgramKeys::Named& named, OSSL_STORE_INFO* info) {
  if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
    named.key.reset(OSSL_STORE_INFO_get1_PKEY(info), EVP_PKEY_free);
  else if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_CERT)
    named.chain.push_back(der_of(OSSL_STORE_INFO_get0_CERT(info), i2d_X509));
}

}  // namespace

ProgramKeys::ProgramKeys(const std::filesystem::path& openssl_configuration)
    : context_(OSSL_LIB_CTX_new(), OSSL_LIB_CTX_free) {
  if (OSSL_LIB_CTX_load_config(context_.get(), openssl_configuration.c_str()) != 1) fail("openssl.cnf");
}

ProgramKeys::Named ProgramKeys::open(const std::string& name) const {
  const std::string uri = "edgeseal:" + name;
  const std::shared_ptr<OSSL_STORE_CTX> store(
      OSSL_STORE_open_ex(uri.c_str(), context_.get(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr),
      OSSL_STORE_close);
  if (!store) fail(uri);
  Named named;
  while (OSSL_STORE_eof(store.get()) == 0)
    if (OSSL_STORE_INFO* info = OSSL_STORE_load(store.get())) {
      take(named, info);
      OSSL_STORE_INFO_free(info);
    }
  if (!named.key) fail(uri);
  return named;
}

ProgramKeys::Key ProgramKeys::open_reference(const std::filesystem::path& pem) const {
  const std::shared_ptr<BIO> file(BIO_new_file(pem.c_str(), "r"), BIO_free);
  if (!file) fail(pem);
  Key key(PEM_read_bio_PrivateKey_ex(file.get(), nullptr, nullptr, nullptr, context_.get(), nullptr), EVP_PKEY_free);
  if (!key) fail(pem);
  return key;
}

bool ProgramKeys::serves(const Key& key, const Der& certificate) {
  constexpr std::array<unsigned char, 5> message{'c', 'r', 'a', 's', 'h'};
  const std::shared_ptr<EVP_MD_CTX> signing(EVP_MD_CTX_new(), EVP_MD_CTX_free),
      checking(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, 512> signature{};
  std::size_t size = signature.size();
  if (EVP_DigestSignInit_ex(signing.get(), nullptr, "SHA256", nullptr, nullptr, key.get(), nullptr) != 1 ||
      EVP_DigestSign(signing.get(), signature.data(), &size, message.data(), message.size()) != 1)
    fail("a signature of the key");
  const unsigned char* cursor = certificate.data();
  const std::shared_ptr<X509> parsed(d2i_X509(nullptr, &cursor, static_cast<long>(certificate.size())), X509_free);
  if (!parsed) fail("the certificate");
  const bool verified = EVP_DigestVerifyInit_ex(checking.get(), nullptr, "SHA256", nullptr, nullptr,
                                                X509_get0_pubkey(parsed.get()), nullptr) == 1 &&
                        EVP_DigestVerify(checking.get(), signature.data(), size, message.data(), message.size()) == 1;
  ERR_clear_error();
  return verified;
}

std::vector<Der> certificates_in(const std::string& pem) {
  std::vector<Der> found;
  const auto bio = memory(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    found.push_back(der_of(certificate, i2d_X509));
    X509_free(certificate);
  }
  ERR_clear_error();
  return found;
}

std::vector<Der> crls_in(const std::string& pem) {
  std::vector<Der> found;
  const auto bio = memory(pem);
  while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    found.push_back(der_of(crl, i2d_X509_CRL));
    X509_CRL_free(crl);
  }
  ERR_clear_error();
  return found;
}

}  // namespace edgeseal::crash
