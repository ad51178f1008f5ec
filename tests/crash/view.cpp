#include "tests/crash/view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "agent/device/device_names.h"
#include "tests/crash/managed_objects.h"
#include "tests/crash/setup_view.h"

namespace edgeseal::crash {
namespace {

namespace fs = std::filesystem;

constexpr unsigned all_lists = 15;
constexpr std::chrono::minutes seal_patience{2};
constexpr std::chrono::minutes removal_patience{2};  // it is done in the background, and disks are slow to sync

void add(View& view, const std::string& object, const Properties& properties, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (const auto found = properties.find(name); found != properties.end())
      view[object + " " + name] = text_of(found->second);
}

bool waits_for_seal(const sdbus::Error& error) {
  return error.getMessage().find("has not opened the key") != std::string::npos;
}

class Look {
 public:
  Look(const Device& device, sdbus::IConnection& connection)
      : device_(device), connection_(connection), keys_(device.openssl_configuration()) {}

  View take() {
    wait_for_seal(connection_);
    wait_for_setup(connection_);
    for (const auto& [path, interfaces] : managed_objects(connection_)) take_object(path, interfaces);
    take_description();
    take_setup(connection_, view_);
    require_no_leftovers();
    return std::move(view_);
  }

 private:
  void take_object(const std::string& path, const Interfaces& interfaces) {
    if (const auto application = interfaces.find("org.edgeseal.Application1"); application != interfaces.end())
      take_application(application->second);
    if (const auto group = interfaces.find("org.edgeseal.CertificateGroup1"); group != interfaces.end())
      take_group(path, interfaces);
    if (const auto job = interfaces.find("org.edgeseal.Job1"); job != interfaces.end())
      add(view_, path, job->second, {"State", "Slot", "Profile"});
  }

  void take_application(const Properties& properties) {
    const std::string name = properties.at("Name").get<std::string>();
    const auto groups = properties.at("Groups").get<std::vector<std::string>>();
    published_[name] = {groups.begin(), groups.end()};
    if (name == agent::device_application_name)
      published_[name].insert(agent::identity_group);  // is no group of OPC UA
    add(view_, name, properties, {"ApplicationUri", "Account", "Access", "Legacy", "Groups", "Exports", "Origin"});
  }

  void take_group(const std::string& path, const Interfaces& interfaces) {
    const Properties& properties = interfaces.at("org.edgeseal.CertificateGroup1");
    const fs::path directory = properties.at("Directory").get<std::string>();
    const std::string name = fs::relative(directory, device_.published());
    if (properties.at("TransactionPending").get<bool>()) throw Mixed(name + ": a transaction is still pending");
    PublishedGroup published(directory);
    take_certificates(name, path, published);
    if (interfaces.contains("org.edgeseal.TrustList1"))
      take_trust_list(name, path, interfaces.at("org.edgeseal.TrustList1"), published);
  }

  void take_certificates(const std::string& name, const std::string& path, PublishedGroup& published) {
    dbus::RemoteGroup group(connection_, path);
    const auto [types, certificates, issuers] = group.GetCertificates();
    for (std::size_t i = 0; i < types.size(); ++i) {
      std::vector<Der> chain{certificates[i]};
      chain.insert(chain.end(), issuers[i].begin(), issuers[i].end());
      published.require_slot(types[i], chain, keys_);
      if (i == 0) published.require_first_slot(types[i], chain, keys_, name);
      add_chain(view_, name, types[i], chain);
    }
    published.require_no_other_slot(types);
  }

  void take_trust_list(const std::string& name, const std::string& path, const Properties& properties,
                       const PublishedGroup& published) {
    dbus::RemoteTrustList list(connection_, path);
    const auto [specified, trusted, trusted_crls, issuers, issuer_crls] = list.GetTrustList(all_lists, {});
    const TrustListView shown{trusted, trusted_crls, issuers, issuer_crls};
    published.require_trust_list(shown);
    add_trust_list(view_, name, shown);
    add(view_, name, properties,
        {"LastUpdateTime", "UpdateFrequency", "DefaultValidationOptions", "Intact", "MaxTrustListSize"});
  }

  void take_description() {
    dbus::RemoteAgent agent(connection_, dbus::kRootPath);
    const auto description = nlohmann::json::parse(agent.Describe());
    for (const auto& application : description.at("applications"))
      for (const auto& [group, described] : application.at("groups").items())
        for (const auto& slot : described.value("slots", nlohmann::json::array()))
          view_[fmt::format("{}/{} {} retired", application.at("name").get<std::string>(), group,
                            slot.at("certificate-type").get<std::string>())] =
              std::to_string(slot.at("retired-keys").size());
  }

  void require_no_leftovers() {
    const auto deadline = std::chrono::steady_clock::now() + removal_patience;
    std::string left = leftover();
    while (!left.empty() && std::chrono::steady_clock::now() < deadline) {
      (void)managed_objects(connection_);
      left = leftover();
    }
    if (!left.empty()) throw Mixed("left over: " + left);
  }

  // Something that no generation has; empty where there is nothing.
  std::string leftover() const {
    for (const auto& entry : fs::directory_iterator(device_.published())) {
      const std::string name = entry.path().filename();
      if (name.starts_with('.') ? !fs::is_empty(entry) : !published_.contains(name)) return entry.path();
      if (name.starts_with('.')) continue;
      for (const auto& group : fs::directory_iterator(entry))
        if (!published_.at(name).contains(group.path().filename())) return group.path();
    }
    for (const auto& entry : fs::directory_iterator(device_.database().parent_path()))
      if (const std::string name = entry.path().filename(); name != "lock" && !name.starts_with("state.db"))
        return entry.path();
    return {};
  }

  const Device& device_;
  sdbus::IConnection& connection_;
  ProgramKeys keys_;
  View view_;
  std::map<std::string, std::set<std::string>> published_;  // groups by application
};

constexpr const char* nothing = "";

std::string value_of(const View& view, const std::string& key) {
  const auto found = view.find(key);
  return found == view.end() ? nothing : found->second;
}

bool is_after(const std::string& now, const std::string& before, const std::string& after) {
  return after == kAnother ? now != before : now == after;
}

}  // namespace

std::string text_of(const sdbus::Variant& value) {
  if (value.containsValueOfType<std::string>()) return value.get<std::string>();
  if (value.containsValueOfType<bool>()) return value.get<bool>() ? "true" : "false";
  if (value.containsValueOfType<std::uint16_t>()) return std::to_string(value.get<std::uint16_t>());
  if (value.containsValueOfType<std::uint32_t>()) return std::to_string(value.get<std::uint32_t>());
  if (value.containsValueOfType<std::uint64_t>()) return std::to_string(value.get<std::uint64_t>());
  if (value.containsValueOfType<double>()) return std::to_string(value.get<double>());
  if (value.containsValueOfType<std::vector<std::string>>())
    return fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), " "));
  throw std::logic_error("a property of another type");
}

void when_seal_is_open(const std::function<void()>& call) {
  const auto deadline = std::chrono::steady_clock::now() + seal_patience;
  while (true) try {
      return call();
    } catch (const sdbus::Error& error) {
      if (!waits_for_seal(error) || std::chrono::steady_clock::now() > deadline) throw;
    }
}

void wait_for_seal(sdbus::IConnection& connection) {
  when_seal_is_open([&] {
    for (const auto& [path, interfaces] : managed_objects(connection))
      if (interfaces.contains("org.edgeseal.TrustList1"))
        (void)dbus::RemoteTrustList(connection, path).GetTrustList(all_lists, {});
  });
}

View look(const Device& device, sdbus::IConnection& connection) {
  return Look(device, connection).take();
}

Side side_of(const View& view, const View& before, const View& after) {
  if (view == before) return Side::before;
  std::set<std::string> keys;
  for (const View* each : {&view, &before, &after})
    for (const auto& [key, value] : *each) keys.insert(key);
  std::string differences;
  for (const std::string& key : keys) {
    const std::string now = value_of(view, key), was = value_of(before, key), wanted = value_of(after, key);
    if (!is_after(now, was, wanted))
      differences += fmt::format("\n    {}: \"{}\"; before \"{}\", after \"{}\"", key, now, was, wanted);
  }
  if (!differences.empty()) throw Mixed("neither before nor after:" + differences);
  return Side::after;
}

void add_chain(View& view, const std::string& group, const std::string& type, const std::vector<Der>& chain) {
  for (std::size_t k = 0; k < chain.size(); ++k)
    view[fmt::format("{} {} certificate {}", group, type, k)] = fingerprint(chain[k]);
}

void add_trust_list(View& view, const std::string& group, const TrustListView& list) {
  const std::array<std::pair<const char*, const std::vector<Der>*>, 4> lists{{{"trusted", &list.trusted},
                                                                              {"trusted CRLs", &list.trusted_crls},
                                                                              {"issuers", &list.issuers},
                                                                              {"issuer CRLs", &list.issuer_crls}}};
  for (const auto& [kind, entries] : lists)
    view[group + " " + kind] = fmt::format("{} {}", entries->size(), fingerprint(*entries));
}

std::string fingerprint(const Der& bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + 8, ""));
}

std::string fingerprint(const std::vector<Der>& list) {
  std::vector<Der> sorted = list;
  std::ranges::sort(sorted);
  Der all;
  for (const Der& entry : sorted) all.insert(all.end(), entry.begin(), entry.end());
  return fingerprint(all);
}

}  // namespace edgeseal::crash
