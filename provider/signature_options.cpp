#include "provider/signature_options.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "provider/algorithm_identifier.h"
#include "provider/algorithms.h"
#include "provider/padding_name.h"

namespace edgeseal::provider {
namespace {

using wire::SignatureScheme;

constexpr int auto_digest_max = -4;                // RSA_PSS_SALTLEN_AUTO_DIGEST_MAX since OpenSSL 3.1
constexpr const char* nonce_type = "nonce-type";   // of ECDSA since OpenSSL 3.2
constexpr unsigned long openssl_3_1 = 0x30100000;  // as OPENSSL_VERSION_NUMBER

// That of the default provider beside which the module works.
int default_salt_choice() noexcept {
  return OpenSSL_version_num() < openssl_3_1 ? RSA_PSS_SALTLEN_AUTO : auto_digest_max;
}

struct SaltChoice {
  std::string_view name;
  int value;
};

constexpr std::array<SaltChoice, 4> salt_choices{{{OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, RSA_PSS_SALTLEN_DIGEST},
                                                  {OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO, RSA_PSS_SALTLEN_AUTO},
                                                  {OSSL_PKEY_RSA_PSS_SALT_LEN_MAX, RSA_PSS_SALTLEN_MAX},
                                                  {"auto-digestmax", auto_digest_max}}};

constexpr std::array<PaddingName<SignatureScheme>, 3> paddings{
    {{SignatureScheme::rsa_pkcs1, RSA_PKCS1_PADDING, OSSL_PKEY_RSA_PAD_MODE_PKCSV15},
     {SignatureScheme::rsa_pss, RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PAD_MODE_PSS},
     {SignatureScheme::rsa_raw, RSA_NO_PADDING, OSSL_PKEY_RSA_PAD_MODE_NONE}}};

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
int longest_salt(const Hash& hash, const Key& key) noexcept {
  const int encoded_bits = EVP_PKEY_get_bits(key.public_key.get()) - 1;
  return (encoded_bits + 7) / 8 - static_cast<int>(hash.digest_size) - 2;
}

SignatureScheme default_scheme(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::rsa: return SignatureScheme::rsa_pkcs1;
    case KeyKind::rsa_pss: return SignatureScheme::rsa_pss;
    case KeyKind::ec: return SignatureScheme::ecdsa;
    case KeyKind::ed25519: return SignatureScheme::ed25519;
  }
  return SignatureScheme::ecdsa;
}

// The agent draws the nonce, or the TPM does.
bool accepts_nonce(const OSSL_PARAM parameters[]) noexcept {
  const OSSL_PARAM* parameter = OSSL_PARAM_locate_const(parameters, nonce_type);
  unsigned wanted = 0;
  if (parameter == nullptr || (OSSL_PARAM_get_uint(parameter, &wanted) == 1 && wanted == 0)) return true;
  raise_error(Reason::operation_unsupported, "deterministic ECDSA (RFC 6979): keys of the agent take a random nonce");
  return false;
}

constexpr OSSL_PARAM rsa_list[] = {octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID),  text(OSSL_SIGNATURE_PARAM_DIGEST),
                                   text(OSSL_SIGNATURE_PARAM_PROPERTIES),      text(OSSL_SIGNATURE_PARAM_PAD_MODE),
                                   text(OSSL_SIGNATURE_PARAM_PSS_SALTLEN),     text(OSSL_SIGNATURE_PARAM_MGF1_DIGEST),
                                   text(OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES), end_of_list};

constexpr OSSL_PARAM ecdsa_list[] = {octets(OSSL_SIGNATURE_PARAM_ALGORITHM_ID),
                                     text(OSSL_SIGNATURE_PARAM_DIGEST),
                                     text(OSSL_SIGNATURE_PARAM_PROPERTIES),
                                     number(OSSL_SIGNATURE_PARAM_DIGEST_SIZE),
                                     big_number(nonce_type),
                                     end_of_list};

}  // namespace

const OSSL_PARAM* SignatureOptions::list(KeyKind kind) noexcept {
  return kind == KeyKind::ec ? ecdsa_list : rsa_list;
}

void SignatureOptions::start(const Key& key) noexcept {
  kind_ = key.kind;
  restrictions_ = key.restrictions;
  scheme_ = default_scheme(key.kind);
  mgf1_hash_ = nullptr;
  salt_choice_ = default_salt_choice();
  if (!restrictions_.has_value()) return;
  hash_ = restrictions_->hash;
  mgf1_hash_ = restrictions_->mgf1_hash;
  salt_choice_ = restrictions_->min_salt_length;
}

bool SignatureOptions::set(const OSSL_PARAM parameters[]) noexcept {
  SignatureOptions chosen = *this;
  if (parameters == nullptr) return true;
  if (!chosen.choose(parameters) || !chosen.is_possible()) return false;
  *this = chosen;
  return true;
}

bool SignatureOptions::set_digest(const char* name) noexcept {
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, const_cast<char*>(name), 0),
      OSSL_PARAM_construct_end()};
  return set(parameters);
}

bool SignatureOptions::choose(const OSSL_PARAM parameters[]) noexcept {
  if (kind_ == KeyKind::ec) return accepts_nonce(parameters) && choose_digest(parameters);
  const OSSL_PARAM* padding = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PAD_MODE);
  const OSSL_PARAM* salt = OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  return (padding == nullptr || choose_padding(*padding)) && (salt == nullptr || choose_salt_length(*salt)) &&
         choose_mgf1_hash(parameters) && choose_digest(parameters);
}

bool SignatureOptions::choose_digest(const OSSL_PARAM parameters[]) noexcept {
  if (OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_DIGEST) == nullptr) {
    if (scheme_ == SignatureScheme::rsa_pss && hash_ == nullptr) hash_ = &hash_of(wire::Hash::sha1);  // as libcrypto
    return true;
  }
  const auto find = kind_ == KeyKind::rsa ? find_hash : find_hash_on_wire;
  hash_ = find(context_->library.get(), text_in(parameters, OSSL_SIGNATURE_PARAM_DIGEST),
               text_in(parameters, OSSL_SIGNATURE_PARAM_PROPERTIES));
  return hash_ != nullptr;
}

bool SignatureOptions::choose_mgf1_hash(const OSSL_PARAM parameters[]) noexcept {
  if (OSSL_PARAM_locate_const(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST) == nullptr) return true;
  if (scheme_ != SignatureScheme::rsa_pss) {
    raise_error(Reason::padding_unsupported, "a hash for MGF1 is of PSS only");
    return false;
  }
  mgf1_hash_ = find_hash_on_wire(context_->library.get(), text_in(parameters, OSSL_SIGNATURE_PARAM_MGF1_DIGEST),
                                 text_in(parameters, OSSL_SIGNATURE_PARAM_MGF1_PROPERTIES));
  return mgf1_hash_ != nullptr;
}

bool SignatureOptions::choose_padding(const OSSL_PARAM& parameter) noexcept {
  const auto* const found = chosen_padding(paddings, parameter);
  if (found == nullptr) {
    raise_error(Reason::padding_unsupported, "use PKCS#1 v1.5 or PSS");
    return false;
  }
  scheme_ = found->padding;
  return true;
}

bool SignatureOptions::choose_salt_length(const OSSL_PARAM& parameter) noexcept {
  const bool is_text = parameter.data_type == OSSL_PARAM_UTF8_STRING;
  const std::optional<int> choice = is_text ? parse_salt(text_of(parameter)) : number_in(parameter);
  if (scheme_ != SignatureScheme::rsa_pss || !choice.has_value() || *choice < auto_digest_max) {
    raise_error(Reason::salt_length_invalid, "a number, digest, max, auto or auto-digestmax, with PSS only");
    return false;
  }
  salt_choice_ = *choice;
  return true;
}

bool SignatureOptions::is_possible() const noexcept {
  const bool pss = scheme_ == SignatureScheme::rsa_pss;
  if (kind_ == KeyKind::rsa_pss && !pss) {
    raise_error(Reason::padding_unsupported, "the key is for PSS only");
  } else if (scheme_ == SignatureScheme::rsa_raw && hash_ != nullptr) {
    raise_error(Reason::padding_unsupported, "none, with a digest: use PKCS#1 v1.5 or PSS");
  } else if (pss && hash_ != nullptr && hash_->on_wire == wire::Hash::none) {
    raise_error(Reason::digest_unsupported, "%s is for PKCS#1 v1.5 only", hash_->name);
  } else if (restrictions_ && (hash_ != restrictions_->hash || mgf1_hash_ != restrictions_->mgf1_hash)) {
    raise_error(Reason::digest_unsupported, "the key allows %s, with %s for MGF1, only", restrictions_->hash->name,
                restrictions_->mgf1_hash->name);
  } else if (restrictions_ && salt_choice_ >= 0 && salt_choice_ < restrictions_->min_salt_length) {
    raise_error(Reason::salt_length_invalid, "the key demands %d bytes or more", restrictions_->min_salt_length);
  } else {
    return true;
  }
  return false;
}

std::optional<std::uint16_t> SignatureOptions::salt_length(const Hash& hash, const Key& key) const noexcept {
  if (scheme_ != SignatureScheme::rsa_pss) return 0;
  if (mgf1_hash_ != nullptr && mgf1_hash_ != &hash) {
    raise_error(Reason::digest_unsupported, "PSS takes the same digest for MGF1");
    return std::nullopt;
  }
  const int longest = longest_salt(hash, key);
  const int shortest = restrictions_.has_value() ? restrictions_->min_salt_length : 0;
  const int of_digest = static_cast<int>(hash.digest_size);
  int length = salt_choice_;
  if (length == RSA_PSS_SALTLEN_DIGEST) length = of_digest;
  if (length == RSA_PSS_SALTLEN_AUTO || length == RSA_PSS_SALTLEN_MAX) length = longest;
  if (length == auto_digest_max) length = std::min(of_digest, longest);
  if (length < shortest || length > longest) {
    raise_error(Reason::salt_length_invalid, "%d bytes where the key takes %d to %d", length, shortest, longest);
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
  OSSL_PARAM* nonce = OSSL_PARAM_locate(parameters, nonce_type);
  const char* digest_name = hash_ != nullptr ? hash_->name : "";
  const char* mgf1_name = mgf1_hash_ != nullptr ? mgf1_hash_->name : digest_name;
  return (identifier == nullptr || get_algorithm_identifier(*identifier, key)) &&
         (digest == nullptr || OSSL_PARAM_set_utf8_string(digest, digest_name) == 1) &&
         (size == nullptr || OSSL_PARAM_set_size_t(size, hash_ != nullptr ? hash_->digest_size : 0) == 1) &&
         (padding == nullptr || get_padding(*padding)) && (salt == nullptr || get_salt_length(*salt)) &&
         (mgf1 == nullptr || OSSL_PARAM_set_utf8_string(mgf1, mgf1_name) == 1) &&
         (nonce == nullptr || OSSL_PARAM_set_uint(nonce, 0) == 1);
}

bool SignatureOptions::get_padding(OSSL_PARAM& parameter) const noexcept {
  return put_padding(paddings, scheme_, parameter);
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
  if (hash_ == nullptr || key == nullptr) return false;
  const std::optional<std::uint16_t> salt = salt_length(*hash_, *key);
  return salt.has_value() && put_algorithm_identifier(parameter, scheme_, hash_->on_wire, *salt);
}

}  // namespace edgeseal::provider
