#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/background_worker.h"
#include "agent/certificates/transactions.h"
#include "agent/keys/key_service.h"
#include "agent/publication/publication.h"
#include "agent/state/state.h"
#include "dbus/ports.h"

namespace edgeseal::agent {

// Who reads what the application publishes.
[[nodiscard]] Readers readers_of(const ApplicationRecord& application);

// The programs whose security the agent manages: made over the bus or declared in files, kept in the state, published.
class Applications {
 public:
  // The trust list of a group, as it is in use. May throw Error: then the group can't be published yet.
  using TrustListOf = std::function<TrustList(const dbus::GroupName&)>;

  Applications(State& state, KeyService& keys, Publication& publication, BackgroundWorker& background,
               TrustListOf trust_list_of)
      : state_(state),
        keys_(keys),
        publication_(publication),
        background_(background),
        trust_list_of_(std::move(trust_list_of)) {}

  // Told of what stands in the published directories from now on; before the first publication, of what will.
  struct PublicationObserver {
    std::function<void(const ApplicationRecord& application)> expected;
    std::function<void(const ApplicationRecord& application, PublishedGroup group)> published;
    std::function<void(const std::string& application)> removed;
    std::function<void(const std::string& application)> deleted{};  // its directory is still there
  };
  void observe(PublicationObserver observer);
  // Told where something could not be published: publish_missing() is to be called again.
  void when_missing(std::function<void()> missing) { missing_ = std::move(missing); }
  // What stands there since the last run, as the state has it. A group that can't be told is logged.
  void tell_published();

  // Missing members get their defaults first. Throws Error{invalid_argument, entry_exists}.
  ApplicationRecord create(ApplicationRecord application);
  // A declaration of a file: made, or changed to what the file says. Keys and certificates stay.
  void declare(ApplicationRecord application);
  // Who may use the keys, from the next use on. False where the rule was there already, in these words, or was not
  // there. Throws Error{not_found, invalid_argument}; Error{invalid_state} where a file declares the application.
  bool add_access_rule(const std::string& name, const std::string& rule);
  bool remove_access_rule(const std::string& name, const std::string& rule);
  // Applications of files that are gone lose their access rules and can be deleted; keys and certificates stay. They
  // are not those of the bus: their files are asked for.
  void withdraw_undeclared(const std::vector<ApplicationRecord>& declared);
  // With its keys and certificates; its directory is left to publish_missing(), and what is in work there to
  // CertificateGroups::remove(). Throws Error{not_found}; Error{invalid_state} where a file declares it.
  void remove(const std::string& name);

  [[nodiscard]] std::vector<ApplicationRecord> list() { return state_.applications(); }
  [[nodiscard]] std::optional<ApplicationRecord> find(const std::string& name) { return state_.application(name); }
  [[nodiscard]] ApplicationRecord get(const std::string& name);  // throws Error{not_found}

  [[nodiscard]] std::string directory(const std::string& name, const std::string& group) const {
    return publication_.directory(name, group);
  }
  // All that a group shows; `staged` takes the place of what the state has, what stands in its directory that of a
  // damaged certificate.
  [[nodiscard]] PublishedGroup published(const dbus::GroupName& group, const StagedChanges& staged = {});

  // The next generations of some groups of an application, which nobody sees yet.
  struct Generations {
    ApplicationRecord application;  // for which they were made
    std::vector<PublishedGroup> shown;
    std::map<std::string, Publication::Generation> by_group{};
  };
  using GenerationsPtr = std::shared_ptr<Generations>;
  // Made in the background, for a trust list may be long. As long as they live, publish_missing() leaves the
  // application alone.
  void prepare(const std::string& name, const std::set<std::string>& groups, const StagedChanges& staged,
               Answer<GenerationsPtr> answer);
  // Once the state is what they show. What fails is logged and left to publish_missing().
  void publish(GenerationsPtr generations);
  // What others did to the directory of a group is gone after that. Answers Error{busy} while it is being prepared
  // anyway.
  void publish_again(const dbus::GroupName& group, Answer<std::monostate> answer);
  // Brings directories up to the state that a crash or a full disk left behind; what fails is logged and tried again at
  // the next call. Done when this returns, for the call that made or changed an application answers that it is so: one
  // application's groups then. Before the agent is ready, all that is missing.
  void publish_missing();
  // Of that the directory of one deleted application alone, where it is still due.
  void remove_missing(const std::string& name);

 private:
  [[nodiscard]] std::optional<PublishedSlot> shown_as(const CertificateRecord& record);
  [[nodiscard]] std::optional<PublishedSlot> shown(const Slot& slot);
  [[nodiscard]] bool being_prepared(const std::string& name) const;
  [[nodiscard]] bool is_current(const dbus::GroupName& group, const PublishedGroup& shown);
  void publish_missing(const dbus::GroupName& group);
  void put(const ApplicationRecord& application);
  void change_access(const ApplicationRecord& application, const std::string& rule, std::string_view may);
  void mark_published_after(const dbus::GroupName& group, const std::function<void()>& step);

  State& state_;
  KeyService& keys_;
  Publication& publication_;
  BackgroundWorker& background_;
  const TrustListOf trust_list_of_;
  PublicationObserver observer_;
  std::function<void()> missing_ = [] {};
  std::map<std::string, std::weak_ptr<Generations>> being_prepared_;  // by application
};

// Those of its slots and those with a trust list alone, each once.
[[nodiscard]] std::vector<std::string> group_names(const ApplicationRecord& application);

}  // namespace edgeseal::agent
