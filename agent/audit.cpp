#include "agent/audit.h"

#include <algorithm>
#include <vector>

namespace edgeseal::agent {

namespace {

// "certificate-type" is EDGESEAL_CERTIFICATE_TYPE.
std::string journal_name(const std::string& name) {
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

}  // namespace

void Audit::record(Level level, const std::string& kind, const std::string& message, const Fields& fields) const {
  std::vector<std::string> names{"KIND"};
  for (const auto& [name, value] : fields) names.push_back(journal_name(name));
  std::vector<Field> entry{{names.front(), kind}};
  auto name = names.begin();
  for (const auto& [unused, value] : fields) entry.push_back({*++name, value});
  log(level, Event::audit, message, entry);
  Fields told = fields;
  told["message"] = message;
  if (listener_) listener_(kind, told);
}

}  // namespace edgeseal::agent
