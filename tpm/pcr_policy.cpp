#include "tpm/pcr_policy.h"

#include "tpm/libcrypto.h"
#include "tpm/object_policy.h"

namespace edgeseal::tpm {

Bytes pcr_digest(std::span<const Bytes> values) {
  return sha256(values);
}

Bytes approved_policy(PcrMask pcrs, ByteView pcr_digest) {
  return digest_of(PcrState{pcrs, Bytes(pcr_digest.begin(), pcr_digest.end())});
}

}  // namespace edgeseal::tpm
