#pragma once

#include <functional>
#include <string_view>

#include "agent/certificates/transactions.h"
#include "agent/trust/trust_list_files.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// The ways in which a trust list is changed (OPC 10000-12 §7.8.2): each begins with what the transaction of the
// application has staged already, checks the whole, and stages it. Nothing is staged where it throws. Loop's thread.
class TrustListChanges {
 public:
  using Stage = std::function<void(const TransactionOwner& owner, const dbus::GroupName& group, CheckedTrustList list)>;
  using Now = std::function<State::Clock::time_point()>;

  TrustListChanges(TrustLists& lists, const Transactions& transactions, const TrustListFiles& files, Now now,
                   Stage stage)
      : lists_(lists), transactions_(transactions), files_(files), now_(std::move(now)), stage_(std::move(stage)) {}

  // Those lists that `change` specifies take the place of the present ones (§7.8.2.5).
  void replace(const TransactionOwner& owner, const dbus::GroupName& group, const TrustList& change);
  // Both throw Error{invalid_state}, too, while the list is open for writing (§7.8.2.6, §7.8.2.7).
  void add(const TransactionOwner& owner, const dbus::GroupName& group, ByteView certificate, bool is_trusted);
  void remove(const TransactionOwner& owner, const dbus::GroupName& group, std::string_view thumbprint,
              bool is_trusted);
  void set_options(const TransactionOwner& owner, const dbus::GroupName& group, const dbus::TrustListOptions& options);

 private:
  [[nodiscard]] const CheckedTrustList* staged(const dbus::GroupName& group) const;
  [[nodiscard]] TrustStorePtr present(const dbus::GroupName& group) const;  // with what is staged
  void put(const TransactionOwner& owner, const dbus::GroupName& group, TrustList list);

  TrustLists& lists_;
  const Transactions& transactions_;
  const TrustListFiles& files_;
  const Now now_;
  const Stage stage_;
};

}  // namespace edgeseal::agent
