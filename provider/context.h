#pragma once

#include "provider/agent_client.h"

namespace edgeseal::provider {

// The provider as one library context of the program loaded it. Keys, operations and stores refer to it; libcrypto
// frees all of them before it unloads the provider.
struct Context {
  // Digests, public keys and comparisons are left to whatever provider the program has for them.
  static constexpr const char* others = "provider!=edgeseal";

  Context(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept : errors(core, functions) {}

  // False, with an error raised, where the configuration is wrong. That is told when a key is asked for and not when
  // the provider is activated, because libcrypto drops the errors of an activation by configuration file.
  [[nodiscard]] bool is_configured() const noexcept {
    if (problem != nullptr) errors.raise(Reason::setting_invalid, "%s", problem);
    return problem == nullptr;
  }

  Errors errors;
  const char* problem = nullptr;
  Settings settings;
  LibraryContext library;  // a child of the program's context: has its providers
  AgentClient agent{settings, errors};
};

}  // namespace edgeseal::provider
