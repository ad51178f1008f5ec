#pragma once

#include <string>
#include <string_view>

#include "dbus/bounds.h"

namespace edgeseal::dbus {

// Whether a terminal, the journal and a web page show UTF-8 text as what it is: no control characters (C0, C1), no line
// or paragraph separators, nothing invisible, nothing that changes the direction of what follows.
[[nodiscard]] bool is_printable(std::string_view text);

// Throws CallError "InvalidArgument" that names the argument, for text that isn't printable or has another size.
void check_printable(const std::string& argument, const std::string& text, Bounds size);

}  // namespace edgeseal::dbus
