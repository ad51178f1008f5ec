#include "agent/trust/trust_list_changes.h"

#include <fmt/format.h>

#include <cmath>

#include "agent/group_name.h"

namespace edgeseal::agent {

namespace {

constexpr ValidationOptions known_options = (check_revocation_status_offline << 1) - 1;

void require_closed(const dbus::GroupName& group, const TrustListFiles& files) {
  if (files.open_for_writing(group))
    throw Error(Code::invalid_state,
                fmt::format("the trust list of {} is open for writing; close it first", name_of(group)));
}

std::optional<std::chrono::milliseconds> update_frequency(const dbus::TrustListOptions& options) {
  if (!options.update_frequency) return std::nullopt;
  const double frequency = *options.update_frequency;
  if (!(frequency >= 0 && frequency <= static_cast<double>(dbus::kLongestUpdateFrequency.count())))
    throw Error(Code::invalid_argument,
                "the update frequency is a number of milliseconds from 0 to those of ten years");
  return std::chrono::milliseconds(std::llround(frequency));
}

std::optional<ValidationOptions> validation_options(const dbus::TrustListOptions& options) {
  if (options.default_validation_options && (*options.default_validation_options & ~known_options) != 0)
    throw Error(Code::invalid_argument,
                fmt::format("the validation options are a sum of bits 0 to 6, at most {}", known_options));
  return options.default_validation_options;
}

}  // namespace

const CheckedTrustList* TrustListChanges::staged(const dbus::GroupName& group) const {
  const StagedChanges* changes = transactions_.staged(group.application);
  return changes == nullptr ? nullptr : changes->trust_list(group.group);
}

TrustStorePtr TrustListChanges::present(const dbus::GroupName& group) const {
  const CheckedTrustList* list = staged(group);
  return list == nullptr ? lists_.store(group) : list->store;
}

void TrustListChanges::replace(const TransactionOwner& owner, const dbus::GroupName& group, const TrustList& change) {
  transactions_.require_free(owner, group.application);
  put(owner, group, merge(present(group)->list(), change));
}

void TrustListChanges::add(const TransactionOwner& owner, const dbus::GroupName& group, ByteView certificate,
                           bool is_trusted) {
  transactions_.require_free(owner, group.application);
  require_closed(group, files_);
  put(owner, group, with_certificate(*present(group), certificate, is_trusted));
}

void TrustListChanges::remove(const TransactionOwner& owner, const dbus::GroupName& group, std::string_view thumbprint,
                              bool is_trusted) {
  transactions_.require_free(owner, group.application);
  require_closed(group, files_);
  put(owner, group, without_certificate(*present(group), thumbprint, is_trusted));
}

void TrustListChanges::set_options(const TransactionOwner& owner, const dbus::GroupName& group,
                                   const dbus::TrustListOptions& options) {
  transactions_.require_free(owner, group.application);
  const CheckedTrustList* list = staged(group);
  stage_(owner, group,
         lists_.with_options(list == nullptr ? lists_.present(group) : *list, update_frequency(options),
                             validation_options(options)));
}

// Options that are staged already stay.
void TrustListChanges::put(const TransactionOwner& owner, const dbus::GroupName& group, TrustList list) {
  CheckedTrustList checked = lists_.check(group, std::move(list), now_());
  if (const CheckedTrustList* before = staged(group))
    checked =
        lists_.with_options(std::move(checked), before->record.update_frequency, before->record.validation_options);
  stage_(owner, group, std::move(checked));
}

}  // namespace edgeseal::agent
