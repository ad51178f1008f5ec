#include "provider/signature_options.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "provider/algorithm_identifier.h"
#include "provider/algorithms.h"
#include "provider/parameter.h"

namespace edgeseal::provider {
namespace {

constexpr int auto_digest_max = -4;  // RSA_PSS_SALTLEN_AUTO_DIGEST_MAX since OpenSSL 3.1

struct SaltChoice {
  std::string_view name;
  int value;
};

constexpr std::array<SaltChoice, 4> salt_choices{{{OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, RSA_PSS_SALTLEN_DIGEST},
                                                  {OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO, RSA_PSS_SALTLEN_AUTO},
                                                  {OSSL_PKEY_RSA_PSS_SALT_LEN_MAX, RSA_PSS_SALTLEN_MAX},
                                                  {"auto-digestmax", auto_digest_max}}};

std::optional<int> parse_salt(std::string_view text) noexcept {
  for (const SaltChoice& choice : salt_choices) {
    if (choice.name == text) return choice.value;
  }
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

// RFC 8017 section 9.1.1: emLen - hLen - 2, where emLen = ceil((modBits - 1) / 8).
int longest_salt(wire::Hash hash, const Key& key) noexcept {
  const int encoded_bits = EVP_PKEY_get_bits(key.public_key.get()) - 1;
  return (encoded_bits + 7) / 8 - static_cast<int>(wire::digest_size(hash)) - 2;
}

constexpr OSSL_PARAM rsa_list[] = {octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID),  text(OSSL_SIGNATURE_PARAM_DIGEST),
                                   text(OSSL_SIGNATURE_PARAM_PROPERTIES),      text(OSSL_SIGNATURE_PARAM_PAD_MODE),
                                   text(OSSL_SIGNATURE_PARAM_PSS_SALTLEN),     text(OSSL_SIGNATURE_PARAM_MGF1_DIGEST),
                                   text(OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES), end_of_list};

constexpr OSSL_PARAM ecdsa_list[] = {octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID), text(OSSL_SIGNATURE_PARAM_DIGEST),
                                     text(OSSL_SIGNATURE_PARAM_PROPERTIES), number(OSSL_SIGNATURE_PARAM_DIGEST_SIZE),
                                     end_of_list};

}  // namespace

const OSSL_PARAM* SignatureOptions::list(KeyKind kind) noexcept {
  return kind == KeyKind::ec ? ecdsa_list : rsa_list;
}

bool SignatureOptions::set(const OSSL_PARAM parameters[]) noexcept {
  if (parameters == nullptr) return true;
  const OSSL_PARAM* digest = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_DIGEST);
  if (digest != nullptr && !set_digest(name_in(parameters, OSSL_SIGNATURE_PARAM_DIGEST),
                                       name_in(parameters, OSSL_SIGNATURE_PARAM_PROPERTIES)))
    return false;
  if (scheme_ == wire::SignatureScheme::ecdsa) return true;
  const OSSL_PARAM* padding = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE);
  const OSSL_PARAM* salt = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  return (padding == nullptr || set_padding(*padding)) && (salt == nullptr || set_salt_length(*salt)) &&
         set_mgf1_hash(parameters);
}

bool SignatureOptions::set_digest(const char* name, const char* properties) noexcept {
  const std::optional<wire::Hash> found = find_hash(context_->library.get(), name, properties);
  if (found.has_value()) hash_ = found;
  return found.has_value();
}

bool SignatureOptions::set_mgf1_hash(const OSSL_PARAM parameters[]) noexcept {
  if (OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST) == nullptr) return true;
  mgf1_hash_ = find_hash(context_->library.get(), name_in(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST),
                         name_in(parameters, OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES));
  return mgf1_hash_.has_value();
}

bool SignatureOptions::set_padding(const OSSL_PARAM& parameter) noexcept {
  const std::optional<int> mode = number_in(parameter);
  const std::string_view name = text_of(parameter);
  if (mode == RSA_PKCS1_PADDING || name == OSSL_PKEY_RSA_PAD_MODE_PKCSV15) {
    scheme_ = wire::SignatureScheme::rsa_pkcs1;
  } else if (mode == RSA_PKCS1_PSS_PADDING || name == OSSL_PKEY_RSA_PAD_MODE_PSS) {
    scheme_ = wire::SignatureScheme::rsa_pss;
  } else {
    raise_error(Reason::padding_unsupported, "use PKCS#1 v1.5 or PSS");
    return false;
  }
  return true;
}

bool SignatureOptions::set_salt_length(const OSSL_PARAM& parameter) noexcept {
  const bool is_text = parameter.data_type == OSSL_PARAM_UTF8_STRING;
  const std::optional<int> choice = is_text ? parse_salt(text_of(parameter)) : number_in(parameter);
  if (scheme_ != wire::SignatureScheme::rsa_pss || !choice.has_value() || *choice < auto_digest_max) {
    raise_error(Reason::salt_length_invalid, "a number, digest, max, auto or auto-digestmax, with PSS only");
    return false;
  }
  salt_choice_ = *choice;
  return true;
}

std::optional<std::uint16_t> SignatureOptions::salt_length(wire::Hash hash, const Key& key) const noexcept {
  if (scheme_ != wire::SignatureScheme::rsa_pss) return std::uint16_t{0};
  if (mgf1_hash_.value_or(hash) != hash) {
    raise_error(Reason::digest_unsupported, "PSS needs the same digest for MGF1, %s", name_of(hash));
    return std::nullopt;
  }
  const int longest = longest_salt(hash, key);
  const int of_digest = static_cast<int>(wire::digest_size(hash));
  int length = salt_choice_;
  if (length == RSA_PSS_SALTLEN_DIGEST) length = of_digest;
  if (length == RSA_PSS_SALTLEN_AUTO || length == RSA_PSS_SALTLEN_MAX) length = longest;
  if (length == auto_digest_max) length = std::min(of_digest, longest);
  if (length < 0 || length > longest) {
    raise_error(Reason::salt_length_invalid, "%d bytes where 0 to %d fit the key", length, longest);
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(length);
}

bool SignatureOptions::get(OSSL_PARAM parameters[], const Key* key) const noexcept {
  OSSL_PARAM* identifier = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
  OSSL_PARAM* digest = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_DIGEST);
  OSSL_PARAM* size = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_DIGEST_SIZE);
  OSSL_PARAM* padding = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE);
  OSSL_PARAM* salt = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  OSSL_PARAM* mgf1 = OSSL_PARAM_locate(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
  const char* digest_name = hash_.has_value() ? name_of(*hash_) : "";
  const char* mgf1_name = mgf1_hash_.has_value() ? name_of(*mgf1_hash_) : digest_name;
  return (identifier == nullptr || get_algorithm_identifier(*identifier, key)) &&
         (digest == nullptr || OSSL_PARAM_set_utf8_string(digest, digest_name) == 1) &&
         (size == nullptr || OSSL_PARAM_set_size_t(size, hash_.has_value() ? wire::digest_size(*hash_) : 0) == 1) &&
         (padding == nullptr || get_padding(*padding)) && (salt == nullptr || get_salt_length(*salt)) &&
         (mgf1 == nullptr || OSSL_PARAM_set_utf8_string(mgf1, mgf1_name) == 1);
}

bool SignatureOptions::get_padding(OSSL_PARAM& parameter) const noexcept {
  const bool pss = scheme_ == wire::SignatureScheme::rsa_pss;
  if (parameter.data_type != OSSL_PARAM_UTF8_STRING) {
    return OSSL_PARAM_set_int(&parameter, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;
  }
  return OSSL_PARAM_set_utf8_string(&parameter, pss ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 1;
}

bool SignatureOptions::get_salt_length(OSSL_PARAM& parameter) const noexcept {
  if (parameter.data_type != OSSL_PARAM_UTF8_STRING) return OSSL_PARAM_set_int(&parameter, salt_choice_) == 1;
  for (const SaltChoice& choice : salt_choices) {
    if (choice.value == salt_choice_) return OSSL_PARAM_set_utf8_string(&parameter, choice.name.data()) == 1;
  }
  std::array<char, 12> number{};
  std::to_chars(number.data(), number.data() + number.size() - 1, salt_choice_);
  return OSSL_PARAM_set_utf8_string(&parameter, number.data()) == 1;
}

bool SignatureOptions::get_algorithm_identifier(OSSL_PARAM& parameter, const Key* key) const noexcept {
  if (!hash_.has_value() || key == nullptr) return false;
  const std::optional<std::uint16_t> salt = salt_length(*hash_, *key);
  return salt.has_value() && put_algorithm_identifier(parameter, scheme_, *hash_, *salt);
}

}  // namespace edgeseal::provider
