#pragma once

// edgesealctl as a program against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bus/private_bus.h"
#include "tests/bus/program.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {

[[nodiscard]] inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

[[nodiscard]] inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct CtlFixture {
  PrivateBus bus;
  ServiceThread service{
      {}, [](auto& ports) {
        ports.agent.add({"web", "urn:gw:web", "www-data", {"user=www-data"}, {}, {"https"}, "bus"});
        ports.agent.add(
            {"opcua-server", "urn:gw:opc", "", {}, {"pkcs1-decryption"}, {"application", "https"}, "/etc/x.toml"});
      }};

  [[nodiscard]] ProgramResult ctl(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), EDGESEALCTL);
    return run_program(arguments, bus.directory(), input);
  }
  // As from a service: there is no terminal to ask on.
  [[nodiscard]] ProgramResult ctl_without_terminal(std::vector<std::string> arguments,
                                                   const std::string& input = "") const {
    arguments.insert(arguments.begin(), {"setsid", "--wait", EDGESEALCTL});
    return run_program(arguments, bus.directory(), input);
  }
  [[nodiscard]] nlohmann::json ctl_json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const auto result = ctl(std::move(arguments));
    BOOST_TEST(result.status == 0);
    return nlohmann::json::parse(result.out);
  }
  [[nodiscard]] std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(bus.directory() / name, std::ios::binary) << content;
    return bus.directory() / name;
  }
  // How many descriptions the agent has still to give before that of now.
  [[nodiscard]] std::size_t awaited_descriptions() {
    return service.in_loop([](auto& ports, auto&) { return ports.agent.earlier_descriptions.size(); });
  }
  template <class Change>
  void change(Change change_ports) {
    service.in_loop([&](auto& ports, auto&) { return change_ports(ports), 0; });
  }
};

}  // namespace edgeseal::test
