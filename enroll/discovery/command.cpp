#include "enroll/discovery/command.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "enroll/discovery/avahi.h"
#include "enroll/discovery/listing.h"

namespace edgeseal::enroll::discovery {

void Command::add_to(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("discover", "Shows the servers that the network announces, none of them verified");
  command->add_option("TYPE", query_.type, "DNS-SD type of the service, as _est._tcp")->capture_default_str();
  command->add_option("--caps", query_.capability, "Only what announces this capability of OPC UA, as GDS");
  command->add_option("--domain", query_.domain, "Where to look")->capture_default_str();
  command->add_flag("--json", json_, "For programs: a JSON array");
  command_ = command;
}

int Command::run() const {
  const std::vector<Service> services = browse(query_);
  if (json_) fmt::print("{}", json_of(services, query_.type));
  if (services.empty()) {
    fmt::print(stderr,
               "nobody announces {}{}{} in {}; is the server in this network, and does a firewall let UDP port 5353 "
               "through?\n",
               query_.type, query_.capability.empty() ? "" : " with the capability ", query_.capability, query_.domain);
    return EXIT_FAILURE;
  }
  if (!json_) fmt::print("{}", table_of(services, query_.type));
  return EXIT_SUCCESS;
}

}  // namespace edgeseal::enroll::discovery
