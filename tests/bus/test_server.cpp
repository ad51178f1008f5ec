#include "tests/bus/test_server.h"

#include <algorithm>

#include "dbus/compat.h"
#include "tests/bus/bus_client.h"

namespace edgeseal::test {
namespace {

constexpr const char* kInterface = "org.edgeseal.ServerConfiguration1";

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

class TestServer::Configuration final : public sdbus::ProxyInterfaces<org::edgeseal::ServerConfiguration1_proxy> {
 public:
  Configuration(TestServer& server, const std::string& path)
      : ProxyInterfaces(server.connection_, dbus::compat::ServiceName(dbus::kBusName), sdbus::ObjectPath(path)) {
    using Texts = std::vector<std::string>;
    getProxy()
        .uponSignal("ChangesApplied")
        .onInterface(kInterface)
        .call([&server](const Texts& groups, const Texts& lists) { server.changes_applied(groups, lists); });
    getProxy()
        .uponSignal("ShutdownRequested")
        .onInterface(kInterface)
        .call([&server](const std::uint32_t& seconds, const std::string& reason) {
          server.events_.push_back("shutdown in " + std::to_string(seconds) + " s: " + reason);
        });
    registerProxy();
  }
  ~Configuration() { unregisterProxy(); }
};

TestServer::TestServer(sdbus::IConnection& connection, const std::string& application, const std::string& group)
    : connection_(connection),
      group_name_(group),
      configuration_(std::make_unique<Configuration>(*this, dbus::application_path(application))),
      list_(connection, dbus::group_path({application, group})),
      calls_(sdbus::createProxy(connection, dbus::compat::ServiceName(dbus::kBusName),
                                sdbus::ObjectPath(dbus::application_path(application)))) {
  read_certificate();
}

TestServer::~TestServer() = default;

TestServer::Options TestServer::for_session(const std::string& session) {
  return {{"session", sdbus::Variant(session)},
          {"security-mode", sdbus::Variant(std::string("sign-and-encrypt"))},
          {"roles", sdbus::Variant(std::vector<std::string>{"SecurityAdmin"})}};
}

bool TestServer::trusts(const ByteArray& peer) {
  return error_of([&] { list_.Validate({peer}, {}); }).empty();
}

bool TestServer::open(const std::string& name, const ByteArray& peer) {
  if (!trusts(peer)) return false;
  channels_.push_back({name, peer, certificate_});
  return true;
}

const TestServer::Channel& TestServer::channel(const std::string& name) const {
  return *std::ranges::find(channels_, name, &Channel::name);
}

void TestServer::read_certificate() {
  const auto [types, certificates] = configuration_->GetCertificates(group_name_, {});
  certificate_ = certificates.empty() ? ByteArray{} : certificates.front();
}

void TestServer::changes_applied(const std::vector<std::string>& groups, const std::vector<std::string>& lists) {
  events_.emplace_back("changes applied");
  const bool new_certificate = contains(groups, group_name_);
  if (new_certificate) read_certificate();
  for (auto& channel : channels_) {
    if (!channel.open) continue;
    if (contains(lists, group_name_) && !trusts(channel.peer)) {
      channel.open = false;
      events_.push_back("closed " + channel.name);
    } else if (new_certificate) {
      channel.own = certificate_;
      events_.push_back("renegotiated " + channel.name);
    }
  }
}

// Without waiting, so that answer and signals are seen in the order in which they come.
void TestServer::call_later(const char* method, const Options& options) {
  calls_->callMethodAsync(method)
      .onInterface(kInterface)
      .withArguments(options)
      .uponReplyInvoke([this, method](dbus::compat::AsyncError error) {
        events_.push_back((error ? "error of " : "answer ") + std::string(method));
      });
}

void TestServer::apply_changes(const std::string& session, Options more) {
  more.merge(for_session(session));
  call_later("ApplyChanges", more);
}

void TestServer::reset(const std::string& session) {
  call_later("ResetToServerDefaults", for_session(session));
}

bool TestServer::push_certificate(const std::string& session, const ByteArray& certificate) {
  return configuration_->UpdateCertificate(group_name_, "https", certificate, {}, "", {}, for_session(session));
}

void TestServer::trust(const std::string& session, const ByteArray& certificate) {
  list_.AddCertificate(certificate, true, for_session(session));
}

void TestServer::distrust(const std::string& session, const std::string& thumbprint) {
  list_.RemoveCertificate(thumbprint, true, for_session(session));
}

bool TestServer::heard(const std::string& event) const {
  return contains(events_, event);
}

}  // namespace edgeseal::test
