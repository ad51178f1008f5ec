#include "tests/bench/gateway.h"

#include <fmt/format.h>

#include <fstream>

#include "dbus/client.h"
#include "tests/bench/plant.h"

namespace edgeseal::bench {
namespace {

using Der = std::vector<std::uint8_t>;
using RequestPtr = std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)>;

Der certify_request(const Der& request) {
  const unsigned char* cursor = request.data();
  const RequestPtr parsed(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(request.size())), X509_REQ_free);
  if (!parsed) throw std::runtime_error("the agent's signing request does not parse");
  const fakes::Bytes der = fakes::der_of(certificate_for(X509_REQ_get0_pubkey(parsed.get())).get());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(der.data());
  return {bytes, bytes + der.size()};
}

}  // namespace

Gateway::Gateway() {
  std::ofstream(openssl_configuration()) << fmt::format(
      "openssl_conf = main\nconfig_diagnostics = 1\n[main]\nproviders = providers\n"
      "[providers]\ndefault = default_provider\nedgeseal = edgeseal_provider\n[default_provider]\nactivate = 1\n"
      "[edgeseal_provider]\nmodule = {}\nsocket = {}\nactivate = 1\n",
      EDGESEAL_PROVIDER_MODULE, AgentProcess::key_socket(directory_.path()).native());
}

void Gateway::start_agent(const std::string& tcti) {
  agent_.reset();
  agent_.emplace(directory_.path(), tcti);
}

void Gateway::certify(const std::string& application, const std::string& key, const std::vector<std::string>& access) {
  const auto connection = sdbus::createSystemBusConnection();
  dbus::RemoteAgent agent(*connection, "/org/edgeseal");
  const std::string path = agent.CreateApplication(
      application,
      {{"slots", sdbus::Variant(std::vector<std::string>{"https/https=" + key})}, {"access", sdbus::Variant(access)}});
  dbus::RemoteGroup group(*connection, path + "/https");
  (void)group.UpdateCertificate("https", certify_request(group.CreateSigningRequest("https", {})), {}, {});
  group.ApplyChanges({});
}

}  // namespace edgeseal::bench
