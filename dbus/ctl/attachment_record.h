#pragma once

#include <optional>
#include <string>

#include "dbus/ctl/attachment.h"

namespace edgeseal::ctl {

// What each file of an attachment says about it at its end: what it belongs to, and all that was chosen.
[[nodiscard]] std::string record_of(const Attachment& attachment);

// Of such a file. Absent where it is none.
[[nodiscard]] std::optional<Attachment> recorded_attachment(const std::string& content);

// For a shell: attaches it again, as it is.
[[nodiscard]] std::string attach_command(const Attachment& attachment);

}  // namespace edgeseal::ctl
