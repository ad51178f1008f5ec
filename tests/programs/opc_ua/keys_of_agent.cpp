// The keys of an agent: EDGESEAL_OPC_UA_KEYS names a directory with NAME/key.pem and NAME/certificate.pem, and the
// provider is in openssl.cnf.

#include <openssl/pem.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/programs/opc_ua/keys.h"

namespace edgeseal::tests::opc_ua {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

CertificatePtr certificate_in(const std::string& pem) {
  const std::shared_ptr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  if (certificate == nullptr) throw std::runtime_error("no certificate");
  return {certificate, X509_free};
}

}  // namespace

class Keys::Source {
 public:
  Source() {
    const char* directory = std::getenv("EDGESEAL_OPC_UA_KEYS");
    if (directory == nullptr) throw std::runtime_error("EDGESEAL_OPC_UA_KEYS names no directory");
    directory_ = directory;
  }

  [[nodiscard]] Identity identity(const std::string& name) const {
    return {content_of(directory_ / name / "key.pem"),
            certificate_in(content_of(directory_ / name / "certificate.pem"))};
  }

 private:
  std::filesystem::path directory_;
};

Keys::Keys() : source_(std::make_unique<Source>()) {}
Keys::~Keys() = default;

Identity Keys::identity(const std::string& name) const {
  return source_->identity(name);
}

}  // namespace edgeseal::tests::opc_ua
