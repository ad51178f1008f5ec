#pragma once

#include "enroll/cmp/handles.h"
#include "enroll/cmp/settings.h"
#include "enroll/cmp/signer_trust.h"

namespace edgeseal::enroll::cmp {

// A context of libcrypto for one transaction; it is never used for a second one, because what a server sent stays in
// it. Protects what is sent by the credential, takes nothing unprotected. `trust` may be null and must outlive the
// context. Throws Error{policy} for a credential that protects nothing.
[[nodiscard]] ContextPtr make_context(const Credential& credential, const SignerTrust* trust);

}  // namespace edgeseal::enroll::cmp
