#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbus/client.h"
#include "tests/crash/view.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::crash {

// The plant's PKI: signs what the device asks for, and is what it may trust.
class Plant {
 public:
  Plant();

  // A certificate for the key of a PKCS#10 request.
  [[nodiscard]] Der certify(const Der& request, const std::string& application_uri) const;
  [[nodiscard]] Der authority() const;
  // Authorities with their CRLs, of which none is that of certify().
  struct List {
    std::vector<Der> certificates, crls;
  };
  [[nodiscard]] const List& partners() const { return partners_; }

 private:
  test::Authority authority_;
  List partners_;
};

struct SlotName {
  std::string application, group, type;
};

// An administrator with a connection of his own to the bus. Calls throw sdbus::Error.
class Client {
 public:
  explicit Client(const Plant& plant) : plant_(plant), connection_(sdbus::createSystemBusConnection()) {}

  [[nodiscard]] sdbus::IConnection& connection() { return *connection_; }
  // Until the agent has answered, what it does for earlier calls is done or under way.
  void wait_for_answer();

  void create(const std::string& application, const std::vector<std::string>& slots);
  void remove(const std::string& application);
  // A new key, requested, certified and staged; says in `change` what that will change.
  void stage_certificate(const SlotName& slot, Change& change);
  void apply(const std::string& application, const std::map<std::string, sdbus::Variant>& options = {});
  void destroy_retired(const SlotName& slot);
  // stage_certificate() and apply().
  void renew(const SlotName& slot);

 private:
  const Plant& plant_;
  std::unique_ptr<sdbus::IConnection> connection_;
};

[[nodiscard]] std::string application_uri(const std::string& application);

}  // namespace edgeseal::crash
