#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "agent/audit/audit.h"
#include "agent/log_limit.h"
#include "agent/state/state.h"
#include "agent/trust/trust_lists.h"
#include "agent/trust/validation.h"

namespace edgeseal::agent {

// Judges the certificates that peers show to the programs of a group: by its trust list and its validation options.
// What is suppressed and what fails is audited; who fails goes on the rejected list. Loop's thread.
class PeerValidation {
 public:
  struct Settings {
    MinimumStrength strength;
    std::size_t rejected = 32;  // of a group
  };
  struct Question {
    Purpose purpose = Purpose::application;
    std::string host_name, application_uri;
  };

  struct World {
    std::function<std::chrono::system_clock::time_point()> now;
    // While it is, any client may connect to a group whose list is empty (OPC 10000-12 §7.5).
    std::function<bool()> setup_is_open;
    std::function<void(const dbus::GroupName& group)> rejected_changed{};  // empty: nobody hears of it
  };

  PeerValidation(State& state, TrustLists& lists, const Audit& audit, const Settings& settings, World world);

  // Answers what was suppressed; throws Error with the code of the step that failed, and Error{tpm_unavailable} while
  // the list of the group can't be checked.
  std::vector<Finding> judge(const dbus::GroupName& group, std::span<const Bytes> chain, const Question& question);
  [[nodiscard]] std::vector<RejectedRecord> rejected(const dbus::GroupName& group) const;

  // A certificate for the group itself (OPC 10000-12 §7.10.5), by `store`, which may be a staged list. `strict`:
  // nothing is suppressed; otherwise what the options of a list can suppress is, and is audited. Throws Error.
  void judge_own(const TrustStore& store, const dbus::GroupName& group, std::span<const Bytes> chain,
                 const std::string& application_uri, bool strict);

 private:
  [[nodiscard]] Verdict validate_and_audit(const TrustStore& store, const dbus::GroupName& group,
                                           std::span<const Bytes> chain, const ValidationRequest& request) const;
  [[nodiscard]] bool is_first_contact(const TrustList& list, const Question& question, const Finding& reason) const;
  void admit(const dbus::GroupName& group, const Bytes& certificate) const;
  void reject(const dbus::GroupName& group, std::span<const Bytes> chain, const Finding& reason);

  State& state_;
  TrustLists& lists_;
  const Audit& audit_;
  const Settings settings_;
  const World world_;
  // By group: peers are strangers of the network, and each on the rejected list is a write to the disk, in the loop.
  LogLimit writes_{{32, std::chrono::seconds(1)}};
};

[[nodiscard]] Purpose purpose_of_group(const std::string& group);  // of the peers of a group
// "application", "https-server", "https-client", "tls", "user". Throws Error{invalid_argument}.
[[nodiscard]] Purpose parse_purpose(const std::string& name);

}  // namespace edgeseal::agent
