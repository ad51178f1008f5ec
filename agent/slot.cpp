#include "agent/slot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using tpm::KeyAlgorithm;

constexpr std::size_t max_declaration_length = 128;

// A certificate type of OPC 10000-12 that a group may hold, with the key algorithms that fit it; the first is the
// default.
struct CertificateType {
  std::string_view name;
  std::string_view group;
  std::span<const KeyAlgorithm> algorithms;
};

constexpr std::array rsa = {KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096};
constexpr std::array p256 = {KeyAlgorithm::ec_p256};
constexpr std::array p384 = {KeyAlgorithm::ec_p384};
constexpr std::array any = {KeyAlgorithm::ec_p256,  KeyAlgorithm::ec_p384,  KeyAlgorithm::ec_p521,
                            KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096,
                            KeyAlgorithm::ed25519};
constexpr std::array identity = {KeyAlgorithm::ec_p256, KeyAlgorithm::ec_p384, KeyAlgorithm::rsa_2048,
                                 KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096};

// Groups and types: OPC 10000-12 §7.8.3 and its CertificateType tree; `tls` gathers the TLS types of 1.05, `identity`
// is what OPC 10000-21 §5 asks for.
constexpr std::array types = {
    CertificateType{"rsa-sha256", "application", rsa},
    CertificateType{"ecc-nist-p256", "application", p256},
    CertificateType{"ecc-nist-p384", "application", p384},
    CertificateType{"https", "https", any},
    CertificateType{"tls-server", "tls", any},
    CertificateType{"tls-client", "tls", any},
    CertificateType{"idevid", "identity", identity},
    CertificateType{"ldevid", "identity", identity},
};

struct AlgorithmName {
  KeyAlgorithm algorithm;
  std::string_view name;
};

constexpr std::array algorithm_names = {
    AlgorithmName{KeyAlgorithm::ec_p256, "ec-p256"},   AlgorithmName{KeyAlgorithm::ec_p384, "ec-p384"},
    AlgorithmName{KeyAlgorithm::ec_p521, "ec-p521"},   AlgorithmName{KeyAlgorithm::rsa_2048, "rsa-2048"},
    AlgorithmName{KeyAlgorithm::rsa_3072, "rsa-3072"}, AlgorithmName{KeyAlgorithm::rsa_4096, "rsa-4096"},
    AlgorithmName{KeyAlgorithm::ed25519, "ed25519"},
};

enum class Kind { factoring, curve, edwards };

Kind kind_of(KeyAlgorithm algorithm) {
  if (modulus_bits(algorithm)) return Kind::factoring;
  return algorithm == KeyAlgorithm::ed25519 ? Kind::edwards : Kind::curve;
}

std::size_t size_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ec_p384: return 384;
    case KeyAlgorithm::ec_p521: return 521;
    default: return modulus_bits(algorithm).value_or(256);
  }
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

const CertificateType& find_type(std::string_view group, std::string_view name) {
  const auto found =
      std::ranges::find_if(types, [&](const auto& type) { return type.group == group && type.name == name; });
  if (found != types.end()) return *found;
  std::vector<std::string> known;
  for (const CertificateType& type : types) known.push_back(fmt::format("{}/{}", type.group, type.name));
  throw Error(Code::invalid_argument,
              fmt::format("unknown slot {}/{}: choose one of {}", group, name, fmt::join(known, ", ")));
}

constexpr std::string_view pcrs_option = "pcrs=";
constexpr std::string_view pss_option = "pss";

// OPC UA applications decrypt too, and the DCA with its identity (OPC 10000-7, SecurityPolicy facets of RSA).
bool takes_pss(const CertificateType& type) {
  return type.group != "application" && type.group != "identity";
}

tpm::PcrMask parse_pcrs(std::string_view text) {
  tpm::PcrMask pcrs = 0;
  for (const std::string_view number : split(text, '+')) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc{} || end != number.data() + number.size() || value > 23)
      throw Error(Code::invalid_argument, fmt::format("pcrs={:.64}: expected PCR numbers from 0 to 23, as 7+11", text));
    pcrs |= tpm::PcrMask{1} << value;
  }
  return pcrs;
}

// What stands behind the algorithm: a protection, PCRs, a use.
void apply_option(KeyDeclaration& key, std::string_view option) {
  if (option.starts_with(pcrs_option))
    key.pcrs = parse_pcrs(option.substr(pcrs_option.size()));
  else if (option == pss_option)
    key.rsa_use = RsaUse::pss;
  else
    key.protection = parse_protection(option);
}

void require_fit(std::string_view text, const CertificateType& type, const KeyDeclaration& key) {
  if (std::ranges::find(type.algorithms, key.algorithm) == type.algorithms.end()) {
    std::vector<std::string_view> fitting;
    for (KeyAlgorithm candidate : type.algorithms) fitting.push_back(algorithm_name(candidate));
    throw Error(Code::invalid_argument, fmt::format("slot {}: certificate type {} takes keys of {}", text, type.name,
                                                    fmt::join(fitting, " or ")));
  }
  if (key.algorithm == KeyAlgorithm::ed25519 && key.protection == KeyProtection::tpm)
    throw Error(Code::invalid_argument,
                fmt::format("slot {}: no TPM makes ed25519 keys; write ed25519,sealed to have one that is sealed to "
                            "the TPM",
                            text));
  if (key.rsa_use == RsaUse::pss && !(modulus_bits(key.algorithm) && takes_pss(type)))
    throw Error(
        Code::invalid_argument,
        fmt::format("slot {}: pss is for RSA keys outside the groups application and identity, whose keys decrypt too",
                    text));
}

}  // namespace

std::string Slot::key_name() const {
  return fmt::format("{}/{}/{}", application, group, certificate_type);
}

SlotDeclaration SlotDeclaration::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > max_declaration_length)
    throw Error(
        Code::invalid_argument,
        fmt::format("slot \"{:.{}}\": expected GROUP/CERTIFICATE-TYPE[=KEY-ALGORITHM[,tpm|,sealed][,pss][,pcrs=N+N]]",
                    text, max_declaration_length));
  const auto equals = text.find('=', slash);
  const auto type_end = equals == std::string_view::npos ? text.size() : equals;
  const CertificateType& type = find_type(text.substr(0, slash), text.substr(slash + 1, type_end - slash - 1));
  KeyDeclaration key{type.algorithms.front()};
  if (equals != std::string_view::npos) {
    const auto words = split(text.substr(equals + 1), ',');
    key.algorithm = parse_algorithm(words.front());
    for (const std::string_view option : std::span(words).subspan(1)) apply_option(key, option);
  }
  require_fit(text, type, key);
  return {std::string(type.group), std::string(type.name), key};
}

std::string SlotDeclaration::text() const {
  std::string text = fmt::format("{}/{}={}", group, certificate_type, algorithm_name(key.algorithm));
  if (key.protection != KeyProtection::tpm) text += fmt::format(",{}", protection_name(key.protection));
  if (key.rsa_use == RsaUse::pss) text += fmt::format(",{}", pss_option);
  if (key.pcrs != 0) text += fmt::format(",{}{}", pcrs_option, fmt::join(pcr_numbers(key.pcrs), "+"));
  return text;
}

bool takes(const Slot& slot, KeyAlgorithm algorithm, RsaUse rsa_use) {
  const CertificateType& type = find_type(slot.group, slot.certificate_type);
  return std::ranges::find(type.algorithms, algorithm) != type.algorithms.end() &&
         (rsa_use == RsaUse::any || takes_pss(type));
}

std::optional<KeyAlgorithm> algorithm_of_size(const Slot& slot, KeyAlgorithm like, std::size_t bits) {
  for (const KeyAlgorithm candidate : find_type(slot.group, slot.certificate_type).algorithms)
    if (kind_of(candidate) == kind_of(like) && size_of(candidate) == bits) return candidate;
  return std::nullopt;
}

std::optional<std::size_t> modulus_bits(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::rsa_2048: return 2048;
    case KeyAlgorithm::rsa_3072: return 3072;
    case KeyAlgorithm::rsa_4096: return 4096;
    default: return std::nullopt;
  }
}

std::string_view algorithm_name(KeyAlgorithm algorithm) {
  return std::ranges::find(algorithm_names, algorithm, &AlgorithmName::algorithm)->name;
}

KeyAlgorithm parse_algorithm(std::string_view name) {
  const auto found = std::ranges::find(algorithm_names, name, &AlgorithmName::name);
  if (found != algorithm_names.end()) return found->algorithm;
  std::vector<std::string_view> known;
  for (const AlgorithmName& candidate : algorithm_names) known.push_back(candidate.name);
  throw Error(Code::invalid_argument,
              fmt::format("unknown key algorithm \"{:.64}\": choose one of {}", name, fmt::join(known, ", ")));
}

std::string_view protection_name(KeyProtection protection) {
  return protection == KeyProtection::sealed ? "sealed" : "tpm";
}

KeyProtection parse_protection(std::string_view name) {
  for (const KeyProtection protection : {KeyProtection::tpm, KeyProtection::sealed})
    if (name == protection_name(protection)) return protection;
  throw Error(Code::invalid_argument, fmt::format("unknown key protection \"{:.64}\": choose tpm or sealed", name));
}

std::vector<unsigned> pcr_numbers(tpm::PcrMask pcrs) {
  std::vector<unsigned> numbers;
  for (unsigned number = 0; number < 24; ++number)
    if ((pcrs >> number & 1) != 0) numbers.push_back(number);
  return numbers;
}

}  // namespace edgeseal::agent
