#pragma once

#include "provider/agent_client.h"

namespace edgeseal::provider {

// The provider as one library context of the program loaded it. Keys, operations and stores refer to it; libcrypto
// frees all of them before it unloads the provider.
struct Context {
  // Digests, public keys and comparisons are left to whatever provider the program has for them.
  static constexpr const char* others = "provider!=edgeseal";

  Context(const OSSL_CORE_HANDLE* core, const OSSL_DISPATCH* functions) noexcept : errors(core, functions) {}

  Errors errors;
  Settings settings;
  LibraryContext library;  // a child of the program's context: has its providers
  AgentClient agent{settings, errors};
};

}  // namespace edgeseal::provider
