#include "dbus/ctl/pem.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>
#include <new>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/openssl_objects.h"

namespace edgeseal::ctl {
namespace {

void free_openssl(void* memory) {
  OPENSSL_free(memory);
}

using Bio = std::unique_ptr<BIO, Freed<BIO, &BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509, &X509_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freed<BIGNUM, &BN_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, &GENERAL_NAMES_free>>;

template <class T>
using OpenSslMemory = std::unique_ptr<T, Freed<void, &free_openssl>>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

X509Ptr parse(const Der& der) {
  const unsigned char* position = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
  if (certificate && position != der.data() + der.size()) certificate.reset();
  return certificate;
}

}  // namespace

bool PemBlock::holds_certificate() const {
  return label == PEM_STRING_X509 || label == PEM_STRING_X509_OLD;
}

bool PemBlock::holds_crl() const {
  return label == PEM_STRING_X509_CRL;
}

std::vector<PemBlock> pem_blocks(const std::string& content, const std::string& origin, PrivateKeys private_keys) {
  const Bio bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  std::vector<PemBlock> blocks;
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  ERR_clear_error();
  while (PEM_read_bio(bio.get(), &label, &header, &data, &size) == 1) {
    const OpenSslMemory<char> label_owner(label);
    const OpenSslMemory<char> header_owner(header);
    const OpenSslMemory<unsigned char> data_owner(data);
    std::string kind(label);
    OPENSSL_cleanse(header, std::char_traits<char>::length(header));
    if (kind.find("PRIVATE KEY") != std::string::npos) {
      OPENSSL_cleanse(data, static_cast<size_t>(size));
      if (private_keys == PrivateKeys::Skip) continue;
      throw Failure(
          ExitCode::Usage, origin + " holds a private key",
          private_keys == PrivateKeys::BesidesByOption
              ? "give the certificate alone where the agent has the key; to hand the key over, give --key FILE"
              : "give certificates alone, in a file without the key");
    }
    blocks.push_back({std::move(kind), Der(data, data + size)});
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    throw Failure(ExitCode::Usage, origin + " is damaged after " + std::to_string(blocks.size()) + " certificates",
                  "get the file anew");
  }
  return blocks;
}

bool is_certificate(const Der& der) {
  return parse(der) != nullptr;
}

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return text_of(bio.get());
}

std::string time_text(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return "?";
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields)};
}

namespace {

std::string serial_text(const X509* certificate) {
  const BigNumber number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  const OpenSslMemory<char> text(number ? BN_bn2hex(number.get()) : nullptr);
  return text ? text.get() : "?";
}

std::string fingerprint_text(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return "?";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02X}", digest[i]);
  return text;
}

std::string ia5_text(const ASN1_IA5STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), static_cast<size_t>(ASN1_STRING_length(value))};
}

std::string address_text(const ASN1_OCTET_STRING* value) {
  const int family = ASN1_STRING_length(value) == 16 ? AF_INET6 : AF_INET;
  if (family == AF_INET && ASN1_STRING_length(value) != 4) return "?";
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, ASN1_STRING_get0_data(value), text.data(), text.size());
  return text.data();
}

std::vector<std::string> alternative_names(const X509* certificate) {
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS || name->type == GEN_URI) texts.push_back(ia5_text(name->d.ia5));
    if (name->type == GEN_IPADD) texts.push_back(address_text(name->d.iPAddress));
  }
  return texts;
}

}  // namespace

std::string to_pem(const std::string& label, const Der& der) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio(bio.get(), label.c_str(), "", der.data(), static_cast<long>(der.size())) <= 0)
    throw std::bad_alloc();
  return text_of(bio.get());
}

std::vector<Der> certificates_of(const std::string& content, const std::string& origin, PrivateKeys private_keys) {
  std::vector<Der> certificates;
  for (auto& block : pem_blocks(content, origin, private_keys)) {
    if (block.holds_certificate()) certificates.push_back(std::move(block.der));
  }
  if (certificates.empty()) certificates.emplace_back(content.begin(), content.end());
  for (const auto& certificate : certificates) {
    if (!parse(certificate)) {
      throw Failure(ExitCode::Usage, origin + " holds no certificate", "give an X.509 certificate, PEM or DER");
    }
  }
  return certificates;
}

CertificateFacts facts_of(const Der& der) {
  const X509Ptr certificate = parse(der);
  if (!certificate) throw Failure(ExitCode::Refused, "these bytes are no certificate");
  return {name_text(X509_get_subject_name(certificate.get())),
          name_text(X509_get_issuer_name(certificate.get())),
          serial_text(certificate.get()),
          time_text(X509_get0_notBefore(certificate.get())),
          time_text(X509_get0_notAfter(certificate.get())),
          fingerprint_text(certificate.get()),
          alternative_names(certificate.get())};
}

}  // namespace edgeseal::ctl
