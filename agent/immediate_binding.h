#pragma once

namespace edgeseal::agent {

// Starts the program anew unless the dynamic linker has bound all symbols at its start (LD_BIND_NOW, ld.so(8)). Where
// it binds at the first call, it saves the vector registers on the stack, and with them what was last copied: pieces of
// a private key. To be called first. Comes back where the program cannot be started, too.
void require_immediate_binding(char** arguments);

}  // namespace edgeseal::agent
