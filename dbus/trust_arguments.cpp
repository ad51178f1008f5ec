#include "dbus/trust_arguments.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <utility>

#include "dbus/arguments.h"
#include "dbus/message_limits.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kIdBytes{0, 256};
constexpr Bounds kFormatBytes{0, 64};
constexpr Bounds kPushedBytes{0, 65536};  // the port has its own word for a certificate that is empty
constexpr Bounds kPeerChain{1, 10};
constexpr size_t kHostNameBytes = 253;
constexpr size_t kUriBytes = 4096;
constexpr std::uint32_t kLongestConfirmation = 86400;  // seconds
constexpr std::uint32_t kAllValidationOptions = 0x7f;  // OPC 10000-12 §7.8.2.10

using Error = sdbus::Struct<std::string, std::string, std::string>;

std::vector<Error> to_structs(const std::vector<TransactionDiagnostics::Error>& errors) {
  std::vector<Error> structs;
  for (const auto& [target, error, message] : errors) structs.emplace_back(target, error, message);
  return structs;
}

std::array<const std::vector<Bytes>*, 4> lists_of(const TrustListContents& list) {
  return {&list.trusted_certificates, &list.trusted_crls, &list.issuer_certificates, &list.issuer_crls};
}

}  // namespace

ApplyOptions apply_options(const VariantMap& given) {
  Options options(given);
  const auto confirm_within = options.integer("confirm-within", 1, kLongestConfirmation).value_or(0);
  ApplyOptions apply{std::chrono::seconds(confirm_within), options.flag("restart-required")};
  options.finish();
  return apply;
}

VariantMap to_map(const TransactionDiagnostics& diagnostics) {
  return {{"start-time", sdbus::Variant(diagnostics.start_time)},
          {"end-time", sdbus::Variant(diagnostics.end_time)},
          {"result", sdbus::Variant(diagnostics.result)},
          {"affected-trust-lists", sdbus::Variant(diagnostics.affected_trust_lists)},
          {"affected-certificate-groups", sdbus::Variant(diagnostics.affected_certificate_groups)},
          {"errors", sdbus::Variant(to_structs(diagnostics.errors))}};
}

CertificateTarget certificate_target(const std::string& application, const std::string& group_id,
                                     const std::string& type_id) {
  check_size("certificateGroupId", group_id.size(), kIdBytes);
  check_size("certificateTypeId", type_id.size(), kIdBytes);
  return {application, group_id, type_id};
}

PushedCertificate pushed_certificate(const ByteArray& certificate, const ByteArrays& issuers,
                                     const std::string& private_key_format, bool has_private_key) {
  check_size("certificate", certificate.size(), kPushedBytes);
  check_size("privateKeyFormat", private_key_format.size(), kFormatBytes);
  return {to_bytes(certificate), bounded("issuerCertificates", issuers, kIssuers, kPushedBytes), private_key_format,
          has_private_key};
}

void check_masks(std::uint32_t masks, std::uint32_t least) {
  if (masks >= least && masks <= kAllLists) return;
  throw CallError("InvalidArgument", "the masks " + std::to_string(masks) +
                                         " name no lists: they are a sum of 1 (trusted certificates), 2 (trusted "
                                         "CRLs), 4 (issuer certificates) and 8 (issuer CRLs)");
}

TrustListContents trust_list_contents(std::uint32_t specified_lists, const ByteArrays& trusted,
                                      const ByteArrays& trusted_crls, const ByteArrays& issuers,
                                      const ByteArrays& issuer_crls) {
  check_masks(specified_lists, 0);
  TrustListContents list{specified_lists, to_byte_strings(trusted), to_byte_strings(trusted_crls),
                         to_byte_strings(issuers), to_byte_strings(issuer_crls)};
  std::uint32_t mask = 1;
  for (const auto* given : lists_of(list)) {
    if ((specified_lists & mask) == 0 && !given->empty()) {
      throw CallError("InvalidArgument", "a list has entries, and specifiedLists leaves it out: add " +
                                             std::to_string(mask) + " to specifiedLists, or empty it");
    }
    mask *= 2;
  }
  return list;
}

void check_fits_an_answer(const TrustListContents& list) {
  const MessageLimits limits;
  size_t bytes = 0;
  size_t elements = 0;
  for (const auto* part : lists_of(list)) {
    elements += part->size();
    bytes = std::accumulate(part->begin(), part->end(), bytes,
                            [](size_t sum, const Bytes& entry) { return sum + entry.size(); });
  }
  if (bytes <= limits.bytes && elements <= limits.elements) return;
  throw CallError("RequestTooLarge", "the trust list has " + std::to_string(elements) + " entries of " +
                                         std::to_string(bytes) +
                                         " bytes, too much for one answer: Open it and Read it as a file");
}

TrustListOptions trust_list_options(const VariantMap& given) {
  Options options(given);
  TrustListOptions parsed{options.real("update-frequency", 0, static_cast<double>(kLongestUpdateFrequency.count())),
                          options.integer("default-validation-options", 0, kAllValidationOptions)};
  options.finish();
  if (parsed.update_frequency || parsed.default_validation_options) return parsed;
  throw CallError("InvalidArgument", "no option is given: name update-frequency or default-validation-options");
}

std::vector<Bytes> peer_chain(const ByteArrays& chain) {
  return bounded("chain", chain, kPeerChain, kCertificateBytes);
}

ValidationQuery validation_query(const VariantMap& given) {
  Options options(given);
  ValidationQuery query{options.choice("purpose", {"application", "https-server", "https-client", "user"}),
                        options.text("host-name", kHostNameBytes), options.text("application-uri", kUriBytes)};
  options.finish();
  return query;
}

Findings to_maps(const std::vector<DirectoryFinding>& findings) {
  Findings maps;
  for (const auto& [path, found, wanted, action, remedy] : findings) {
    maps.push_back({{"path", path}, {"found", found}, {"wanted", wanted}, {"action", action}, {"remedy", remedy}});
  }
  return maps;
}

VariantMap to_map(const AdoptedDirectory& directory) {
  return {{"path", sdbus::Variant(directory.path)},
          {"application", sdbus::Variant(directory.group.application)},
          {"group", sdbus::Variant(directory.group.group)},
          {"layout", sdbus::Variant(directory.layout)},
          {"enforced", sdbus::Variant(directory.enforced)}};
}

VariantMap to_map(const AdoptionPlan& plan) {
  check_fits_an_answer(plan.found);
  return {{"enforced", sdbus::Variant(plan.directory.enforced)},
          {"trusted-certificates", sdbus::Variant(to_arrays(plan.found.trusted_certificates))},
          {"trusted-crls", sdbus::Variant(to_arrays(plan.found.trusted_crls))},
          {"issuer-certificates", sdbus::Variant(to_arrays(plan.found.issuer_certificates))},
          {"issuer-crls", sdbus::Variant(to_arrays(plan.found.issuer_crls))},
          {"ignored", sdbus::Variant(plan.ignored)},
          {"findings", sdbus::Variant(to_maps(plan.findings))}};
}

}  // namespace edgeseal::dbus
