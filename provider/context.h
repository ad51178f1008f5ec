#pragma once

#include "provider/agent_client.h"
#include "provider/silence.h"

namespace edgeseal::provider {

// The provider as one library context of the program loaded it. Keys, operations and stores refer to it; libcrypto
// frees all of them before it unloads the provider.
struct Context {
  // False, with an error raised, where the configuration is wrong. That is told when a key is asked for and not when
  // the provider is activated, because libcrypto drops the errors of an activation by configuration file.
  [[nodiscard]] bool is_configured() const noexcept {
    if (problem != nullptr) raise_error(Reason::setting_invalid, "%s", problem);
    return problem == nullptr;
  }

  const char* problem = nullptr;
  Settings settings;
  // For digests and public keys: of its own, with libcrypto's default provider. A child of the program's context would
  // not do: keys of other providers that were compared with one of this may keep this one alive beyond the program's
  // context.
  LibraryContext library;
  AgentClient agent{settings};
  Silence silence;  // of the agent, when it was asked for trust anchors
};

}  // namespace edgeseal::provider
