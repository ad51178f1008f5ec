#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/answer.h"
#include "agent/applications.h"
#include "agent/audit/audit.h"
#include "agent/certificates/certificate_groups.h"
#include "agent/configuration/configuration.h"
#include "agent/configuration/configuration_difference.h"
#include "agent/directories/adoption.h"
#include "agent/keys/pcr_policies.h"
#include "agent/renewal/enrolment.h"
#include "agent/setup/setup.h"
#include "agent/state/integrity_seal.h"
#include "agent/state/state.h"
#include "agent/state/state_anchor.h"
#include "agent/tpm_worker.h"
#include "agent/trust/trust_list_changes.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// What the files declare, put into force: at start as far as each of them goes, later for whoever may, where none of
// them has a mistake, and step by step: what was done stands. A declared trust list is what a group begins with: it
// goes into force by itself while setup is open and the group has none, so that an exchanged file changes no trust of a
// configured device, and else when somebody applies it; each declaration once, so that what was changed since stays.
// Loop's thread.
class Reconfiguration {
 public:
  struct Services {
    State& state;
    IntegritySeal& seal;
    const StateAnchor& anchor;
    Applications& applications;
    CertificateGroups& groups;
    Transactions& transactions;
    TrustLists& lists;
    TrustListChanges& changes;
    Adoption& adoption;
    Enrolment& enrolment;
    const Setup& setup;
    const Audit& audit;
    PcrPolicies& policies;
    TpmWorker& tpm;
  };
  struct World {
    std::function<State::Clock::time_point()> now;
    std::function<void(const ApplicationRecord&)> application_added;
    std::function<void(const std::string& name)> application_removed;
    std::function<void(const ApplicationRecord&)> access_changed;
    std::function<void(std::function<void()>)> afterwards;  // when objects that were added are on the bus
  };
  using Changes = std::vector<dbus::ConfigurationChange>;

  Reconfiguration(const Services& services, World world, const Configuration& started_with);

  // After the applications were declared: directories. What can't be adopted is logged.
  void start();
  // Declared trust lists that may go into force by themselves; when setup or the seal may have opened.
  void look();

  // Both read the files anew. Error{invalid_argument} has all mistakes, Error{invalid_state} the applications that
  // would go; apply() answers what else stands in its way, before anything is changed. It waits for what is just being
  // applied, and where trust lists are due for the TPM, which has to open their seal and to know the disk.
  [[nodiscard]] Changes plan(dbus::Undeclared undeclared);
  void apply(const dbus::Caller& caller, dbus::Undeclared undeclared, Answer<Changes> answer);

 private:
  // Of the trust lists of one application; at first boot no other application waits for somebody to mend them.
  enum class AfterFailure { end, go_on };
  struct Request {
    dbus::Caller caller;
    dbus::Undeclared undeclared;
    Answer<Changes> answer;
  };
  struct Run {
    dbus::Caller caller;
    ConfigurationDifference difference;
    Answer<Changes> answer;
    AfterFailure after_failure = AfterFailure::end;
    std::vector<dbus::GroupName> unpublished{};
    std::vector<std::vector<DeclaredTrustList>> lists{};  // of one application each
  };
  using RunPtr = std::shared_ptr<Run>;

  [[nodiscard]] bool is_adoptable(const AdoptedRecord& directory);
  [[nodiscard]] Declarations read() const;
  [[nodiscard]] DeclaredRecord declared_record() const;
  [[nodiscard]] ConfigurationDifference compare(const Declarations& declared);
  static void require_kept(const ConfigurationDifference& difference, dbus::Undeclared undeclared);
  void require_possible(const ConfigurationDifference& difference);
  void require_good(const DeclaredTrustList& declared);
  [[nodiscard]] static Error about(const std::vector<DeclaredTrustList>& lists, const Error& error);
  void take_turns();
  void begin(const Request& request);
  [[nodiscard]] bool tpm_has_spoken() const;
  void await_tpm(const Request& request);
  void carry_out(const Declarations& declared, const ConfigurationDifference& difference);
  void release(const std::vector<std::string>& paths);
  void adopt(const AdoptedRecord& directory);
  [[nodiscard]] std::vector<std::string> deletions_due(const Declarations& declared);
  void try_to_delete(const std::string& name);
  void delete_application(const std::string& name);
  void tell_application(const ConfigurationDifference& difference, const ApplicationRecord& application);
  [[nodiscard]] std::vector<dbus::GroupName> unpublished();
  void publish_next(const RunPtr& run);
  void publish_next_afterwards(const RunPtr& run);
  void put_all_lists(const RunPtr& run, const std::vector<DeclaredTrustList>& lists);
  void put_next_lists(const RunPtr& run);
  static void leave_out(Run& run, const std::vector<DeclaredTrustList>& lists, const Error& error);
  void put_lists(const std::vector<DeclaredTrustList>& lists, Answer<std::monostate> answer);
  void finish(const RunPtr& run);
  void fail(const RunPtr& run, const Error& error);
  void end(const RunPtr& run, const std::variant<Changes, Error>& outcome);
  void record_failure(const Run& run, const Error& error) const;
  [[nodiscard]] static Audit::Fields fields_of(const Run& run, const std::string& summary);
  [[nodiscard]] std::vector<DeclaredTrustList> first_lists();

  // No caller of the bus: nobody who leaves it takes the transaction along.
  inline static const TransactionOwner owner_{"configuration"};

  const Services services_;
  const World world_;
  const ConfigurationPlace place_;
  const std::map<std::string, std::string> settings_;  // of edgeseal.toml, as the agent runs
  Declarations declared_;                              // of the last reading that was carried out
  std::weak_ptr<Run> run_;
  std::deque<Request> waiting_;     // for the end of the run
  std::vector<Request> undecided_;  // wait for the TPM to know the disk
};

}  // namespace edgeseal::agent
