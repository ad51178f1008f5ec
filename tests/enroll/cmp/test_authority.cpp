#include "tests/enroll/cmp/test_authority.h"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <sstream>

namespace edgeseal::test {
namespace {

using enroll::require_openssl;
using NamePtr = std::unique_ptr<X509_NAME, enroll::OpensslFree<X509_NAME, X509_NAME_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, enroll::OpensslFree<X509_EXTENSION, X509_EXTENSION_free>>;

NamePtr name_of(const std::string& common_name) {
  NamePtr name(X509_NAME_new());
  require_openssl(
      X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1,
      "X509_NAME_add_entry_by_txt");
  return name;
}

template <class Write>
std::string written(const Write& write) {
  const enroll::BioPtr bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U);
}

void add_extension(X509* certificate, X509* issuer, const std::string& line) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const auto equals = line.find('=');
  const ExtensionPtr extension(
      X509V3_EXT_conf(nullptr, &context, line.substr(0, equals).c_str(), line.substr(equals + 1).c_str()));
  require_openssl(extension && X509_add_ext(certificate, extension.get(), -1) == 1, line.c_str());
}

}  // namespace

Key ec_key() {
  Key key(EVP_EC_gen("P-256"));
  require_openssl(static_cast<bool>(key), "EVP_EC_gen");
  return key;
}

Certificate issue(const CertificateFields& fields, const Key& key, const Certificate& issuer, const Key& issuer_key) {
  Certificate result(X509_new());
  X509* certificate = result.get();
  const NamePtr name = name_of(fields.name);
  X509* by = issuer ? issuer.get() : certificate;
  X509_set_version(certificate, X509_VERSION_3);
  set_serial(certificate);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_time_adj_ex(X509_getm_notAfter(certificate), fields.days, 0, nullptr);
  X509_set_subject_name(certificate, name.get());
  X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(by) : name.get());
  X509_set_pubkey(certificate, key.get());
  std::istringstream lines(fields.extensions + "subjectKeyIdentifier=hash\n");
  for (std::string line; std::getline(lines, line);) add_extension(certificate, by, line);
  if (issuer) add_extension(certificate, by, "authorityKeyIdentifier=keyid");
  if (fields.padding > 0) add_extension(certificate, by, "nsComment=" + std::string(fields.padding, 'x'));
  require_openssl(X509_sign(certificate, issuer_key.get(), fields.digest) > 0, "X509_sign");
  return result;
}

Identity Identity::root(const std::string& name) {
  const Key key = ec_key();
  return {key, test::issue({name, ca_extensions}, key, {}, key)};
}

Identity Identity::of(const CertificateFields& fields, const Identity& issuer) {
  const Key key = ec_key();
  return {key, issuer.issue(fields, key)};
}

Certificate Identity::issue(const CertificateFields& fields, const Key& for_key) const {
  return test::issue(fields, for_key, certificate, key);
}

Bytes signing_request(const std::string& name, const Key& key) {
  const enroll::RequestPtr request(X509_REQ_new());
  const NamePtr subject = name_of(name);
  X509_REQ_set_subject_name(request.get(), subject.get());
  X509_REQ_set_pubkey(request.get(), key.get());
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  sk_X509_EXTENSION_push(
      extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name + ".example").c_str()));
  X509_REQ_add_extensions(request.get(), extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  const EVP_MD* digest = EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  require_openssl(X509_REQ_sign(request.get(), key.get(), digest) > 0, "X509_REQ_sign");
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  require_openssl(size > 0, "i2d_X509_REQ");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + size);
  OPENSSL_free(der);
  return result;
}

std::string pem_of(const Certificate& certificate) {
  return written([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
}

std::string pem_of(const Key& key) {
  return written([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace edgeseal::test
