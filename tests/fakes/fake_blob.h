#pragma once

#include <optional>
#include <variant>

#include "tests/fakes/software_key.h"
#include "tpm/object_policy.h"

namespace edgeseal::test {

// What a chip would encrypt, in the clear: the stored form of the keys and secrets of a FakeTpm.
struct FakeBlob {
  tpm::Bytes storage_key_name;  // of the chip that made it
  tpm::SecretBytes auth;
  std::optional<tpm::ObjectPolicy> policy;
  std::variant<tpm::SecretBytes, std::unique_ptr<SoftwareKey>> content;  // a sealed secret or a key

  [[nodiscard]] tpm::Bytes encode() const;
  // Throws tpm::Error with Fault::bad_blob if it is none, or of a chip with another storage key.
  [[nodiscard]] static FakeBlob parse(tpm::ByteView bytes, const tpm::Bytes& storage_key_name);
};

}  // namespace edgeseal::test
