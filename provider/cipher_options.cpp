#include "provider/cipher_options.h"

#include <openssl/core_names.h>

#include <algorithm>

#include "provider/algorithms.h"
#include "provider/padding_name.h"

namespace edgeseal::provider {
namespace {

constexpr std::array<PaddingName<CipherPadding>, 3> paddings{
    {{CipherPadding::pkcs1, RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15},
     {CipherPadding::oaep, RSA_PKCS1_OAEP_PADDING, OSSL_PKEY_RSA_PAD_MODE_OAEP},
     {CipherPadding::pkcs1_tls, RSA_PKCS1_WITH_TLS_PADDING, ""}}};  // libcrypto has no name for it

constexpr const char* implicit_rejection = "implicit-rejection";  // since OpenSSL 3.2

bool read_version(const OSSL_PARAM parameters[], const char* name, unsigned& version) noexcept {
  const OSSL_PARAM* parameter = OSSL_PARAM_locate_const(parameters, name);
  return parameter == nullptr || OSSL_PARAM_get_uint(parameter, &version) == 1;
}

// The agent always does it.
bool accepts_rejection(const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* parameter = OSSL_PARAM_locate_const(parameters, implicit_rejection);
  unsigned wanted = 1;
  if (parameter == nullptr || (OSSL_PARAM_get_uint(parameter, &wanted) == 1 && wanted != 0)) return true;
  raise_error(Reason::padding_unsupported, "PKCS#1 v1.5 without implicit rejection");
  return false;
}

}  // namespace

const OSSL_PARAM* CipherOptions::settable() noexcept {
  static constexpr OSSL_PARAM list[] = {text(OSSL_ASYM_CIPHER_PARAM_PAD_MODE),
                                        text(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST),
                                        text(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST_PROPS),
                                        text(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST),
                                        text(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST_PROPS),
                                        octets(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL),
                                        big_number(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION),
                                        big_number(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION),
                                        big_number(implicit_rejection),
                                        end_of_list};
  return list;
}

const OSSL_PARAM* CipherOptions::gettable() noexcept {
  static constexpr OSSL_PARAM list[] = {text(OSSL_ASYM_CIPHER_PARAM_PAD_MODE),
                                        text(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST),
                                        text(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST),
                                        {OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, OSSL_PARAM_OCTET_PTR, nullptr, 0, 0},
                                        big_number(OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION),
                                        big_number(OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION),
                                        big_number(implicit_rejection),
                                        end_of_list};
  return list;
}

bool CipherOptions::set(const OSSL_PARAM parameters[]) noexcept {
  if (parameters == nullptr) return true;
  CipherOptions chosen = *this;
  if (!chosen.choose(parameters)) return false;
  *this = chosen;
  return true;
}

bool CipherOptions::choose(const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* padding = OSSL_PARAM_locate_const(parameters, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
  const OSSL_PARAM* label = OSSL_PARAM_locate_const(parameters, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);
  return (padding == nullptr || set_padding(*padding)) && set_hashes(parameters) &&
         (label == nullptr || set_label(*label)) && set_tls_versions(parameters) && accepts_rejection(parameters);
}

bool CipherOptions::set_padding(const OSSL_PARAM& parameter) noexcept {
  const auto* const found = chosen_padding(paddings, parameter);
  if (found == nullptr) {
    raise_error(Reason::padding_unsupported, "use OAEP or PKCS#1 v1.5");
    return false;
  }
  padding_ = found->padding;
  return true;
}

bool CipherOptions::set_hashes(const OSSL_PARAM parameters[]) noexcept {
  OSSL_LIB_CTX* const library = context_->library.get();
  if (OSSL_PARAM_locate_const(parameters, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST) != nullptr) {
    const Hash* chosen = find_hash_on_wire(library, text_in(parameters, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST),
                                           text_in(parameters, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST_PROPS));
    if (chosen == nullptr) return false;
    hash_ = chosen->on_wire;
  }
  if (OSSL_PARAM_locate_const(parameters, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST) == nullptr) return true;
  const Hash* chosen = find_hash_on_wire(library, text_in(parameters, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST),
                                         text_in(parameters, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST_PROPS));
  if (chosen != nullptr) mgf_hash_ = chosen->on_wire;
  return chosen != nullptr;
}

bool CipherOptions::set_label(const OSSL_PARAM& parameter) noexcept {
  const void* data = nullptr;
  std::size_t size = 0;
  if (OSSL_PARAM_get_octet_string_ptr(&parameter, &data, &size) != 1) return false;
  if (size > label_.size()) {
    raise_error(Reason::label_too_long, "%zu bytes where at most %zu are possible", size, label_.size());
    return false;
  }
  const auto* start = static_cast<const std::byte*>(data);
  std::copy(start, start + size, label_.begin());
  label_size_ = size;
  return true;
}

bool CipherOptions::set_tls_versions(const OSSL_PARAM parameters[]) noexcept {
  return read_version(parameters, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION, tls_versions_.client) &&
         read_version(parameters, OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION, tls_versions_.negotiated);
}

bool CipherOptions::get(OSSL_PARAM parameters[]) const noexcept {
  OSSL_PARAM* padding = OSSL_PARAM_locate(parameters, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
  OSSL_PARAM* digest = OSSL_PARAM_locate(parameters, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST);
  OSSL_PARAM* mgf1 = OSSL_PARAM_locate(parameters, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST);
  OSSL_PARAM* label = OSSL_PARAM_locate(parameters, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);
  OSSL_PARAM* client = OSSL_PARAM_locate(parameters, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION);
  OSSL_PARAM* negotiated = OSSL_PARAM_locate(parameters, OSSL_ASYM_CIPHER_PARAM_TLS_NEGOTIATED_VERSION);
  OSSL_PARAM* rejection = OSSL_PARAM_locate(parameters, implicit_rejection);
  return (padding == nullptr || get_padding(*padding)) &&
         (digest == nullptr || OSSL_PARAM_set_utf8_string(digest, hash_of(hash()).name) == 1) &&
         (mgf1 == nullptr || OSSL_PARAM_set_utf8_string(mgf1, hash_of(mgf_hash()).name) == 1) &&
         (label == nullptr || get_label(*label)) &&
         (client == nullptr || OSSL_PARAM_set_uint(client, tls_versions_.client) == 1) &&
         (negotiated == nullptr || OSSL_PARAM_set_uint(negotiated, tls_versions_.negotiated) == 1) &&
         (rejection == nullptr || OSSL_PARAM_set_uint(rejection, 1) == 1);
}

bool CipherOptions::get_padding(OSSL_PARAM& parameter) const noexcept {
  return put_padding(paddings, padding_, parameter);
}

bool CipherOptions::get_label(OSSL_PARAM& parameter) const noexcept {
  return OSSL_PARAM_set_octet_ptr(&parameter, label_size_ != 0 ? label_.data() : nullptr, label_size_) == 1;
}

}  // namespace edgeseal::provider
