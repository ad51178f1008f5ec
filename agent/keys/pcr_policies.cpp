#include "agent/keys/pcr_policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "agent/journal.h"
#include "agent/keys/public_key.h"
#include "agent/keys/signature_encoding.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t pcr_size = 32;

tpm::PcrMask mask_of(const PcrValues& values) {
  tpm::PcrMask mask = 0;
  for (const auto& [number, value] : values) {
    if (number > 23 || value.size() != pcr_size)
      throw Error(Code::invalid_argument,
                  fmt::format("PCR {}: expected a number from 0 to 23 and a value of 32 bytes", number));
    mask |= tpm::PcrMask{1} << number;
  }
  if (mask == 0) throw Error(Code::invalid_argument, "no PCR is named");
  return mask;
}

Bytes digest_of(const PcrValues& values) {
  std::vector<Bytes> ascending;
  for (const auto& [number, value] : values) ascending.push_back(value);
  return tpm::pcr_digest(ascending);
}

tpm::PublicKey authority_of(ByteView subject_public_key_info) {
  const PublicKeyPtr key = parse_public_key(subject_public_key_info);
  const auto algorithm = algorithm_of(*key);
  if ((algorithm != tpm::KeyAlgorithm::rsa_2048 && algorithm != tpm::KeyAlgorithm::ec_p256) ||
      EVP_PKEY_is_a(key.get(), "RSA-PSS"))
    throw Error(Code::invalid_argument, "the authority for PCR policies must have an RSA 2048 or EC P-256 key");
  return to_tpm(*key);
}

void require_usable(const std::optional<Bytes>& authority) {
  if (authority && authority->empty())
    throw Error(
        Code::invalid_state,
        "pcr-authority of edgeseal.toml can't be used: edgesealctl config check says why; mend it, then restart "
        "edgeseald");
}

// The values that a policy over `pcrs` will meet: those of now, with what is expected in their place.
PcrValues expected(tpm::PcrMask pcrs, PcrValues now, const PcrValues& values) {
  std::erase_if(now, [&](const auto& pcr) { return (pcrs >> pcr.first & 1) == 0; });
  for (auto& [number, value] : now)
    if (const auto found = values.find(number); found != values.end()) value = found->second;
  return now;
}

}  // namespace

// One sealed key after the other; what fails is told at the end.
class PcrPolicies::Resealing : public std::enable_shared_from_this<Resealing> {
 public:
  Resealing(State& state, KeyService& keys, SealedKeys& sealed, PcrValues values, Answer<std::uint32_t> answer)
      : state_(state), keys_(keys), sealed_(sealed), values_(std::move(values)), answer_(std::move(answer)) {
    const tpm::PcrMask changed = mask_of(values_);
    for (const KeyId& id : state_.keys_bound_to_pcrs())
      if (const auto record = state_.key(id); record && (record->pcrs & changed) != 0)
        left_.push_back({id, record->pcrs});
  }

  void start(PcrValues now) {
    now_ = std::move(now);
    next();
  }

 private:
  void next() {
    if (left_.empty()) return finish();
    const auto [id, pcrs] = left_.back();
    left_.pop_back();
    const Answer<std::monostate> step = [self = shared_from_this(), id = id](std::variant<std::monostate, Error> done) {
      self->note(id, done);
      self->next();
    };
    proceed(step, [&, id = id, pcrs = pcrs] {
      const tpm::PcrPolicy policy{pcrs, digest_of(expected(pcrs, now_, values_)), std::nullopt};
      sealed_.reseal(keys_.find(id)->sealed, policy,
                     [self = shared_from_this(), id, step](std::variant<std::shared_ptr<Resealed>, Error> result) {
                       proceed(step, result, [&](const std::shared_ptr<Resealed>& resealed) {
                         self->store(id, *resealed);
                         step(std::monostate{});
                       });
                     });
    });
  }

  void store(const KeyId& id, const Resealed& resealed) {
    if (resealed.opened_by_next)
      state_.promote_and_put_next_object(id, resealed.secret);
    else
      state_.put_next_object(id, resealed.secret);
    keys_.forget_cached();
  }

  void note(const KeyId& id, const std::variant<std::monostate, Error>& done) {
    if (const auto* error = std::get_if<Error>(&done))
      failures_.push_back(fmt::format("{:.16}: {}", hexadecimal(id), error->what()));
    else
      ++done_;
  }

  void finish() {
    log(Level::notice, Event::pcr_policy, fmt::format("{} sealed keys are ready for an update", done_));
    if (failures_.empty()) return answer_(done_);
    answer_(Error(Code::key_unavailable,
                  fmt::format("{} keys were resealed, these were not: {}", done_, fmt::join(failures_, "; "))));
  }

  struct Bound {
    KeyId id;
    tpm::PcrMask pcrs;
  };

  State& state_;
  KeyService& keys_;
  SealedKeys& sealed_;
  const PcrValues values_;
  const Answer<std::uint32_t> answer_;
  PcrValues now_;
  std::vector<Bound> left_;
  std::vector<std::string> failures_;
  std::uint32_t done_ = 0;
};

PcrPolicies::PcrPolicies(State& state, std::optional<Bytes> authority, std::vector<DeclaredApproval> declared)
    : state_(state), authority_(std::move(authority)), declared_(std::move(declared)) {
  if (authority_ && !authority_->empty()) authority_key_ = authority_of(*authority_);
  load_approvals(declared_);
}

void PcrPolicies::require_authority(ByteView subject_public_key_info) {
  (void)authority_of(subject_public_key_info);
}

// The files may name another authority already, which a restart takes up.
std::vector<tpm::PcrApproval> PcrPolicies::signed_of(const std::vector<DeclaredApproval>& declared) const {
  std::vector<tpm::PcrApproval> list;
  for (const auto& [name, values, signature] : declared) {
    try {
      list.push_back(approval(authority_, values, signature));
    } catch (const Error& error) {
      log(Level::notice, Event::configuration_not_in_force,
          fmt::format("the declared approval {} is not used: {}", name, error.what()));
    }
  }
  return list;
}

void PcrPolicies::load_approvals(const std::vector<DeclaredApproval>& declared) {
  std::vector<tpm::PcrApproval> list = signed_of(declared);
  std::vector<PcrApprovalRecord> stored = state_.pcr_approvals();
  std::erase_if(stored,
                [&](const PcrApprovalRecord& record) { return !authority_key_ || record.authority != *authority_; });
  const std::size_t room = tpm::KeyDevice::kMaxApprovals - list.size();
  for (PcrApprovalRecord& record : std::span(stored).last(std::min(room, stored.size())))
    list.push_back({*authority_key_, record.pcrs, std::move(record.pcr_digest), std::move(record.signature)});
  const std::lock_guard lock(approvals_->mutex);
  approvals_->list = std::move(list);
}

KeyPolicy PcrPolicies::kind(tpm::PcrMask pcrs) const {
  if (pcrs == 0) return KeyPolicy::none;
  return authority_ ? KeyPolicy::authorised : KeyPolicy::pcr;
}

std::optional<tpm::PcrPolicy> PcrPolicies::policy(tpm::PcrMask pcrs) const {
  if (pcrs == 0) return std::nullopt;
  require_usable(authority_);
  return tpm::PcrPolicy{pcrs, {}, authority_key_};
}

PcrPolicies::ApprovalRequest PcrPolicies::prepare(const PcrValues& values) {
  const tpm::PcrMask mask = mask_of(values);
  Bytes digest = digest_of(values);
  Bytes policy = tpm::approved_policy(mask, digest);
  return {std::move(digest), std::move(policy)};
}

tpm::PcrApproval PcrPolicies::approval(const std::optional<Bytes>& authority, const PcrValues& values,
                                       ByteView signature) {
  if (!authority)
    throw Error(Code::invalid_state,
                "no authority for PCR policies is configured: name its public key as pcr-authority in edgeseal.toml");
  require_usable(authority);
  ApprovalRequest request = prepare(values);
  const PublicKeyPtr key = parse_public_key(*authority);
  if (!verifies(*key, tpm::HashAlgorithm::sha256, request.policy, signature))
    throw Error(Code::security_checks_failed,
                "the signature is not one of the configured authority over the policy of these PCR values");
  const bool rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  return {to_tpm(*key), mask_of(values), std::move(request.pcr_digest),
          rsa ? Bytes(signature.begin(), signature.end()) : ecdsa_halves(signature)};
}

void PcrPolicies::approve(const PcrValues& values, ByteView signature, TpmWorker& tpm) {
  const tpm::PcrApproval approved = approval(authority_, values, signature);
  state_.add_pcr_approval({*authority_, approved.pcrs, approved.pcr_digest, approved.signature});
  load_approvals(declared_);
  tpm.renew(installer());
  log(Level::notice, Event::pcr_policy, "the authority has approved a further state of the PCRs");
}

// A TPM that is told anew loads all keys again.
void PcrPolicies::use_declared(const std::vector<DeclaredApproval>& declared, TpmWorker& tpm) {
  if (declared == declared_) return;
  load_approvals(declared);
  declared_ = declared;
  tpm.renew(installer());
  log(Level::notice, Event::pcr_policy, "the declared approvals of states of the PCRs are others now");
}

std::function<void(tpm::KeyDevice&)> PcrPolicies::installer() const {
  return [approvals = approvals_](tpm::KeyDevice& device) {
    const std::lock_guard lock(approvals->mutex);
    device.set_pcr_approvals(approvals->list);
  };
}

void PcrPolicies::read(const std::vector<unsigned>& pcrs, TpmWorker& tpm, std::uint64_t client,
                       Answer<PcrValues> answer) {
  tpm::PcrMask mask = 0;
  for (const unsigned number : pcrs) {
    if (number > 23) throw Error(Code::invalid_argument, fmt::format("there is no PCR {}: 0 to 23", number));
    mask |= tpm::PcrMask{1} << number;
  }
  if (mask == 0) throw Error(Code::invalid_argument, "no PCR is named");
  tpm.submit<PcrValues>(
      {TpmWorker::Priority::seal, client},
      [mask](tpm::KeyDevice& device) {
        PcrValues values;
        std::vector<Bytes> read = device.read_pcrs(mask);
        auto value = read.begin();
        for (const unsigned number : pcr_numbers(mask))
          if (value != read.end()) values.emplace(number, std::move(*value++));
        return values;
      },
      std::move(answer));
}

void PcrPolicies::reseal(const PcrValues& values, KeyService& keys, SealedKeys& sealed, TpmWorker& tpm,
                         Answer<std::uint32_t> answer) {
  if (!resealing_.expired()) throw Error(Code::busy, "keys are being resealed already; try again when it is done");
  const auto resealing = std::make_shared<Resealing>(state_, keys, sealed, values, answer);
  read(pcr_numbers(tpm::kAllPcrs), tpm, TpmWorker::own_work, [resealing, answer](std::variant<PcrValues, Error> now) {
    proceed(answer, now, [&](PcrValues& read) { resealing->start(std::move(read)); });
  });
  resealing_ = resealing;
}

}  // namespace edgeseal::agent
