#include "tests/unit/trust/authority.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

#include "agent/certificates/certificate.h"

namespace edgeseal::test {

namespace {

template <class Result>
Result check(Result result, const char* what) {
  if (!result) throw std::runtime_error(std::string(what) + ": " + agent::openssl_reason());
  return result;
}

using agent::BignumPtr;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, agent::OpensslFree<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, agent::OpensslFree<OSSL_PARAM, OSSL_PARAM_free>>;

BignumPtr odd_number(int bits) {
  BignumPtr number(check(BN_new(), "BN_new"));
  check(BN_set_bit(number.get(), bits - 1) == 1 && BN_set_bit(number.get(), 0) == 1, "BN_set_bit");
  return number;
}

void add(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = check(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void add_unknown(X509* certificate, const std::string& oid) {
  if (oid.empty()) return;
  ASN1_OBJECT* object = check(OBJ_txt2obj(oid.c_str(), 1), "OBJ_txt2obj");
  ASN1_OCTET_STRING* content = ASN1_OCTET_STRING_new();
  X509_EXTENSION* extension = check(X509_EXTENSION_create_by_OBJ(nullptr, object, 1, content), "extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(content);
  ASN1_OBJECT_free(object);
}

void set_name(X509_NAME* name, const std::string& common_name) {
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1,
        "X509_NAME_add_entry_by_txt");
}

void set_validity(X509* certificate, Days from, Days to) {
  check(X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != nullptr &&
            X509_time_adj_ex(X509_getm_notBefore(certificate), from.count(), 0, nullptr) != nullptr &&
            X509_time_adj_ex(X509_getm_notAfter(certificate), to.count(), 0, nullptr) != nullptr,
        "X509_time_adj_ex");
}

// Signed by `issuer`, or in its own name where that is null.
Bytes make(const CertificateFields& fields, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  static std::atomic<long> serial{1};
  const agent::CertificatePtr certificate(check(X509_new(), "X509_new"));
  X509* made = certificate.get();
  X509_set_version(made, fields.version);
  ASN1_INTEGER_set(X509_get_serialNumber(made), fields.serial != 0 ? fields.serial : ++serial);
  set_name(X509_get_subject_name(made), fields.name);
  X509_set_issuer_name(made, X509_get_subject_name(issuer != nullptr ? issuer : made));
  set_validity(made, fields.from, fields.to);
  X509_set_pubkey(made, key);
  add(made, issuer, NID_key_usage, fields.key_usage);
  add(made, issuer, NID_ext_key_usage, fields.extended_key_usage);
  add(made, issuer, NID_basic_constraints, fields.basic_constraints);
  add(made, issuer, NID_subject_alt_name, fields.alternative_name);
  add_unknown(made, fields.more_oid);
  const bool hashes = EVP_PKEY_is_a(issuer_key, "ED25519") != 1;
  check(X509_sign(made, issuer_key, hashes ? fields.hash : nullptr) > 0, "X509_sign");
  return agent::der_of(made, i2d_X509);
}

}  // namespace

CertificateFields authority_fields(const std::string& name) {
  return {.name = name,
          .key_usage = "critical,keyCertSign,cRLSign",
          .extended_key_usage = "",
          .basic_constraints = "critical,CA:TRUE",
          .alternative_name = "",
          .more_oid = ""};
}

Bytes version_1_certificate() {
  CertificateFields fields = authority_fields("version 1");
  fields.key_usage = fields.basic_constraints = "";
  fields.version = X509_VERSION_1;
  return Authority(fields, EVP_EC_gen("P-256"), nullptr).certificate();
}

agent::PublicKeyPtr public_rsa_key(int bits, int exponent_bits) {
  const BignumPtr modulus = odd_number(bits), exponent = odd_number(exponent_bits);
  const ParamBuilderPtr builder(check(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new"));
  check(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
            OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1,
        "OSSL_PARAM_BLD_push_BN");
  const ParamsPtr params(check(OSSL_PARAM_BLD_to_param(builder.get()), "OSSL_PARAM_BLD_to_param"));
  const agent::KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_fromdata_init(context.get()) > 0 &&
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) > 0,
        "EVP_PKEY_fromdata");
  return agent::PublicKeyPtr(key);
}

Authority::Authority(const CertificateFields& fields, EVP_PKEY* key, const Authority* issuer)
    : key_(check(key, "the key")) {
  const agent::CertificatePtr parsed(issuer != nullptr ? agent::parse_certificate(issuer->certificate_) : nullptr);
  certificate_ = make(fields, key, parsed.get(), issuer != nullptr ? issuer->key_.get() : key);
}

Bytes Authority::issue(const CertificateFields& fields) const {
  return issue(fields, *agent::PublicKeyPtr(EVP_EC_gen("P-256")));
}

Bytes Authority::issue(const CertificateFields& fields, EVP_PKEY& key) const {
  return make(fields, &key, agent::parse_certificate(certificate_).get(), key_.get());
}

Bytes Authority::crl(std::initializer_list<Bytes> revoked, Days from, Days to) const {
  const agent::CrlPtr crl(check(X509_CRL_new(), "X509_CRL_new"));
  const agent::CertificatePtr own = agent::parse_certificate(certificate_);
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(own.get()));
  ASN1_TIME* time = X509_time_adj_ex(nullptr, from.count(), 0, nullptr);
  X509_CRL_set1_lastUpdate(crl.get(), time);
  for (const Bytes& certificate : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(agent::parse_certificate(certificate).get()));
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  X509_time_adj_ex(time, to.count(), 0, nullptr);
  X509_CRL_set1_nextUpdate(crl.get(), time);
  ASN1_TIME_free(time);
  X509_CRL_sort(crl.get());
  check(X509_CRL_sign(crl.get(), key_.get(), EVP_sha256()) > 0, "X509_CRL_sign");
  return agent::der_of(crl.get(), i2d_X509_CRL);
}

}  // namespace edgeseal::test
