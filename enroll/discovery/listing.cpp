#include "enroll/discovery/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "enroll/printable.h"

namespace edgeseal::enroll::discovery {
namespace {

using Row = std::array<std::string, 4>;

std::string joined(const std::vector<std::string>& texts) {
  return texts.empty() ? "-" : printable(fmt::format("{}", fmt::join(texts, ",")));
}

}  // namespace

std::string_view scheme_of(std::string_view type) {
  return type == "_opcua-tcp._tcp" ? "opc.tcp" : "https";
}

std::string table_of(const std::vector<Service>& services, std::string_view type) {
  std::vector<Row> rows{{"URL", "ADDRESSES", "CAPABILITIES", "NAME"}};
  for (const Service& service : services)
    rows.push_back({url_of(service, scheme_of(type)), joined(service.addresses), joined(service.capabilities),
                    printable(service.name)});
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows)
    for (std::size_t column = 0; column < widths.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  std::string text;
  for (const Row& row : rows)
    text +=
        fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", row[0], widths[0], row[1], widths[1], row[2], widths[2], row[3]);
  return text;
}

std::string json_of(const std::vector<Service>& services, std::string_view type) {
  auto all = nlohmann::json::array();
  for (const Service& service : services) {
    std::vector<std::string> capabilities;
    for (const std::string& capability : service.capabilities) capabilities.push_back(printable(capability));
    all.push_back({{"url", url_of(service, scheme_of(type))},
                   {"name", printable(service.name)},
                   {"host", service.host},
                   {"port", service.port},
                   {"path", service.path},
                   {"addresses", service.addresses},
                   {"capabilities", capabilities}});
  }
  return all.dump(2) + "\n";
}

}  // namespace edgeseal::enroll::discovery
