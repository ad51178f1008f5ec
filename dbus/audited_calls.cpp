#include "dbus/audited_calls.h"

#include <algorithm>
#include <iterator>

#include "dbus/generated/privileges.h"

namespace edgeseal::dbus {

AuditedCalls audited_calls(std::string_view member) {
  const auto* const found = std::ranges::find(kDeclaredMethods, member, &DeclaredMethod::member);
  return found == std::end(kDeclaredMethods) ? AuditedCalls::All : found->audited;
}

}  // namespace edgeseal::dbus
