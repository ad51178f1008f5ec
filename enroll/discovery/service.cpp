#include "enroll/discovery/service.h"

#include <fmt/format.h>

#include "enroll/error.h"
#include "enroll/printable.h"
#include "policy/network_names.h"

namespace edgeseal::enroll::discovery {

std::string url_of(const Service& service, std::string_view scheme) {
  return fmt::format("{}://{}:{}{}", scheme, service.host, service.port, service.path);
}

void require_query(const Query& query) {
  if (!policy::is_service_type(query.type))
    throw Error(ErrorClass::policy,
                fmt::format("\"{}\" is no type of a service: _NAME._tcp is, with up to 15 letters, digits and \"-\"",
                            printable(query.type)));
  if (!policy::is_host_name(query.domain))
    throw Error(ErrorClass::policy, fmt::format("\"{}\" is no domain", printable(query.domain)));
}

}  // namespace edgeseal::enroll::discovery
