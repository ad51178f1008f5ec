// The methods of Agent1 that are about the TPM: what the manufacturer left in it, and PCRs.

#include <cstdint>
#include <utility>

#include "dbus/agent_object.h"
#include "dbus/bounds.h"
#include "dbus/completions.h"
#include "dbus/sensitive.h"

namespace edgeseal::dbus {
namespace {

constexpr Bounds kCredentialBytes{1, 256};
constexpr Bounds kEncryptedSecretBytes{1, 512};
constexpr Bounds kSignatureBytes{1, 1024};

VariantMap to_map(const ManufacturerKeyInfo& key) {
  VariantMap map{{"kind", sdbus::Variant(key.kind)}, {"algorithm", sdbus::Variant(key.algorithm)}};
  put(map, "handle", key.handle);
  put(map, "public-area", key.public_area);
  put(map, "nv-index", key.nv_index);
  put(map, "certificate", key.certificate);
  return map;
}

void check_endorsement_key(const std::string& algorithm) {
  if (algorithm == "rsa-2048" || algorithm == "ec-p256") return;
  throw CallError("InvalidArgument", "endorsementKey must be one of: rsa-2048, ec-p256");
}

}  // namespace

void AgentObject::GetManufacturerKeys(sdbus::Result<std::vector<VariantMap>>&& result) {
  guard_.run("org.edgeseal.Agent1.GetManufacturerKeys", getObject(), "", std::move(result),
             [&agent = agent_](const Caller&, const auto& reply) {
               agent.manufacturer_keys(reply->template completion<std::vector<ManufacturerKeyInfo>>(
                   [](auto& open, const auto& keys) { open.succeed(to_maps(keys, to_map)); }));
             });
}

void AgentObject::ActivateCredential(sdbus::Result<ByteArray>&& result, std::string endorsement_key,
                                     ByteArray credential, ByteArray encrypted_secret) {
  guard_.run("org.edgeseal.Agent1.ActivateCredential", getObject(), "", std::move(result),
             [&agent = agent_, endorsement_key = std::move(endorsement_key), credential = std::move(credential),
              encrypted_secret = std::move(encrypted_secret)](const Caller& caller, const auto& reply) {
               check_endorsement_key(endorsement_key);
               check_size("credential", credential.size(), kCredentialBytes);
               check_size("encryptedSecret", encrypted_secret.size(), kEncryptedSecretBytes);
               agent.activate_credential(caller, endorsement_key, to_bytes(credential), to_bytes(encrypted_secret),
                                         reply->template completion<Secret>([](auto& open, const Secret& secret) {
                                           auto answer = to_array(secret);
                                           open.succeed(answer);
                                           wipe(answer);
                                         }));
             });
}

void AgentObject::GetPcrs(sdbus::Result<PcrArrays>&& result, std::vector<std::uint32_t> pcrs) {
  guard_.run("org.edgeseal.Agent1.GetPcrs", getObject(), "", std::move(result),
             [&agent = agent_, pcrs = std::move(pcrs)](const Caller& caller, const auto& reply) {
               check_pcrs(pcrs);
               agent.read_pcrs(caller, pcrs,
                               reply->template completion<PcrValues>(
                                   [](auto& open, const PcrValues& values) { open.succeed(to_arrays(values)); }));
             });
}

void AgentObject::PreparePcrApproval(sdbus::Result<ByteArray, ByteArray>&& result, PcrArrays values) {
  guard_.run("org.edgeseal.Agent1.PreparePcrApproval", getObject(), "", std::move(result),
             [&agent = agent_, values = std::move(values)](const Caller&, const auto& reply) {
               const auto request = agent.prepare_pcr_approval(pcr_values(values));
               reply->succeed(to_array(request.pcr_digest), to_array(request.policy));
             });
}

void AgentObject::AddPcrApproval(sdbus::Result<>&& result, PcrArrays values, ByteArray signature) {
  guard_.run("org.edgeseal.Agent1.AddPcrApproval", getObject(), "", std::move(result),
             [&agent = agent_, values = std::move(values), signature = std::move(signature)](const Caller& caller) {
               const auto approved = pcr_values(values);
               check_size("signature", signature.size(), kSignatureBytes);
               agent.add_pcr_approval(caller, approved, to_bytes(signature));
             });
}

void AgentObject::ResealKeys(sdbus::Result<std::uint32_t>&& result, PcrArrays values) {
  guard_.run("org.edgeseal.Agent1.ResealKeys", getObject(), "", std::move(result),
             [&agent = agent_, values = std::move(values)](const Caller& caller, const auto& reply) {
               agent.reseal(caller, pcr_values(values), answer<std::uint32_t>(reply));
             });
}

}  // namespace edgeseal::dbus
