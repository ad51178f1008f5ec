#include "agent/configuration/application_file.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "agent/configuration/account_rules.h"
#include "agent/configuration/application_rules.h"
#include "agent/configuration/configuration_files.h"
#include "agent/configuration/configuration_table.h"
#include "agent/configuration/trust_material.h"
#include "agent/directories/adopted_layout.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_path_size = 4096;
// By their bits.
constexpr std::array suppressible = {"suppress-certificate-expired", "suppress-host-name-invalid",
                                     "suppress-revocation-status-unknown", "suppress-issuer-certificate-expired",
                                     "suppress-issuer-revocation-status-unknown"};

// What a file does not say stays checked: revocation by the CRLs of the list.
ValidationOptions suppressing(const std::vector<std::string>& names) {
  ValidationOptions options = default_validation_options;
  for (const std::string& name : names) {
    const auto* found = std::ranges::find(suppressible, name);
    if (found == suppressible.end())
      throw Error(Code::invalid_argument,
                  fmt::format("\"{:.64}\" is not known here; take any of: {}", name, fmt::join(suppressible, ", ")));
    options |= suppress_certificate_expired << (found - suppressible.begin());
  }
  return options;
}

class Reader {
 public:
  Reader(const std::string& path, const ConfigurationSurroundings& surroundings) : surroundings_(surroundings) {
    application_.name = std::filesystem::path(path).stem();
    application_.origin = path;
  }

  void read(ConfigurationTable& table) {
    table.judge("", [&] { require_application_name(application_.name); });
    read_values(table);
    read_slots(table);
    table.read_named_tables(
        "trust", [&](std::string_view group, ConfigurationTable& nested) { read_trust(std::string(group), nested); });
    table.read_tables("adopt", [&](ConfigurationTable& nested) { read_adoption(nested); });
    table.require_all_known();
    table.judge("", [&] { require_device_alone(application_); });
  }

  // With a mistake in a value the application alone: half a trust list is none.
  void give(Declarations& declarations, bool whole) {
    if (!whole) declarations.faulty.insert(application_.name);
    declarations.applications.push_back(std::move(application_));
    if (!whole) return;
    std::ranges::move(trust_lists_, std::back_inserter(declarations.trust_lists));
    std::ranges::move(directories_, std::back_inserter(declarations.directories));
  }

 private:
  void read_values(ConfigurationTable& table) {
    ApplicationRecord& application = application_;
    table.read("application-uri", application.application_uri);
    table.read("account", application.account);
    table.read("access", application.access);
    table.read("legacy", application.legacy);
    table.read("trust-groups", application.trust_groups);
    table.read("server-capabilities", application.server_capabilities);
    table.read("exports", application.exports);
    if (!application.application_uri.empty())
      table.judge("application-uri", [&] { require_application_uri(application.application_uri); });
    judge_user(table, "account", application.account, surroundings_);
    judge_access(table, application.access, surroundings_);
    table.judge("legacy", [&] { require_legacy(application.legacy); });
    table.judge("trust-groups", [&] { require_trust_groups(application.trust_groups); });
    table.judge("server-capabilities", [&] { require_capabilities(application.server_capabilities); });
    table.judge("exports", [&] { require_exports(application.exports); });
  }

  void read_slots(ConfigurationTable& table) {
    std::vector<std::string> slots;
    table.read("slots", slots);
    for (const std::string& slot : slots)
      table.judge(
          "slots", [&] { application_.slots.push_back(SlotDeclaration::parse(slot)); },
          ConfigurationProblem::Kind::form);
    table.judge("slots", [&] { require_slots(application_.slots); });
  }

  void read_trust(const std::string& group, ConfigurationTable& table) {
    DeclaredTrustList declared{{application_.name, group}, {.specified = 0}};
    TrustList& list = declared.list;
    table.judge("", [&] { require_group(application_, group); });
    read_list(table, "trusted-certificates", trusted_certificates_mask, list, list.trusted_certificates);
    read_list(table, "trusted-crls", trusted_crls_mask, list, list.trusted_crls);
    read_list(table, "issuer-certificates", issuer_certificates_mask, list, list.issuer_certificates);
    read_list(table, "issuer-crls", issuer_crls_mask, list, list.issuer_crls);
    if (list.specified != 0) trust_lists_.push_back(std::move(declared));
    read_trust_options(group, table);
  }

  void read_trust_options(const std::string& group, ConfigurationTable& table) {
    DeclaredTrustList declared{{application_.name, group}, {.specified = 0}};
    dbus::TrustListOptions& options = declared.options;
    std::int64_t frequency = 0;
    std::vector<std::string> suppressed;
    table.read("update-frequency", frequency, 0, dbus::kLongestUpdateFrequency.count());
    table.read("default-validation-options", suppressed);
    if (table.has("update-frequency")) options.update_frequency = static_cast<double>(frequency);
    if (table.has("default-validation-options"))
      options.default_validation_options =
          table.judge("default-validation-options", [&] { return suppressing(suppressed); });
    if (declared.has_options()) trust_lists_.push_back(std::move(declared));
  }

  void read_list(ConfigurationTable& table, const char* key, TrustListMask mask, TrustList& list,
                 std::vector<Bytes>& into) const {
    std::vector<std::string> texts;
    table.read(key, texts);
    if (!table.has(key)) return;
    list.specified |= mask;
    const bool crls = (mask & (trusted_crls_mask | issuer_crls_mask)) != 0;
    for (const std::string& text : texts)
      table.judge(key, [&] {
        const std::string& root = surroundings_.root;
        std::ranges::move(crls ? crls_of(text, root) : certificates_of(text, root), std::back_inserter(into));
      });
  }

  void read_adoption(ConfigurationTable& table) {
    DeclaredDirectory directory{{.path = {}, .application = application_.name, .group = {}, .layout = "annex-f"},
                                table.line("path")};
    table.read("path", directory.path);
    table.read("group", directory.group);
    table.read("layout", directory.layout);
    if (!directory.path.starts_with('/') || directory.path.size() > max_path_size)
      table.note("path", fmt::format("path must be absolute, and have {} bytes at most", max_path_size));
    table.judge("layout", [&] { (void)adopted_layout(directory.layout, directory.group); });
    table.judge("group", [&] { require_group(application_, directory.group); });
    directories_.push_back(std::move(directory));
  }

  const ConfigurationSurroundings& surroundings_;
  ApplicationRecord application_;
  std::vector<DeclaredTrustList> trust_lists_;
  std::vector<DeclaredDirectory> directories_;
};

bool has_good_form(const ConfigurationProblems& problems) {
  return std::ranges::none_of(problems.all(), [](const ConfigurationProblem& problem) {
    return problem.kind == ConfigurationProblem::Kind::form;
  });
}

void read(const std::string& path, const ConfigurationSurroundings& surroundings, Declarations& declarations,
          ConfigurationProblems& problems) {
  const toml::table file = parse_toml(path, read_configuration_file(path, surroundings.root), problems);
  if (problems.has_errors()) return;
  ConfigurationTable table(path, file, problems);
  Reader reader(path, surroundings);
  reader.read(table);
  if (has_good_form(problems)) reader.give(declarations, !problems.has_errors());
}

}  // namespace

void read_application_file(const std::string& path, const ConfigurationSurroundings& surroundings,
                           Declarations& declarations, ConfigurationProblems& problems) {
  ConfigurationProblems found;
  try {
    read(path, surroundings, declarations, found);
  } catch (const Error& error) {
    found.add({path, 0, error.what()});
  }
  problems.add_file(found);
}

}  // namespace edgeseal::agent
