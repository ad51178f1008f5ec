#include "agent/shared_ldevid.h"

#include <nlohmann/json.hpp>
#include <span>

#include "agent/certificate.h"
#include "agent/device_names.h"
#include "agent/error.h"
#include "agent/public_key.h"
#include "jose/base64.h"
#include "jose/error.h"

namespace edgeseal::agent {

namespace {

constexpr const char* record_name = "ldevid-of-idevid-key";

using Json = nlohmann::json;

std::vector<Bytes> read_chain(const Bytes& stored) {
  try {
    const auto* text = reinterpret_cast<const char*>(stored.data());
    std::vector<Bytes> chain;
    for (const Json& certificate : Json::parse(text, text + stored.size()))
      chain.push_back(jose::decode_base64url(certificate.get_ref<const std::string&>(), "certificate"));
    if (!chain.empty()) return chain;
  } catch (const Json::exception&) {
  } catch (const jose::Error&) {
  }
  throw Error(Code::security_checks_failed, "the stored LDevID was damaged; remedy: install it again");
}

// Another IDevID key has come since.
bool is_for(const KeyRecord& key, ByteView certificate) {
  return EVP_PKEY_eq(X509_get0_pubkey(parse_certificate(certificate).get()), parse_public_key(key.public_key).get()) ==
         1;
}

}  // namespace

std::optional<CertificateRecord> shared_ldevid(State& state) {
  const auto stored = state.record(record_name);
  const auto key = state.key(Slot{device_application_name, identity_group, idevid_type}, KeyStatus::active);
  if (!stored || !key) return std::nullopt;
  std::vector<Bytes> chain = read_chain(*stored);
  if (!is_for(*key, chain.front())) return std::nullopt;
  CertificateRecord record{{device_application_name, identity_group, ldevid_type}, key->id, chain.front(), {}};
  record.issuers.assign(chain.begin() + 1, chain.end());
  return record;
}

void put_shared_ldevid(State& state, const Bytes& certificate, const std::vector<Bytes>& issuers) {
  Json chain{jose::encode_base64url(certificate)};
  for (const Bytes& issuer : issuers) chain.push_back(jose::encode_base64url(issuer));
  const std::string text = chain.dump();
  state.put_record(record_name, std::as_bytes(std::span(text)));
}

}  // namespace edgeseal::agent
