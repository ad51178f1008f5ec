#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbus/client.h"
#include "dbus/compat.h"

namespace edgeseal::test {

// A server as docs/dbus.md wants it: it holds channels, hears ChangesApplied, shows new certificates from then on,
// renegotiates, and validates its peers again.
class TestServer {
 public:
  using ByteArray = std::vector<uint8_t>;
  using Options = std::map<std::string, sdbus::Variant>;
  struct Channel {
    std::string name;
    ByteArray peer;  // certificate
    ByteArray own;   // the certificate of the server that it was opened with
    bool open = true;
  };

  TestServer(sdbus::IConnection& connection, const std::string& application, const std::string& group);
  ~TestServer();

  // False: the peer isn't trusted.
  bool open(const std::string& name, const ByteArray& peer);
  [[nodiscard]] const Channel& channel(const std::string& name) const;
  // GetEndpoints and CreateSession show it.
  [[nodiscard]] const ByteArray& certificate() const { return certificate_; }

  // A client of the channel calls ServerConfiguration; what happened, in order: "answer ApplyChanges", "changes
  // applied", "closed NAME", "renegotiated NAME", "shutdown in 5 s: REASON".
  void apply_changes(const std::string& session, Options more = {});
  void reset(const std::string& session);
  bool push_certificate(const std::string& session, const ByteArray& certificate);
  void trust(const std::string& session, const ByteArray& certificate);
  void distrust(const std::string& session, const std::string& thumbprint);
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  [[nodiscard]] bool heard(const std::string& event) const;

  [[nodiscard]] static Options for_session(const std::string& session);

 private:
  class Configuration;
  [[nodiscard]] bool trusts(const ByteArray& peer);
  void read_certificate();
  void changes_applied(const std::vector<std::string>& groups, const std::vector<std::string>& lists);
  void call_later(const char* method, const Options& options);

  sdbus::IConnection& connection_;
  std::string group_name_;
  std::unique_ptr<Configuration> configuration_;
  dbus::RemoteTrustList list_;
  std::unique_ptr<sdbus::IProxy> calls_;
  std::vector<Channel> channels_;
  ByteArray certificate_;
  std::vector<std::string> events_;
};

}  // namespace edgeseal::test
