#include "tests/bench/openssl_store.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <stdexcept>

namespace edgeseal::bench {

namespace {

void require(bool done, const char* step) {
  if (!done) throw std::runtime_error(std::string(step) + ": " + agent::openssl_reason());
}

}  // namespace

OpensslStore::OpensslStore(const std::string& certificates, const std::string& crls) : store_(X509_STORE_new()) {
  X509_LOOKUP* files = X509_STORE_add_lookup(store_.get(), X509_LOOKUP_file());
  require(X509_load_cert_file(files, certificates.c_str(), X509_FILETYPE_PEM) > 0, "X509_load_cert_file");
  require(X509_load_crl_file(files, crls.c_str(), X509_FILETYPE_PEM) > 0, "X509_load_crl_file");
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_PARTIAL_CHAIN);
}

bool OpensslStore::accepts(tpm::ByteView certificate) const {
  const unsigned char* cursor = agent::octets(certificate);
  const agent::CertificatePtr parsed(d2i_X509(nullptr, &cursor, static_cast<long>(certificate.size())));
  const std::unique_ptr<X509_STORE_CTX, agent::OpensslFree<X509_STORE_CTX, X509_STORE_CTX_free>> context(
      X509_STORE_CTX_new());
  require(X509_STORE_CTX_init(context.get(), store_.get(), parsed.get(), nullptr) == 1, "X509_STORE_CTX_init");
  const bool accepted = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return accepted;
}

}  // namespace edgeseal::bench
