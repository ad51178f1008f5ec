#include "agent/configuration/declared_record.h"

#include <array>
#include <span>

#include "agent/group_name.h"
#include "agent/journal.h"
#include "agent/openssl.h"
#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view record_name = "declared", title = "the record of what files declared";
constexpr std::string_view options_suffix = "/options";

using Directory = std::array<std::string, 4>;

Directory columns_of(const AdoptedRecord& record) {
  return {record.path, record.application, record.group, record.layout};
}

DeclaredRecord parse(const Json& value) {
  DeclaredRecord record;
  for (const auto& [path, application, group, layout] : value.at("directories").get<std::vector<Directory>>())
    record.directories.push_back({path, application, group, layout});
  value.at("trust-lists").get_to(record.trust_lists);
  return record;
}

}  // namespace

DeclaredRecord read_declared(State& state) {
  const auto bytes = state.record(record_name);
  if (!bytes) return {};
  try {
    return from_cbor(title, *bytes, parse);
  } catch (const Error& damage) {
    log(Level::error, Event::record_damaged, damage.what());
    return {};
  }
}

void write_declared(State& state, const DeclaredRecord& record) {
  std::vector<Directory> directories;
  for (const AdoptedRecord& directory : record.directories) directories.push_back(columns_of(directory));
  state.put_record(record_name, to_cbor({{"directories", directories}, {"trust-lists", record.trust_lists}}));
}

void take_over_deletions(State& state) {
  const auto bytes = state.record(record_name);
  if (!bytes) return;
  try {
    from_cbor(title, *bytes, [&](const Json& value) {
      if (!value.contains("deletions")) return;
      state.put_deletions(value.at("deletions").get<std::vector<std::string>>());
      write_declared(state, parse(value));
    });
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed) throw;  // read_declared() tells of it
  }
}

std::string name_of(const DeclaredTrustList& declared) {
  return name_of(declared.group) + (declared.has_options() ? std::string(options_suffix) : "");
}

bool names_options(const std::string& name) {
  return name.ends_with(options_suffix);
}

dbus::GroupName group_of(const std::string& name) {
  const auto application = name.find('/'), group = application + 1;
  return {name.substr(0, application), name.substr(group, name.find('/', group) - group)};
}

std::string digest_of(const DeclaredTrustList& declared) {
  if (!declared.has_options()) return hexadecimal(sha256(encode_trust_list(declared.list)));
  Json options = Json::object();
  if (const auto& frequency = declared.options.update_frequency) options["update-frequency"] = *frequency;
  if (const auto& validation = declared.options.default_validation_options) options["validation"] = *validation;
  const std::string text = options.dump();
  return hexadecimal(sha256(std::as_bytes(std::span(text))));
}

}  // namespace edgeseal::agent
