#include "dbus/ctl/described_keys.h"

namespace edgeseal::ctl {
namespace {

using Json = nlohmann::json;

Json member(const Json& object, const char* name) {
  return object.is_object() && object.contains(name) ? object.at(name) : Json();
}

std::string text(const Json& object, const char* name) {
  const auto value = member(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

std::vector<unsigned> numbers(const Json& object, const char* name) {
  std::vector<unsigned> all;
  for (const auto& value : member(object, name)) {
    if (value.is_number_unsigned()) all.push_back(value.get<unsigned>());
  }
  return all;
}

std::optional<DescribedKey> key_of(const Json& slot, const char* name) {
  const auto key = member(slot, name);
  if (!key.is_object()) return std::nullopt;
  return DescribedKey{.id = text(key, "id"),
                      .algorithm = text(key, "algorithm"),
                      .protection = text(key, "protection"),
                      .exposed = member(key, "exposed") == true,
                      .policy = text(key, "policy"),
                      .pcrs = numbers(key, "pcrs"),
                      .resealed = member(key, "resealed") == true};
}

DescribedSlot slot_of(const std::string& application, const std::string& group, const Json& slot) {
  return {.name = {application, group, text(slot, "certificate-type")},
          .algorithm = text(slot, "key-algorithm"),
          .protection = text(slot, "key-protection"),
          .pcrs = numbers(slot, "pcrs"),
          .active = key_of(slot, "active-key"),
          .pending = key_of(slot, "pending-key"),
          .certificate_from = text(member(slot, "certificate"), "not-before"),
          .certificate_until = text(member(slot, "certificate"), "not-after")};
}

template <class Visit>
void for_each_group(const Json& description, const Visit& visit) {
  for (const auto& application : member(description, "applications")) {
    const auto groups = member(application, "groups");
    for (const auto& [name, group] : groups.items()) visit(text(application, "name"), name, group);
  }
}

}  // namespace

std::vector<DescribedSlot> described_slots(const Json& description) {
  std::vector<DescribedSlot> slots;
  for_each_group(description, [&](const std::string& application, const std::string& name, const Json& group) {
    for (const auto& slot : member(group, "slots")) slots.push_back(slot_of(application, name, slot));
  });
  return slots;
}

std::vector<DescribedAlarm> described_alarms(const Json& description) {
  std::vector<DescribedAlarm> alarms;
  for_each_group(description, [&](const std::string& application, const std::string& name, const Json& group) {
    for (const auto& alarm : member(group, "alarms"))
      alarms.push_back(
          {application + "/" + name, text(alarm, "kind"), text(alarm, "message"), text(alarm, "certificate-type")});
  });
  return alarms;
}

}  // namespace edgeseal::ctl
