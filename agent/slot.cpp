#include "agent/slot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

using tpm::KeyAlgorithm;

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
                            KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_3072, KeyAlgorithm::rsa_4096};

// Groups and types: OPC 10000-12 §7.8.3 and its CertificateType tree; `tls` gathers the TLS types of 1.05.
constexpr std::array types = {
    CertificateType{"rsa-sha256", "application", rsa},
    CertificateType{"ecc-nist-p256", "application", p256},
    CertificateType{"ecc-nist-p384", "application", p384},
    CertificateType{"https", "https", any},
    CertificateType{"tls-server", "tls", any},
    CertificateType{"tls-client", "tls", any},
};

struct AlgorithmName {
  KeyAlgorithm algorithm;
  std::string_view name;
};

constexpr std::array algorithm_names = {
    AlgorithmName{KeyAlgorithm::ec_p256, "ec-p256"},   AlgorithmName{KeyAlgorithm::ec_p384, "ec-p384"},
    AlgorithmName{KeyAlgorithm::ec_p521, "ec-p521"},   AlgorithmName{KeyAlgorithm::rsa_2048, "rsa-2048"},
    AlgorithmName{KeyAlgorithm::rsa_3072, "rsa-3072"}, AlgorithmName{KeyAlgorithm::rsa_4096, "rsa-4096"},
};

const CertificateType& find_type(std::string_view group, std::string_view name) {
  const auto found =
      std::ranges::find_if(types, [&](const auto& type) { return type.group == group && type.name == name; });
  if (found != types.end()) return *found;
  std::vector<std::string> known;
  for (const CertificateType& type : types) known.push_back(fmt::format("{}/{}", type.group, type.name));
  throw Error(Code::invalid_argument,
              fmt::format("unknown slot {}/{}: choose one of {}", group, name, fmt::join(known, ", ")));
}

}  // namespace

std::string Slot::key_name() const {
  return fmt::format("{}/{}/{}", application, group, certificate_type);
}

SlotDeclaration SlotDeclaration::parse(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > 128)
    throw Error(Code::invalid_argument,
                fmt::format("slot \"{:.128}\": expected GROUP/CERTIFICATE-TYPE[=KEY-ALGORITHM]", text));
  const auto equals = text.find('=', slash);
  const auto type_end = equals == std::string_view::npos ? text.size() : equals;
  const CertificateType& type = find_type(text.substr(0, slash), text.substr(slash + 1, type_end - slash - 1));
  KeyAlgorithm algorithm = type.algorithms.front();
  if (equals != std::string_view::npos) algorithm = parse_algorithm(text.substr(equals + 1));
  if (std::ranges::find(type.algorithms, algorithm) == type.algorithms.end()) {
    std::vector<std::string_view> fitting;
    for (KeyAlgorithm candidate : type.algorithms) fitting.push_back(algorithm_name(candidate));
    throw Error(Code::invalid_argument, fmt::format("slot {}: certificate type {} takes keys of {}", text, type.name,
                                                    fmt::join(fitting, " or ")));
  }
  return {std::string(type.group), std::string(type.name), algorithm};
}

std::string SlotDeclaration::text() const {
  return fmt::format("{}/{}={}", group, certificate_type, algorithm_name(algorithm));
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

}  // namespace edgeseal::agent
