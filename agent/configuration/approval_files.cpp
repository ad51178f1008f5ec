#include "agent/configuration/approval_files.h"

#include <filesystem>

#include "agent/configuration/configuration_files.h"
#include "agent/configuration/configuration_table.h"
#include "agent/configuration/sha256_text.h"
#include "agent/slot.h"
#include "jose/base64.h"
#include "jose/error.h"

namespace edgeseal::agent {

namespace {

Bytes value_of(const std::string& text, unsigned number) {
  if (auto value = parse_sha256(text)) return std::move(*value);
  throw Error(Code::invalid_argument,
              fmt::format("the value of PCR {} is SHA-256, 64 hexadecimal digits: edgesealctl pcr show --pcr {}",
                          number, number));
}

Bytes signature_of(const std::string& text) {
  try {
    const auto bytes = jose::decode_base64(text, "signature");
    if (!bytes.empty()) return {bytes.begin(), bytes.end()};
  } catch (const jose::Error&) {
  }
  throw Error(Code::invalid_argument, "signature must be base64 in one line, as base64 --wrap=0 policy.sig gives it");
}

PcrValues read_values(ConfigurationTable& table) {
  PcrValues values;
  for (const unsigned number : pcr_numbers(tpm::kAllPcrs)) {
    const std::string key = std::to_string(number);
    std::string text;
    table.read(key, text);
    if (table.has(key)) values[number] = table.judge(key, [&] { return value_of(text, number); });
  }
  return values;
}

DeclaredApproval read(const std::string& path, const ApprovalSource& source, ConfigurationProblems& problems) {
  const toml::table file = parse_toml(path, read_configuration_file(path, source.root), problems);
  ConfigurationTable main(path, file, problems);
  DeclaredApproval approval{std::filesystem::path(path).stem(), {}, {}};
  std::string signature;
  main.read("signature", signature);
  main.read_table("values", [&](ConfigurationTable& table) { approval.values = read_values(table); });
  main.require_all_known();
  if (problems.has_errors()) return approval;
  main.judge("values", [&] { (void)PcrPolicies::prepare(approval.values); });
  approval.signature = main.judge("signature", [&] { return signature_of(signature); });
  if (!problems.has_errors() && (!source.authority || !source.authority->empty()))
    main.judge("signature",
               [&] { (void)PcrPolicies::approval(source.authority, approval.values, approval.signature); });
  return approval;
}

}  // namespace

std::optional<DeclaredApproval> read_approval_file(const std::string& path, const ApprovalSource& source,
                                                   ConfigurationProblems& problems) {
  ConfigurationProblems found;
  std::optional<DeclaredApproval> approval;
  try {
    approval = read(path, source, found);
  } catch (const Error& error) {
    found.add({path, 0, error.what()});
  }
  if (found.has_errors()) approval.reset();
  problems.add_file(found);
  return approval;
}

std::vector<DeclaredApproval> read_approval_files(const std::string& directory, const ApprovalSource& source,
                                                  ConfigurationProblems& problems) {
  std::vector<DeclaredApproval> approvals;
  try {
    const std::vector<std::string> paths = configuration_files(directory, source.root);
    if (paths.size() > max_declared_approvals)
      throw Error(Code::invalid_argument,
                  fmt::format("{}: more than {} files; remove those of systems that are not to boot any more",
                              directory, max_declared_approvals));
    for (const std::string& path : paths)
      if (auto approval = read_approval_file(path, source, problems)) approvals.push_back(std::move(*approval));
  } catch (const Error& error) {
    problems.add({directory, 0, error.what()});
  }
  return approvals;
}

}  // namespace edgeseal::agent
