#include "provider/search.h"

#include <openssl/core_names.h>

#include "provider/hash.h"
#include "provider/parameter.h"

namespace edgeseal::provider {
namespace {

ByteView octets_of(const OSSL_PARAM& parameter) noexcept {
  const void* start = nullptr;
  std::size_t size = 0;
  if (OSSL_PARAM_get_octet_string_ptr(&parameter, &start, &size) != 1) return {};
  return {static_cast<const std::byte*>(start), size};
}

// True where the criterion is not set.
bool set_name(const OSSL_PARAM* parameter, Name& name) noexcept {
  if (parameter == nullptr) return true;
  const ByteView der = octets_of(*parameter);
  const unsigned char* next = as_octets(der);
  name.reset(d2i_X509_NAME(nullptr, &next, static_cast<long>(der.size())));
  return name != nullptr && next == as_octets(der) + der.size();
}

bool set_number(const OSSL_PARAM* parameter, BigNumber& number) noexcept {
  BIGNUM* value = nullptr;
  if (parameter != nullptr && OSSL_PARAM_get_BN(parameter, &value) != 1) return false;
  if (parameter != nullptr) number.reset(value);
  return true;
}

bool refuse(const char* problem) noexcept {
  raise_error(Reason::search_unsupported, "%s", problem);
  return false;
}

bool has_serial(const X509* certificate, const BIGNUM* wanted) noexcept {
  const BigNumber serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  return serial != nullptr && BN_cmp(serial.get(), wanted) == 0;
}

Certificate parse(const Context& context, ByteView der) noexcept {
  const unsigned char* next = as_octets(der);
  X509* certificate = X509_new_ex(context.library.get(), nullptr);
  if (certificate == nullptr) return nullptr;
  return Certificate(d2i_X509(&certificate, &next, static_cast<long>(der.size())));
}

}  // namespace

bool Search::set(const OSSL_PARAM parameters[]) noexcept {
  if (OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_ALIAS) != nullptr)
    return refuse("objects have no alias: give the name of the key in the URI");
  if (!set_name(OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_SUBJECT), subject_) ||
      !set_name(OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_ISSUER), issuer_)) {
    return refuse("not a DER distinguished name");
  }
  if (!set_number(OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_SERIAL), serial_))
    return refuse("not a serial number");
  return set_fingerprint(OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_DIGEST),
                         OSSL_PARAM_locate_const(parameters, OSSL_STORE_PARAM_FINGERPRINT));
}

// Of SHA-1 where the program names no digest, as the openssl program prints fingerprints.
bool Search::set_fingerprint(const OSSL_PARAM* digest, const OSSL_PARAM* fingerprint) noexcept {
  if (fingerprint == nullptr) return true;
  const ByteView value = octets_of(*fingerprint);
  digest_ = fetch_digest(context_.library.get(), digest != nullptr ? text_of(*digest) : "SHA1", {});
  if (digest_ == nullptr || static_cast<std::size_t>(EVP_MD_get_size(digest_.get())) != value.size())
    return refuse("the fingerprint is none of that digest");
  std::copy(value.begin(), value.end(), fingerprint_.begin());
  return true;
}

bool Search::matches_certificate(ByteView der) const noexcept {
  if (subject_ == nullptr && issuer_ == nullptr && serial_ == nullptr && digest_ == nullptr) return true;
  const Certificate certificate = parse(context_, der);
  const X509* found = certificate.get();
  return found != nullptr &&
         (subject_ == nullptr || X509_NAME_cmp(subject_.get(), X509_get_subject_name(found)) == 0) &&
         (issuer_ == nullptr || X509_NAME_cmp(issuer_.get(), X509_get_issuer_name(found)) == 0) &&
         (serial_ == nullptr || has_serial(found, serial_.get())) &&
         (digest_ == nullptr || is_fingerprint_of(der) || is_fingerprint_of(X509_get_X509_PUBKEY(found)));
}

bool Search::matches_key(const Key& key) const noexcept {
  if (subject_ != nullptr || issuer_ != nullptr || serial_ != nullptr) return false;
  if (digest_ == nullptr) return true;
  X509_PUBKEY* encoded = nullptr;
  const bool done = X509_PUBKEY_set(&encoded, key.public_key.get()) == 1;
  const std::unique_ptr<X509_PUBKEY, FreeBy<X509_PUBKEY_free>> owner(encoded);
  return done && is_fingerprint_of(encoded);
}

bool Search::is_fingerprint_of(ByteView der) const noexcept {
  std::array<std::byte, EVP_MAX_MD_SIZE> own{};
  return EVP_Digest(der.data(), der.size(), as_writable_octets(own), nullptr, digest_.get(), nullptr) == 1 &&
         own == fingerprint_;
}

bool Search::is_fingerprint_of(const X509_PUBKEY* key) const noexcept {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(key, &der);
  const OpensslMemory<unsigned char> owner(der);
  return size > 0 && is_fingerprint_of(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
}

}  // namespace edgeseal::provider
