#include "tests/bench/tpm2_openssl.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <fstream>

#include "tests/bench/plant.h"
#include "tests/tpm/program.h"

namespace edgeseal::bench {

// As its documentation has it for TLS: the chip makes no hashes.
Tpm2Openssl::Tpm2Openssl(const std::string& key, Chip chip)
    : tcti_(chip == Chip::traced ? chip_.traced_tcti() : chip_.tcti()) {
  std::ofstream(file("openssl.cnf"))
      << "openssl_conf = main\n[main]\nproviders = providers\nalg_section = algorithms\n"
         "[algorithms]\ndefault_properties = ?provider=tpm2,tpm2.digest!=yes,tpm2.cipher!=yes\n"
         "[providers]\ndefault = activated\ntpm2 = activated\n[activated]\nactivate = 1\n";
  openssl(fmt::format("genpkey -out key.pem {}", key == "ec-p256" ? "-algorithm EC -pkeyopt group:P-256"
                                                                  : "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"));
  openssl("pkey -in key.pem -pubout -out public.pem");
  certify();
}

void Tpm2Openssl::certify() const {
  const std::shared_ptr<BIO> key_file(BIO_new_file(file("public.pem").c_str(), "r"), BIO_free);
  const fakes::PkeyPtr key(key_file ? PEM_read_bio_PUBKEY(key_file.get(), nullptr, nullptr, nullptr) : nullptr,
                           EVP_PKEY_free);
  const std::shared_ptr<BIO> certificate_file(BIO_new_file(file("certificate.pem").c_str(), "w"), BIO_free);
  if (!key || !certificate_file || PEM_write_bio_X509(certificate_file.get(), certificate_for(key.get()).get()) != 1)
    throw std::runtime_error("cannot certify the key of tpm2-openssl");
}

void Tpm2Openssl::openssl(const std::string& arguments) const {
  (void)test::run_program(fmt::format("cd {} && TPM2OPENSSL_TCTI={} OPENSSL_CONF=openssl.cnf openssl {} 2>&1",
                                      chip_.directory().path().native(), tcti_, arguments));
}

Nginx::Settings Tpm2Openssl::server() const {
  return {.certificate = file("certificate.pem"),
          .key = file("key.pem"),
          .openssl_configuration = file("openssl.cnf"),
          .environment = {{"TPM2OPENSSL_TCTI", tcti_}},
          .workers = 1};
}

}  // namespace edgeseal::bench
