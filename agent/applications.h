#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/key_service.h"
#include "agent/publication.h"
#include "agent/state.h"

namespace edgeseal::agent {

// The programs whose security the agent manages: made over the bus or declared in files, kept in the state, published.
class Applications {
 public:
  Applications(State& state, KeyService& keys, Publication& publication)
      : state_(state), keys_(keys), publication_(publication) {}

  // Missing members get their defaults first. Throws Error{invalid_argument, entry_exists}.
  ApplicationRecord create(ApplicationRecord application);
  // A declaration of a file: made, or changed to what the file says. Keys and certificates stay.
  void declare(ApplicationRecord application);
  // Who may use the keys, from the next use on. False where the rule was there already, in these words, or was not
  // there. Throws Error{not_found, invalid_argument}; Error{invalid_state} where a file declares the application.
  bool add_access_rule(const std::string& name, const std::string& rule);
  bool remove_access_rule(const std::string& name, const std::string& rule);
  // Applications of files that are gone lose their access rules and can be deleted; keys and certificates stay.
  void withdraw_undeclared(const std::vector<ApplicationRecord>& declared);
  // With its keys, certificates and published directory. Throws Error{not_found}; Error{not_supported} where a file
  // declares it.
  void remove(const std::string& name);

  [[nodiscard]] std::vector<ApplicationRecord> list() { return state_.applications(); }
  [[nodiscard]] ApplicationRecord get(const std::string& name);  // throws Error{not_found}

  [[nodiscard]] std::string directory(const std::string& name, const std::string& group) const {
    return publication_.directory(name, group);
  }
  // The next generation of a group; `staged` takes the place of what the state has.
  [[nodiscard]] Publication::Generation prepare(const std::string& name, const std::string& group,
                                                const std::vector<CertificateRecord>& staged);
  // Shows a prepared generation. What fails is logged and left to publish_missing().
  void publish(const std::string& name, const std::string& group, Publication::Generation& generation);
  // Brings directories up to the state that a crash or a full disk left behind; what fails is logged and tried again at
  // the next call.
  void publish_missing();

 private:
  void validate(const ApplicationRecord& application) const;
  void change_access(const ApplicationRecord& application, const std::string& rule, std::string_view may);
  void mark_published_after(const std::string& name, const std::string& group, const std::function<void()>& step);

  State& state_;
  KeyService& keys_;
  Publication& publication_;
};

}  // namespace edgeseal::agent
