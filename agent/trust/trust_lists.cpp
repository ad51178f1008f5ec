#include "agent/trust/trust_lists.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/group_name.h"
#include "agent/trust/certificate_judgement.h"
#include "agent/trust/revocation.h"

namespace edgeseal::agent {

namespace {

constexpr std::string_view seal_kind = "trust-list";

dbus::GroupName group_of(const TrustListRecord& record) {
  return {record.application, record.group};
}

void put(Bytes& bytes, std::int64_t value) {
  const auto octets = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), octets.begin(), octets.end());
}

// What is sealed: all that the record says but whose it is, which is the name.
Bytes content_of(const TrustListRecord& record) {
  Bytes content = encode_trust_list(record.list);
  put(content, std::chrono::nanoseconds(record.last_update.time_since_epoch()).count());
  put(content, record.update_frequency.count());
  put(content, record.validation_options);
  return content;
}

TrustListRecord empty_record(const dbus::GroupName& group) {
  return {group.application, group.group};
}

// In the loop's thread: each CRL may have to be verified with every authority of its issuer's name, each of them
// parsed.
void take(std::size_t authorities, std::size_t& left) {
  if (authorities > left)
    throw Error(Code::request_too_large,
                fmt::format("for its CRLs more than {} signatures may have to be verified; remedy: give the newest CRL "
                            "of each authority alone, and no authorities of one name that are not used",
                            TrustLists::max_crl_signatures));
  left -= authorities;
}

void require_signed(const TrustStore& store, X509_CRL& crl, const char* list_name, std::size_t index,
                    std::size_t& signatures_left) {
  const auto issuers = store.certificates_of(*X509_CRL_get_issuer(&crl));
  take(issuers.size(), signatures_left);
  if (std::ranges::any_of(issuers, [&](const CertificatePtr& issuer) { return has_signed(*issuer, crl); })) return;
  throw Error(Code::certificate_invalid,
              fmt::format("number {} of the {}: no authority in the list has signed it", index + 1, list_name));
}

void require_signed(const TrustStore& store, const std::vector<Bytes>& crls, const char* list_name,
                    std::size_t& signatures_left) {
  for (std::size_t i = 0; i < crls.size(); ++i)
    require_signed(store, *parse_crl(crls[i]), list_name, i, signatures_left);
}

void require_strength(const CertificateOutline& certificate, ByteView der, const MinimumStrength& minimum) {
  auto strength = certificate.strength();
  if (!strength) strength = strength_of(*parse_certificate(der));
  if (const std::string weakness = weakness_of(*strength, minimum); !weakness.empty())
    throw Error(Code::certificate_policy_check_failed,
                fmt::format("{}: {}", subject_of(*parse_certificate(der)), weakness));
}

TrustStorePtr checked_store(TrustList list, const MinimumStrength& strength) {
  auto store = std::make_shared<const TrustStore>(
      std::move(list),
      [&](const CertificateOutline& certificate, ByteView der) { require_strength(certificate, der, strength); });
  std::size_t signatures_left = TrustLists::max_crl_signatures;
  require_signed(*store, store->list().trusted_crls, "trusted CRLs", signatures_left);
  require_signed(*store, store->list().issuer_crls, "issuer CRLs", signatures_left);
  return store;
}

}  // namespace

TrustLists::TrustLists(State& state, const IntegritySeal& seal, const Audit& audit, const Settings& settings,
                       std::function<void(const dbus::GroupName&)> changed)
    : state_(state), seal_(seal), audit_(audit), settings_(settings), changed_(std::move(changed)) {}

std::size_t TrustLists::max_size() const {
  return settings_.max_size == 0 ? max_size_ceiling : std::min(settings_.max_size, max_size_ceiling);
}

const TrustListRecord& TrustLists::record(const dbus::GroupName& group) {
  return load(group).record;
}

TrustStorePtr TrustLists::store(const dbus::GroupName& group) {
  return load(group).store;
}

bool TrustLists::intact(const dbus::GroupName& group) {
  return load(group).intact;
}

bool TrustLists::has_list(const dbus::GroupName& group) {
  const Loaded& loaded = load(group);
  return !loaded.intact || loaded.record.last_update != State::Clock::time_point{};
}

TrustLists::Loaded& TrustLists::load(const dbus::GroupName& group) {
  const auto found = loaded_.find(group);
  if (found != loaded_.end()) return found->second;
  const bool intact = loaded_.emplace(group, read(group)).first->second.intact;
  if (!intact && changed_) changed_(group);
  return load(group);  // it may have been forgotten meanwhile
}

TrustLists::Loaded TrustLists::read(const dbus::GroupName& group) {
  try {
    if (auto current = read(group, TrustListGeneration::current)) return *std::move(current);
    return {empty_record(group), std::make_shared<const TrustStore>(TrustList{}), true};
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed) throw;
    return replace_damaged(group);
  }
}

// Throws Error{security_checks_failed} for one that was damaged.
std::optional<TrustLists::Loaded> TrustLists::read(const dbus::GroupName& group, TrustListGeneration generation) {
  const auto damaged = [&](const std::string& how) {
    return Error(Code::security_checks_failed, fmt::format("the trust list of {}: {}", name_of(group), how));
  };
  std::optional<TrustListRecord> record;
  try {
    record = state_.trust_list(group.application, group.group, generation);
  } catch (const Error& error) {
    if (error.code() != Code::invalid_argument) throw;
    throw damaged(error.what());
  }
  if (!record) return std::nullopt;
  if (!holds(*record)) throw damaged("its seal does not hold");
  auto store = std::make_shared<const TrustStore>(record->list);
  return Loaded{*std::move(record), std::move(store), true};
}

TrustLists::Loaded TrustLists::replace_damaged(const dbus::GroupName& group) {
  std::optional<Loaded> previous;
  try {
    previous = read(group, TrustListGeneration::previous);
  } catch (const Error& damage) {
    if (damage.code() != Code::security_checks_failed) throw;
  }
  const std::string name = name_of(group);
  audit_.record(
      Level::error, "integrity-lost",
      previous ? fmt::format("the trust list of {} was changed behind the agent's back and is not used; the one before "
                             "it is in its place",
                             name)
               : fmt::format("the trust list of {} was changed behind the agent's back and there is none before it: it "
                             "trusts nobody until it is given a list",
                             name),
      {{"application", group.application}, {"group", group.group}, {"replaced-by", previous ? "previous" : "none"}});
  if (previous) state_.restore_previous_trust_list(group.application, group.group);
  Loaded loaded = previous ? *std::move(previous)
                           : Loaded{empty_record(group), std::make_shared<const TrustStore>(TrustList{}), false};
  loaded.intact = false;
  return loaded;
}

bool TrustLists::holds(const TrustListRecord& record) const {
  return seal_.holds(seal_kind, name_of(group_of(record)), content_of(record), record.seal);
}

CheckedTrustList TrustLists::sealed(TrustListRecord record, TrustStorePtr store) const {
  record.seal = seal_.seal(seal_kind, name_of(group_of(record)), content_of(record));
  return {std::move(record), std::move(store)};
}

CheckedTrustList TrustLists::check(const dbus::GroupName& group, TrustList list, State::Clock::time_point now) {
  const Loaded& present = load(group);
  if (list.specified != all_lists_mask) list = merge(present.record.list, list);
  if (const std::size_t size = encoded_size(list); size > max_size())
    throw Error(
        Code::request_too_large,
        fmt::format("the trust list has {} bytes; at most {} are taken (max-list-size of [trust])", size, max_size()));
  TrustStorePtr store = checked_store(std::move(list), settings_.strength);
  TrustListRecord record{group.application,
                         group.group,
                         store->list(),
                         now,
                         present.record.update_frequency,
                         present.record.validation_options};
  return sealed(std::move(record), std::move(store));
}

CheckedTrustList TrustLists::present(const dbus::GroupName& group) {
  const Loaded& loaded = load(group);
  return {loaded.record, loaded.store};
}

CheckedTrustList TrustLists::with_options(CheckedTrustList list,
                                          std::optional<std::chrono::milliseconds> update_frequency,
                                          std::optional<ValidationOptions> validation_options) const {
  if (update_frequency) list.record.update_frequency = *update_frequency;
  if (validation_options) list.record.validation_options = *validation_options;
  return sealed(std::move(list.record), std::move(list.store));
}

void TrustLists::committed(const CheckedTrustList& list) {
  const dbus::GroupName group = group_of(list.record);
  loaded_.insert_or_assign(group, Loaded{list.record, list.store, true});
  if (changed_) changed_(group);
}

void TrustLists::forget(const std::string& application) {
  std::vector<dbus::GroupName> groups;
  for (const auto& [group, loaded] : loaded_)
    if (group.application == application) groups.push_back(group);
  std::erase_if(loaded_, [&](const auto& entry) { return entry.first.application == application; });
  if (!changed_ || !state_.application(application)) return;
  for (const dbus::GroupName& group : groups) changed_(group);
}

}  // namespace edgeseal::agent
