#include "agent/spare_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/journal.h"
#include "agent/public_key.h"

namespace edgeseal::agent {

namespace {

bool is_made_ahead(const KeyDeclaration& key) {
  return key.protection == KeyProtection::tpm && key.pcrs == 0 && modulus_bits(key.algorithm).has_value();
}

}  // namespace

std::optional<SpareKey> SpareKeys::take(const KeyDeclaration& wanted) {
  return is_made_ahead(wanted) ? state_.take_spare_key(wanted.algorithm) : std::nullopt;
}

std::optional<tpm::KeyAlgorithm> SpareKeys::missing() {
  const auto& offered = tpm_.state().facts.key_algorithms;
  for (const ApplicationRecord& application : state_.applications())
    for (const SlotDeclaration& slot : application.slots)
      if (is_made_ahead(slot.key) && std::ranges::find(offered, slot.key.algorithm) != offered.end() &&
          state_.spare_keys(slot.key.algorithm) < count_)
        return slot.key.algorithm;
  return std::nullopt;
}

void SpareKeys::refill() {
  if (making_ || count_ == 0 || tpm_.state().health != TpmHealth::ready) return;
  const auto algorithm = missing();
  if (!algorithm) return;
  using Created = std::shared_ptr<tpm::CreatedKey>;
  const auto make = [algorithm](tpm::KeyDevice& device) {
    return std::make_shared<tpm::CreatedKey>(device.create(*algorithm));
  };
  const auto store = [this, algorithm](std::variant<Created, Error> result) {
    making_ = false;
    const Answer<std::monostate> failed = [](const std::variant<std::monostate, Error>& outcome) {
      log(Level::warning, Event::key_created,
          fmt::format("no key could be made ahead: {}", std::get<Error>(outcome).what()));
    };
    proceed(failed, result, [&](const Created& created) {
      state_.put_spare_key({*algorithm,
                            subject_public_key_info(created->public_key),
                            {std::move(created->tss_private_key), std::move(created->auth)}});
      refill();
    });
  };
  making_ = true;
  try {
    tpm_.submit<Created>({TpmWorker::Priority::create, 0, key_creation_time_limit}, make, store);
  } catch (const Error&) {
    making_ = false;  // the queue is full: the next occasion will do
  }
}

}  // namespace edgeseal::agent
