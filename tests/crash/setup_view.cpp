#include "tests/crash/setup_view.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

namespace edgeseal::crash {
namespace {

using Item = std::map<std::string, sdbus::Variant>;

constexpr std::chrono::minutes tpm_patience{1};
constexpr std::array tries = {"setup RemainingTries", "bundle RemainingTries"};

struct Shown {
  const char* object;
  const char* interface;
  std::vector<const char*> properties;
};
const std::array shown = {
    Shown{"setup", "Setup1", {"State", "PasswordWanted", "RemainingTries", "LimitedFunction"}},
    Shown{"staged", "Staging1", {"State", "Group"}},
    Shown{"bundle", "Bundle1", {"Session", "RemainingTries", "Source", "ServerUrl", "ServerPort", "Verifying"}}};

Item properties_of(sdbus::IConnection& connection, const std::string& interface) {
  const auto proxy =
      sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(dbus::kRootPath));
  Item properties;
  proxy->callMethod("GetAll")
      .onInterface("org.freedesktop.DBus.Properties")
      .withArguments("org.edgeseal." + interface)
      .storeResultsTo(properties);
  return properties;
}

std::string entries_of(const sdbus::Variant& staged) {
  std::string text;
  for (const Item& entry : staged.get<std::vector<Item>>()) text += entry.at("sha256").get<std::string>() + " ";
  return text;
}

// Of a password, or a bundle, that waits: none are left for the moment in which the TPM has not been asked.
bool knows_tries(sdbus::IConnection& connection) {
  const Item setup = properties_of(connection, "Setup1"), bundle = properties_of(connection, "Bundle1");
  const bool password = setup.at("PasswordWanted").get<bool>(), pin = !bundle.at("Session").get<std::string>().empty();
  return (!password || setup.at("RemainingTries").get<std::uint32_t>() > 0) &&
         (!pin || bundle.at("RemainingTries").get<std::uint32_t>() > 0);
}

bool has_heard(sdbus::IConnection& connection) {
  dbus::RemoteAgent agent(connection, dbus::kRootPath);
  const auto description = nlohmann::json::parse(agent.Describe());
  return description.at("anchor").at("finding") != "unchecked" &&
         agent.Reason().find("has not confirmed") == std::string::npos &&
         dbus::RemoteStaging(connection, dbus::kRootPath).State() != "unknown" && knows_tries(connection);
}

}  // namespace

void wait_for_setup(sdbus::IConnection& connection) {
  const auto deadline = std::chrono::steady_clock::now() + tpm_patience;
  while (!has_heard(connection))
    if (std::chrono::steady_clock::now() > deadline)
      throw Mixed("the agent says nothing of setup: " + dbus::RemoteAgent(connection, dbus::kRootPath).Reason());
}

void take_setup(sdbus::IConnection& connection, View& view) {
  for (const Shown& each : shown) {
    const Item properties = properties_of(connection, each.interface);
    for (const char* name : each.properties)
      view[fmt::format("{} {}", each.object, name)] = text_of(properties.at(name));
    if (const auto staged = properties.find("Staged"); staged != properties.end())
      view["staged entries"] = entries_of(staged->second);
  }
}

bool is_configured(const View& view) {
  const std::string& state = view.at("setup State");
  return state == "operational" || state == "verifying";
}

View without_lost_tries(View view, const View& before, const View& after) {
  for (const char* each : tries) {
    if (view.at(each) == after.at(each)) continue;
    const unsigned long left = std::stoul(view.at(each)), had = std::stoul(before.at(each));
    if (left > 0 && left < had) view[each] = before.at(each);
  }
  return view;
}

}  // namespace edgeseal::crash
