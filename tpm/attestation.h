#pragma once

#include "tpm/key_device.h"
#include "tpm/session.h"
#include "tpm/storage_key.h"

// The contract of each is KeyDevice's. The last two take two free slots while they last.
namespace edgeseal::tpm {

[[nodiscard]] AttestationKey create_attestation_key(Session& session, const StorageKey& parent);

[[nodiscard]] Evidence certify(Session& session, const StorageKey& parent, const StoredKey& key,
                               const AttestationKey& attestation_key, ByteView nonce);

[[nodiscard]] SecretBytes activate_credential(Session& session, const StorageKey& parent,
                                              const AttestationKey& attestation_key, EndorsementKey endorsement_key,
                                              ByteView credential, ByteView encrypted_secret);

}  // namespace edgeseal::tpm
