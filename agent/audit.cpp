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

// Kinds that a catalogue entry of their own explains.
Event event_of(const std::string& kind) {
  if (kind == "certificate-enrolled") return Event::certificate_enrolled;
  if (kind == "certificate-expiring") return Event::certificate_expiring;
  if (kind == "enrolment-held-up") return Event::enrolment_held_up;
  return Event::audit;
}

}  // namespace

void Audit::record(Level level, const std::string& kind, const std::string& message, const Fields& fields) const {
  std::vector<std::string> names{"KIND"};
  for (const auto& [name, value] : fields) names.push_back(journal_name(name));
  std::vector<Field> entry{{names.front(), kind}};
  auto name = names.begin();
  for (const auto& [unused, value] : fields) entry.push_back({*++name, value});
  log(level, event_of(kind), message, entry);
  Fields told = fields;
  told["message"] = message;
  if (listener_) listener_(kind, told);
}

}  // namespace edgeseal::agent
