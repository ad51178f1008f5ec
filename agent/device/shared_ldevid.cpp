#include "agent/device/shared_ldevid.h"

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/device/device_names.h"
#include "agent/error.h"
#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

constexpr const char* record_name = "ldevid-of-idevid-key";

std::vector<Bytes> read_chain(const Bytes& stored) {
  try {
    std::vector<Bytes> chain = from_text("the LDevID", stored, from_base64url);
    for (const Bytes& certificate : chain) (void)parse_certificate(certificate);
    if (!chain.empty()) return chain;
  } catch (const Error&) {  // no certificate
  }
  throw Error(Code::security_checks_failed, "the stored LDevID was damaged; remedy: install it again");
}

}  // namespace

std::optional<CertificateRecord> shared_ldevid(State& state) {
  const auto stored = state.record(record_name);
  const auto key = state.key(Slot{device_application_name, identity_group, idevid_type}, KeyStatus::active);
  if (!stored || !key) return std::nullopt;
  std::vector<Bytes> chain = read_chain(*stored);
  if (!has_key(chain.front(), key->public_key)) return std::nullopt;  // another IDevID key has come since
  CertificateRecord record{{device_application_name, identity_group, ldevid_type}, key->id, chain.front(), {}};
  record.issuers.assign(chain.begin() + 1, chain.end());
  return record;
}

std::optional<CertificateRecord> certificate_of(State& state, const Slot& slot) {
  auto record = state.certificate(slot);
  const bool is_ldevid = slot == Slot{device_application_name, identity_group, ldevid_type};
  return record || !is_ldevid ? record : shared_ldevid(state);
}

void put_shared_ldevid(State& state, const Bytes& certificate, const std::vector<Bytes>& issuers) {
  std::vector<Bytes> chain{certificate};
  chain.insert(chain.end(), issuers.begin(), issuers.end());
  state.put_record(record_name, to_text(to_base64url(chain)));
}

}  // namespace edgeseal::agent
