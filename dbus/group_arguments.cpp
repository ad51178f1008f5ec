#include "dbus/group_arguments.h"

#include <algorithm>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/memory_file.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kTypeBytes{1, 64};
constexpr Bounds kEntropyBytes{32, 1024};
constexpr Bounds kPrivateKeyBytes{1, 65536};
constexpr Bounds kPassphraseBytes{0, 1024};
constexpr Bounds kAuthorisationBytes{0, 32};  // an authValue is no longer than the digest of the name algorithm
constexpr Bounds kNonceBytes{1, 32};
constexpr size_t kSubjectBytes = 1024;
constexpr size_t kMostNames = 64;
constexpr size_t kDnsNameBytes = 253;
constexpr size_t kAddressBytes = 45;  // IPv6 text with an IPv4 tail
constexpr size_t kFormatBytes = 64;

std::string format_of(const std::string& key, Options& options) {
  if (!options.given(key)) return {};
  const auto format = options.text(key, kFormatBytes);
  const auto& known = supported_private_key_formats();
  if (std::ranges::find(known, format) != known.end()) return format;
  throw CallError("NotSupported", "option \"" + key + "\" must be one of: PEM, DER, PFX, TSS2");
}

OutsideKey described_key(Secret private_key, Options& options, const std::string& format_key,
                         const std::string& protection_key) {
  auto passphrase = options.passphrase("passphrase", kPassphraseBytes);
  OutsideKey key{.format = format_of(format_key, options),
                 .private_key = std::move(private_key),
                 .passphrase = passphrase ? std::move(*passphrase) : Secret(),
                 .protection = options.choice(protection_key, {"tpm", "sealed"})};
  options.finish();
  return key;
}

WhichKey which_key(Options& options) {
  return options.choice("key", {"active", "pending"}) == "pending" ? WhichKey::pending : WhichKey::active;
}

}  // namespace

void check_certificate_type(const std::string& type) {
  check_size("certificateType", type.size(), kTypeBytes);
}

SigningRequestOptions signing_request(const VariantMap& given) {
  Options options(given);
  SigningRequestOptions request{.subject = options.text("subject", kSubjectBytes),
                                .regenerate_private_key = options.flag("regenerate-private-key"),
                                .nonce = options.bytes("nonce", kEntropyBytes),
                                .dns_names = options.texts("dns-names", kMostNames, kDnsNameBytes),
                                .ip_addresses = options.texts("ip-addresses", kMostNames, kAddressBytes)};
  options.finish();
  return request;
}

SelfSignedOptions self_signed_request(const VariantMap& given) {
  Options options(given);
  SelfSignedOptions request{.subject = options.text("subject", kSubjectBytes),
                            .dns_names = options.texts("dns-names", kMostNames, kDnsNameBytes),
                            .ip_addresses = options.texts("ip-addresses", kMostNames, kAddressBytes),
                            .lifetime_days = options.number("lifetime-days"),
                            .key_bits = options.number("key-size-bits")};
  options.finish();
  return request;
}

SlotCertificate slot_certificate(const std::string& type, const ByteArray& certificate,
                                 const std::vector<ByteArray>& issuers) {
  check_certificate_type(type);
  check_size("certificate", certificate.size(), kCertificateBytes);
  return {type, to_bytes(certificate), bounded("issuerCertificates", issuers, kIssuers, kCertificateBytes)};
}

const std::vector<std::string>& supported_private_key_formats() {
  static const std::vector<std::string> formats{"PEM", "DER", "PFX", "TSS2"};
  return formats;
}

std::optional<OutsideKey> key_of_update(const VariantMap& given) {
  Options options(given);
  auto private_key = options.secret("private-key", kPrivateKeyBytes);
  if (private_key) return described_key(std::move(*private_key), options, "private-key-format", "key-protection");
  for (const char* key : {"private-key-format", "passphrase", "key-protection"}) {
    if (options.given(key)) {
      throw CallError("InvalidArgument", "option \"" + std::string(key) + "\" needs the option \"private-key\"");
    }
  }
  options.finish();
  return std::nullopt;
}

OutsideKey key_of_import(const sdbus::UnixFd& private_key, const VariantMap& given) {
  Options options(given);
  return described_key(read_memory_file("privateKey", private_key.get(), kPrivateKeyBytes), options, "format",
                       "protection");
}

ExportOptions export_request(const VariantMap& given) {
  Options options(given);
  auto passphrase = options.passphrase("passphrase", kAuthorisationBytes);
  ExportOptions request{.which = which_key(options), .passphrase = passphrase ? std::move(*passphrase) : Secret()};
  options.finish();
  return request;
}

EvidenceOptions evidence_request(const ByteArray& nonce, const VariantMap& given) {
  check_size("nonce", nonce.size(), kNonceBytes);
  Options options(given);
  EvidenceOptions request{.which = which_key(options), .nonce = to_bytes(nonce)};
  options.finish();
  return request;
}

}  // namespace edgeseal::dbus
