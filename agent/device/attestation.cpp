#include "agent/device/attestation.h"

#include <fmt/format.h>

#include <utility>

namespace edgeseal::agent {

namespace {

TpmWorker::Ticket ticket_of(std::uint64_t client) {
  return {TpmWorker::Priority::create, client, std::chrono::minutes(1)};
}

constexpr std::size_t max_nonce_size = 32;
constexpr std::size_t max_credential_size = 1024;

std::vector<Bytes> endorsement_certificates(const ManufacturerKeys& keys) {
  std::vector<Bytes> certificates;
  for (const tpm::ManufacturerKey& key : keys)
    if (key.kind == tpm::ManufacturerKey::Kind::endorsement && !key.certificate.empty())
      certificates.push_back(key.certificate);
  return certificates;
}

}  // namespace

void Attestation::with_attestation_key(std::uint64_t client,
                                       const std::function<void(std::variant<AttestationKeyPtr, Error>)>& next) {
  if (auto stored = state_.attestation_key())
    return next(std::make_shared<const tpm::AttestationKey>(*std::move(stored)));
  tpm_.submit<AttestationKeyPtr>(
      ticket_of(client),
      [](tpm::KeyDevice& device) {
        return std::make_shared<const tpm::AttestationKey>(device.create_attestation_key());
      },
      [this, client, next](std::variant<AttestationKeyPtr, Error> made) {
        proceed(Answer<AttestationKeyPtr>(next), made, [&](const AttestationKeyPtr& key) {
          if (!state_.attestation_key()) state_.record_attestation_key(*key);  // another call may have been first
          with_attestation_key(client, next);
        });
      });
}

void Attestation::certify(const KeyPtr& key, Bytes nonce, std::uint64_t client,
                          Answer<std::shared_ptr<KeyEvidence>> answer) {
  if (key->sealed != nullptr)
    throw Error(Code::not_supported,
                fmt::format("{} is a sealed key, which does not live in the TPM; only tpm keys can be certified",
                            key->slot.key_name()));
  if (nonce.size() > max_nonce_size)
    throw Error(Code::invalid_argument, fmt::format("a nonce has at most {} bytes", max_nonce_size));
  const auto certify_with = [this, key, nonce, client, answer](const AttestationKeyPtr& attestation_key,
                                                               const std::vector<Bytes>& certificates) {
    tpm_.submit<std::shared_ptr<KeyEvidence>>(
        ticket_of(client),
        [=](tpm::KeyDevice& device) {
          return std::make_shared<KeyEvidence>(
              KeyEvidence{device.certify(key->stored, *attestation_key, nonce), certificates});
        },
        answer);
  };
  manufacturer_keys([this, client, answer, certify_with](std::variant<ManufacturerKeys, Error> read) {
    proceed(answer, read, [&](const ManufacturerKeys& keys) {
      with_attestation_key(client, [answer, certify_with, certificates = endorsement_certificates(keys)](
                                       std::variant<AttestationKeyPtr, Error> made) {
        proceed(answer, made, [&](const AttestationKeyPtr& made_key) { certify_with(made_key, certificates); });
      });
    });
  });
}

void Attestation::activate(tpm::EndorsementKey endorsement_key, Bytes credential, Bytes encrypted_secret,
                           Answer<tpm::SecretBytes> answer) {
  if (credential.size() > max_credential_size || encrypted_secret.size() > max_credential_size)
    throw Error(Code::invalid_argument,
                fmt::format("credential and encrypted secret have at most {} bytes", max_credential_size));
  with_attestation_key(TpmWorker::own_work, [this, endorsement_key, credential, encrypted_secret,
                                             answer](std::variant<AttestationKeyPtr, Error> made) {
    proceed(answer, made, [&](const AttestationKeyPtr& attestation_key) {
      tpm_.submit<tpm::SecretBytes>(
          ticket_of(TpmWorker::own_work),
          [=](tpm::KeyDevice& device) {
            try {
              return device.activate_credential(*attestation_key, endorsement_key, credential, encrypted_secret);
            } catch (const tpm::Error& error) {
              if (error.fault() != tpm::Fault::bad_blob) throw;
              throw Error(Code::invalid_argument, error.what());
            }
          },
          answer);
    });
  });
}

void Attestation::manufacturer_keys(Answer<ManufacturerKeys> answer) {
  if (manufacturer_keys_) return answer(*manufacturer_keys_);
  waiting_.push_back(std::move(answer));
  if (waiting_.size() > 1) return;
  const auto read = [this](const std::variant<ManufacturerKeys, Error>& outcome) { read_manufacturer_keys(outcome); };
  proceed(read, [&] {
    tpm_.submit<ManufacturerKeys>(
        ticket_of(TpmWorker::own_work), [](tpm::KeyDevice& device) { return device.manufacturer_keys(); }, read);
  });
}

void Attestation::read_manufacturer_keys(const std::variant<ManufacturerKeys, Error>& outcome) {
  if (const auto* keys = std::get_if<ManufacturerKeys>(&outcome)) manufacturer_keys_ = *keys;
  for (const auto& answer : std::exchange(waiting_, {})) answer(outcome);
}

}  // namespace edgeseal::agent
