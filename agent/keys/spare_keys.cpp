#include "agent/keys/spare_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/journal.h"
#include "agent/keys/public_key.h"

namespace edgeseal::agent {

namespace {

bool is_made_ahead(const KeyDeclaration& key) {
  return key.protection == KeyProtection::tpm && key.pcrs == 0 && modulus_bits(key.algorithm).has_value();
}

}  // namespace

SpareKeys::SpareKeys(EventLoop& loop, State& state, TpmWorker& tpm, const Settings& settings)
    : loop_(loop), state_(state), tpm_(tpm), settings_(settings) {
  timer_ = loop_.add_timer([this] { make_one(); });
}

std::optional<SpareKey> SpareKeys::take(const KeyDeclaration& wanted) {
  return is_made_ahead(wanted) ? state_.take_spare_key(wanted.algorithm) : std::nullopt;
}

std::optional<tpm::KeyAlgorithm> SpareKeys::missing() {
  const auto& offered = tpm_.state().facts.key_algorithms;
  for (const ApplicationRecord& application : state_.applications())
    for (const SlotDeclaration& slot : application.slots)
      if (is_made_ahead(slot.key) && std::ranges::find(offered, slot.key.algorithm) != offered.end() &&
          state_.spare_keys(slot.key.algorithm) < settings_.count)
        return slot.key.algorithm;
  return std::nullopt;
}

void SpareKeys::refill() {
  if (!making_ && settings_.count != 0) timer_.set_time(loop_.now() + settings_.quiet);
}

void SpareKeys::make_one() {
  if (!is_well(tpm_.state().health)) return;
  if (tpm_.pending() > 0) return refill();
  try {
    if (const auto algorithm = missing()) make(*algorithm);
  } catch (const Error& error) {
    log(Level::warning, Event::no_spare_key, fmt::format("no key could be made ahead: {}", error.what()));
  }
}

void SpareKeys::make(tpm::KeyAlgorithm algorithm) {
  using Created = std::shared_ptr<tpm::CreatedKey>;
  const Answer<std::monostate> failed = [](const std::variant<std::monostate, Error>& outcome) {
    log(Level::warning, Event::no_spare_key,
        fmt::format("no key could be made ahead: {}", std::get<Error>(outcome).what()));
  };
  tpm_.submit<Created>(
      {TpmWorker::Priority::create, TpmWorker::own_work, key_creation_time_limit},
      [algorithm](tpm::KeyDevice& device) { return std::make_shared<tpm::CreatedKey>(device.create(algorithm)); },
      [this, algorithm, failed](std::variant<Created, Error> result) {
        making_ = false;
        proceed(failed, result, [&](const Created& created) {
          state_.put_spare_key({algorithm,
                                subject_public_key_info(created->public_key),
                                {std::move(created->tss_private_key), std::move(created->auth)}});
          refill();
        });
      });
  making_ = true;
}

}  // namespace edgeseal::agent
