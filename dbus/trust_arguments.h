#pragma once

#include <string>
#include <vector>

#include "dbus/bounds.h"
#include "dbus/trust_ports.h"
#include "dbus/wire_types.h"

namespace edgeseal::dbus {

// What the methods of ServerConfiguration1, TrustList1 and TrustDirectories1 take, as the ports want it, and what they
// answer. Everything throws CallError "InvalidArgument".

using ByteArrays = std::vector<ByteArray>;

[[nodiscard]] ApplyOptions apply_options(const VariantMap& given);
[[nodiscard]] VariantMap to_map(const TransactionDiagnostics& diagnostics);

[[nodiscard]] CertificateTarget certificate_target(const std::string& application, const std::string& group_id,
                                                   const std::string& type_id = {});
[[nodiscard]] PushedCertificate pushed_certificate(const ByteArray& certificate, const ByteArrays& issuers,
                                                   const std::string& private_key_format, bool has_private_key);

inline constexpr std::uint32_t kAllLists = 15;  // TrustListMasks (OPC 10000-12 §7.8.2.9)
void check_masks(std::uint32_t masks, std::uint32_t least);
[[nodiscard]] TrustListContents trust_list_contents(std::uint32_t specified_lists, const ByteArrays& trusted,
                                                    const ByteArrays& trusted_crls, const ByteArrays& issuers,
                                                    const ByteArrays& issuer_crls);
// Throws CallError "RequestTooLarge" where it isn't for one message.
void check_fits_an_answer(const TrustListContents& list);
[[nodiscard]] TrustListOptions trust_list_options(const VariantMap& given);

[[nodiscard]] std::vector<Bytes> peer_chain(const ByteArrays& chain);
[[nodiscard]] ValidationQuery validation_query(const VariantMap& given);

using Findings = std::vector<std::map<std::string, std::string>>;
[[nodiscard]] Findings to_maps(const std::vector<DirectoryFinding>& findings);
[[nodiscard]] VariantMap to_map(const AdoptedDirectory& directory);
[[nodiscard]] VariantMap to_map(const AdoptionPlan& plan);

}  // namespace edgeseal::dbus
