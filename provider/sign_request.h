#pragma once

#include "provider/signature_options.h"

namespace edgeseal::provider {

// What the agent is asked for when the program wants `content` signed: a digest, or what it has put together itself.
// `block` is room for a padded block, and must outlive the request. False, with an error raised, where it cannot be
// asked for that.
[[nodiscard]] bool make_sign_request(const SignatureOptions& options, const Key& key, ByteView content,
                                     MutableByteView block, wire::SignRequest& request) noexcept;

}  // namespace edgeseal::provider
