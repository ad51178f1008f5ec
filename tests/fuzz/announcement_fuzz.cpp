// What the network announces gives a URL that stays one, or is passed over.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "enroll/discovery/announcement.h"
#include "enroll/discovery/listing.h"
#include "enroll/error.h"
#include "enroll/url.h"

namespace {

using namespace edgeseal::enroll;
using namespace edgeseal::enroll::discovery;

void require(bool holds) {
  if (!holds) std::abort();
}

// Host, address and the strings of the TXT record, a line each.
Announcement announcement_of(std::string_view input) {
  std::vector<std::string> lines;
  while (!input.empty()) {
    const auto end = std::min(input.find('\n'), input.size());
    lines.emplace_back(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  lines.resize(std::max<std::size_t>(lines.size(), 2));
  return {lines[0], lines[0], lines[1], 8443, {lines.begin() + 2, lines.end()}};
}

void check(const Service& service) {
  const Url url = parse_url(url_of(service, "https"));
  require(url.host == service.host && url.port == "8443");
  require(service.path.empty() || url.path == service.path);
  require(service.capabilities.size() <= max_capabilities);
  for (const char c : table_of({service}, "_est._tcp")) require(c == '\n' || (c >= ' ' && c <= '~'));
  require(!json_of({service}, "_est._tcp").empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(service_of(announcement_of({reinterpret_cast<const char*>(data), size})));
  } catch (const Error& error) {
    require(error.error_class() == ErrorClass::transport);
  }
  return 0;
}
