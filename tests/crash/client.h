#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/trust/trust_list.h"
#include "dbus/client.h"
#include "tests/crash/view.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::crash {

// The plant's PKI: signs what the device asks for, and is what it may trust.
class Plant {
 public:
  Plant();

  // The authority that is to follow, and what the present one says for it (RFC 9810 §4.4).
  struct Successor {
    Der root, link;
  };
  [[nodiscard]] Successor next() const;
  enum class By { present, next };
  // A certificate for the key of a PKCS#10 request.
  [[nodiscard]] Der certify(const Der& request, const std::string& application_uri, By by = By::present) const;
  // A key that was made elsewhere, with its certificate.
  struct Pair {
    Der key, certificate;  // PKCS#8, X.509
  };
  [[nodiscard]] Pair make_pair(const std::string& application_uri) const;
  [[nodiscard]] Der authority() const;
  // The authority with its CRL; and with those of its partners.
  [[nodiscard]] const agent::TrustList& own_list() const { return own_list_; }
  [[nodiscard]] const agent::TrustList& full_list() const { return full_list_; }

 private:
  test::Authority authority_;
  std::shared_ptr<EVP_PKEY> next_key_;
  test::Authority next_, link_;  // the same key, signed by itself and by the present one
  agent::TrustList own_list_, full_list_;
};

struct SlotName {
  std::string application, group, type;
};

// An administrator with a connection of his own to the bus. Calls throw sdbus::Error.
class Client {
 public:
  explicit Client(const Plant& plant);

  [[nodiscard]] sdbus::IConnection& connection() { return *connection_; }
  [[nodiscard]] const Plant& plant() const { return plant_; }
  // Until it takes all calls.
  void wait_until_ready();
  // Until the agent has answered, what it does for earlier calls is done or under way.
  void wait_for_answer();

  void create(const std::string& application, const std::vector<std::string>& slots);
  void remove(const std::string& application);
  // A new key, requested, certified and staged; says in `change` what that will change.
  void stage_certificate(const SlotName& slot, Change& change);
  void apply(const std::string& application, const std::map<std::string, sdbus::Variant>& options = {});
  // The same with a key from outside.
  void stage_pair(const SlotName& slot, Change& change);
  void stage_deletion(const SlotName& slot);
  void stage_list(const dbus::GroupName& group, const agent::TrustList& list, Change& change);
  // The same as a file.
  void write_list(const dbus::GroupName& group, const agent::TrustList& list, Change& change);
  void confirm(const std::string& application);
  void reset(const std::string& application);
  void destroy_retired(const SlotName& slot);
  // stage_certificate() and apply(), where something waits to be confirmed after its confirmation.
  void renew(const SlotName& slot);

 private:
  [[nodiscard]] dbus::RemoteServerConfiguration configuration(const std::string& application) {
    return {*connection_, dbus::application_path(application)};
  }
  void push(const SlotName& slot, const Der& certificate, const std::map<std::string, sdbus::Variant>& options,
            Change& change);

  const Plant& plant_;
  std::unique_ptr<sdbus::IConnection> connection_;
};

[[nodiscard]] std::string application_uri(const std::string& application);

}  // namespace edgeseal::crash
