#pragma once

#include <string>

#include "agent/audit/audit.h"
#include "agent/certificates/transactions.h"

namespace edgeseal::agent {

// What an auditor is told of changes to certificates and trust lists: that they were asked for, and what became of them
// (OPC 10000-12 §7.10.26 and after).
class ChangeAudit {
 public:
  explicit ChangeAudit(const Audit& audit) : audit_(audit) {}

  void certificate_requested(const TransactionOwner& owner, const Slot& slot) const;
  void trust_list_requested(const TransactionOwner& owner, const dbus::GroupName& group) const;
  void applied(const TransactionOwner& owner, const StagedChanges& changes) const;
  void failed(const TransactionOwner& owner, const StagedChanges& changes, const Error& error) const;
  void rolled_back(const std::string& application) const;

 private:
  const Audit& audit_;
};

}  // namespace edgeseal::agent
