#pragma once

#include <variant>

#include "agent/certificates/certificate_signature.h"
#include "tests/unit/agent/core.h"

namespace edgeseal::test {

[[nodiscard]] inline std::variant<tpm::Bytes, agent::Error> sign(Core& core, const agent::KeyPtr& key) {
  const tpm::Bytes message(10, std::byte{1});
  return core.outcome<tpm::Bytes>([&](agent::Answer<tpm::Bytes> answer) {
    core.keys.sign(key, agent::certificate_signature(key->public_key, message), {}, std::move(answer));
  });
}

[[nodiscard]] inline bool signs(Core& core, const agent::KeyPtr& key) {
  return std::holds_alternative<tpm::Bytes>(sign(core, key));
}

}  // namespace edgeseal::test
