#pragma once

#include <map>
#include <string>

#include "audit/entry.h"

namespace edgeseal::agent {

// What the audit log says of itself, for the journal and the bus. Refers to `entry`.
class OwnEntry {
 public:
  // `link`: where it stands; sequence 0: it could not be written.
  OwnEntry(const audit::Entry& entry, const audit::Link& link) : entry_(entry), link_(link) {}

  void log() const;
  // As Audit::Listener is told: the fields and the message.
  [[nodiscard]] std::map<std::string, std::string> told() const;

 private:
  const audit::Entry& entry_;
  const audit::Link link_;
};

}  // namespace edgeseal::agent
