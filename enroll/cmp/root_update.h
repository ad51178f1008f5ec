#pragma once

#include "enroll/server_trust.h"

namespace edgeseal::enroll::cmp {

// What a server says about the roll-over of its root certificate (RFC 9810 §4.4, §5.3.19.15). Nothing of it is checked.
struct RootUpdate {
  Certificate new_with_new;
  Certificate new_with_old;  // may be missing, as the next
  Certificate old_with_new;
};

// Of the DER of a RootCaKeyUpdateContent. Throws MalformedDer.
[[nodiscard]] RootUpdate parse_root_update(ByteView der);

// The key of the current root vouches for the key of the new one, and the other way round where the server says so.
// Throws Error{rollover}.
void require_linked(const RootUpdate& update, const Certificate& current_root, const Clock& clock);

}  // namespace edgeseal::enroll::cmp
