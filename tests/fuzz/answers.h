#pragma once

#include "provider/wire/message.h"

namespace edgeseal::fuzz {

// What the connections of the provider answer from now on, one after the other, without a socket: each answer is one
// byte, two bytes of the length of the record, and the record. Bit 0 of the byte: the record is as it stands there;
// else it gets version and request id of the request. Bit 1: no answer, the agent closes. Where nothing is left, it
// closes.
void answer_with(wire::ByteView answers);

}  // namespace edgeseal::fuzz
