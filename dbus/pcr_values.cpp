#include "dbus/pcr_values.h"

#include <string>

#include "dbus/bounds.h"

namespace edgeseal::dbus {
namespace {

constexpr std::uint32_t kPcrs = 24;
constexpr Bounds kCount{1, kPcrs};
constexpr size_t kDigestBytes = 32;  // SHA-256

void check_pcr(std::uint32_t pcr) {
  if (pcr >= kPcrs) throw CallError("InvalidArgument", "there is no PCR " + std::to_string(pcr) + "; they are 0 to 23");
}

}  // namespace

PcrValues pcr_values(const PcrArrays& given) {
  check_size("values", given.size(), kCount);
  PcrValues values;
  for (const auto& [pcr, value] : given) {
    check_pcr(pcr);
    check_size("the value of PCR " + std::to_string(pcr), value.size(), {kDigestBytes, kDigestBytes});
    values.emplace(pcr, to_bytes(value));
  }
  return values;
}

void check_pcrs(const std::vector<std::uint32_t>& given) {
  check_size("pcrs", given.size(), kCount);
  for (const auto pcr : given) check_pcr(pcr);
}

PcrArrays to_arrays(const PcrValues& values) {
  PcrArrays arrays;
  for (const auto& [pcr, value] : values) arrays.emplace(pcr, to_array(value));
  return arrays;
}

}  // namespace edgeseal::dbus
