// Every method that the service describes, called with random arguments: one after the other, several together, without
// an answer; and its properties.

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <set>

#include "dbus/compat.h"
#include "tests/bus/bus_client.h"
#include "tests/bus/described_methods.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/random_arguments.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

constexpr const char* kSeed = "EDGESEAL_RANDOM_SEED";
constexpr uint32_t kRounds = 2;  // in the second one there are the files, applications ... of the first one
constexpr uint32_t kCallsAsDescribed = 24;
constexpr uint32_t kOtherCalls = 8;
constexpr uint32_t kTogether = 8;  // fewer than a caller may have unanswered
constexpr uint32_t kUnanswered = 1;
constexpr uint64_t kAnswerMicroseconds = 120'000'000;
constexpr size_t kLongestMessage = 8192;  // a path may be named, which has 4096 bytes at most

uint32_t seed() {
  const char* given = std::getenv(kSeed);
  return given == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(given, nullptr, 10));
}

// What the agent, or sd-bus for it, may answer.
bool is_answer(const std::string& error) {
  const bool of_agent = error.find('.') == std::string::npos;
  return of_agent ? error != "InternalError" : error == "org.freedesktop.DBus.Error.InvalidArgs";
}

// What sd-bus answers for the properties, and the agent to what is too large.
bool is_answer_of_properties(const std::string& error) {
  static const std::string prefix = "org.freedesktop.DBus.Error.";
  const std::set<std::string> expected{"InvalidArgs", "PropertyReadOnly", "UnknownInterface", "UnknownProperty"};
  return error.empty() || error == "InvalidArgument" ||
         (error.starts_with(prefix) && expected.contains(error.substr(prefix.size())));
}

// Texts of the libraries' exceptions begin or are full with these.
bool tells_of_the_inside(const std::string& message) {
  for (const char* part : {"std::", "::", "basic_string", "vector", "bad_", "sdbus", "stoi", "stoul"}) {
    if (message.find(part) != std::string::npos) return true;
  }
  return message.size() > kLongestMessage;
}

// A call that was sent and is answered later.
class Flight {
 public:
  Flight(sd_bus* bus, sd_bus_message* call) {
    sent_ = sd_bus_call_async(bus, &slot_, call, &Flight::answered, this, kAnswerMicroseconds) >= 0;
  }
  ~Flight() { sd_bus_slot_unref(slot_); }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  [[nodiscard]] bool sent() const { return sent_; }
  [[nodiscard]] uint32_t answers() const { return answers_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  static int answered(sd_bus_message* answer, void* flight, sd_bus_error*) {
    auto& self = *static_cast<Flight*>(flight);
    ++self.answers_;
    if (const sd_bus_error* error = sd_bus_message_get_error(answer)) self.error_ = error->name;
    return 0;
  }

  sd_bus_slot* slot_ = nullptr;
  bool sent_ = false;
  uint32_t answers_ = 0;
  std::string error_;
};

struct Fixture {
  PrivateBus bus;
  // No argument names it, so that it is there to the end.
  ServiceThread service{{}, [](auto& ports) { ports.agent.add({"tested", "urn:gw", "", {}, {}, {"https"}, "bus"}); }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  std::vector<DescribedMethod> methods = described_methods(*connection, objects_of("tested"));
  uint32_t answers = 0;  // of the agent, since forget()
  uint32_t results = 0;  // those that are no errors, of all

  void forget() {
    answers = 0;
    service.in_loop([](auto& ports, auto&) {
      ports.audit.records.clear();
      return 0;
    });
  }

  // Changes of this caller, or those that wait to be confirmed.
  void change(bool applied) {
    service.in_loop([&](auto& ports, auto&) {
      ports.transactions.active.clear();
      ports.transactions.unconfirmed.clear();
      ports.busy.held.clear();
      if (applied) return ports.transactions.unconfirmed.insert("tested"), 0;
      return ports.transactions.active.insert({"tested", {connection->getUniqueName(), "", {}, {}, {}, {}}}), 0;
    });
  }

  void call(const DescribedMethod& method, const std::string& signature, RandomArguments& arguments) {
    std::string message;
    const std::string error = error_of_call(
        *connection, method, [&](auto& call) { arguments.append(dbus::compat::raw(call), signature); }, &message);
    if (error.find('.') == std::string::npos) ++answers;
    if (error.empty()) ++results;
    BOOST_TEST(is_answer(error), error << ": " << message);
    BOOST_TEST(!tells_of_the_inside(message), message);
  }

  // Calls them without waiting in between, then waits for all answers.
  void call_together(const std::vector<const DescribedMethod*>& together, uint32_t at) {
    sd_bus* raw = dbus::compat::raw(*connection);
    std::vector<std::unique_ptr<Flight>> flights;
    for (uint32_t number = 0; number < together.size(); ++number) {
      const auto proxy = proxy_of(*connection, together[number]->path);
      auto call = new_call(*proxy, *together[number]);
      RandomArguments({seed(), at, number, kTogether}).append(dbus::compat::raw(call), together[number]->arguments);
      flights.push_back(std::make_unique<Flight>(raw, dbus::compat::raw(call)));
      BOOST_TEST(flights.back()->sent());
    }
    const auto all_answered = [&] {
      return std::ranges::all_of(flights, [](const auto& flight) { return flight->answers() > 0; });
    };
    BOOST_TEST(pump_until(*connection, all_answered));
    for (const auto& flight : flights) {
      BOOST_TEST(flight->answers() == 1u);
      const std::string& error = flight->error();
      BOOST_TEST((error.empty() || error.starts_with("org.edgeseal.Error.")), error);
      BOOST_TEST(error != "org.edgeseal.Error.InternalError");
      ++answers;
    }
  }

  // Of org.freedesktop.DBus.Properties.
  std::string error_of_property(const char* method, const std::string& path, const std::string& signature,
                                const std::function<void(sd_bus_message*)>& append) {
    const DescribedMethod described{path, "org.freedesktop.DBus.Properties", method, signature, {}};
    std::string message;
    const auto error = error_of_call(
        *connection, described, [&](auto& call) { append(dbus::compat::raw(call)); }, &message);
    BOOST_TEST(is_answer_of_properties(error), error << ": " << message);
    BOOST_TEST(!tells_of_the_inside(message), message);
    return error;
  }

  std::map<std::string, sdbus::Variant> properties(const std::string& path, const std::string& interface) {
    std::map<std::string, sdbus::Variant> all;
    proxy_of(*connection, path)
        ->callMethod("GetAll")
        .onInterface("org.freedesktop.DBus.Properties")
        .withArguments(interface)
        .storeResultsTo(all);
    return all;
  }

  // On a connection of its own, which the bus may end.
  template <class Append>
  std::string error_of_own(const Append& append) {
    const auto sender = sdbus::createSystemBusConnection();
    return error_of_call(*sender, methods.front(), [&](auto& call) { append(dbus::compat::raw(call)); });
  }

  // Three bytes; sd-bus itself wouldn't send every text.
  std::string error_of_text(const char* three_bytes) {
    return error_of_own([&](sd_bus_message* message) {
      sd_bus_message_append(message, "sa{sv}", "abc", 0);
      sd_bus_message_seal(message, 1000, kAnswerMicroseconds);
      const char* text = nullptr;
      sd_bus_message_read(message, "s", &text);
      std::memcpy(const_cast<char*>(text), three_bytes, 3);
    });
  }

  std::string error_of_depth(size_t depth) {
    return error_of_own([&](sd_bus_message* message) {
      for (size_t left = depth; left > 0; --left) {
        sd_bus_message_open_container(message, SD_BUS_TYPE_VARIANT, left > 1 ? "v" : "y");
      }
      sd_bus_message_append(message, "y", 1);
      for (size_t left = depth; left > 0; --left) sd_bus_message_close_container(message);
    });
  }

  // Exactly one record for each answer, and nothing that nobody expected.
  void check_audit() {
    const auto [records, unexpected] = service.in_loop(
        [](auto& ports, auto&) { return std::pair(ports.audit.records.size(), ports.audit.internal_errors); });
    BOOST_TEST(records == answers);
    BOOST_TEST(unexpected == std::vector<std::string>{}, boost::test_tools::per_element());
  }

  void check_service() {
    BOOST_TEST(dbus::RemoteAgent(*connection, "/org/edgeseal").Version() == "1.2.3");
    BOOST_TEST(dbus::RemoteGroup(*connection, objects_of("tested").back()).Directory() == "/pki/tested/https");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(random_calls, Fixture)

BOOST_AUTO_TEST_CASE(every_method_answers_whatever_it_is_called_with) {
  std::cout << kSeed << "=" << seed() << std::endl;
  BOOST_TEST(methods.size() > 40u);
  for (uint32_t at = 0; at < kRounds * methods.size(); ++at) {
    const auto& method = methods[at % methods.size()];
    forget();
    for (uint32_t number = 0; number < kCallsAsDescribed + kOtherCalls; ++number) {
      change(number % 8 == 0);
      RandomArguments arguments({seed(), at, number});
      const auto signature = number < kCallsAsDescribed ? method.arguments : arguments.signature();
      BOOST_TEST_CONTEXT(kSeed << "=" << seed() << ", call " << number << " of " << method.declared.member << ", \""
                               << signature << "\"") {
        call(method, signature, arguments);
      }
    }
    BOOST_TEST_CONTEXT(kSeed << "=" << seed() << ", after the calls of " << method.declared.member) {
      check_audit();
      check_service();
    }
  }
  BOOST_TEST(results > kRounds * methods.size() * kCallsAsDescribed / 5);  // else the checks alone were tested
}

BOOST_AUTO_TEST_CASE(calls_that_want_no_answer_are_handled_as_the_others_are) {
  forget();
  for (uint32_t at = 0; at < kRounds * methods.size(); ++at) {
    change(at % 8 == 0);
    const auto& method = methods[at % methods.size()];
    const auto proxy = proxy_of(*connection, method.path);
    auto call = new_call(*proxy, method);
    RandomArguments({seed(), at, kUnanswered}).append(dbus::compat::raw(call), method.arguments);
    call.dontExpectReply();
    proxy->callMethod(call);
    ++answers;
    check_service();  // the calls of a connection are handled in their order
  }
  check_audit();
}

BOOST_AUTO_TEST_CASE(calls_that_are_sent_together_get_one_answer_each) {
  std::mt19937 random(seed());
  for (uint32_t at = 0; at < methods.size(); ++at) {
    forget();
    change(at % 8 == 0);
    std::vector<const DescribedMethod*> together;
    for (uint32_t left = kTogether; left > 0; --left) together.push_back(&methods[random() % methods.size()]);
    BOOST_TEST_CONTEXT(kSeed << "=" << seed() << ", batch " << at) {
      call_together(together, at);
      check_audit();
    }
  }
  check_service();
}

BOOST_AUTO_TEST_CASE(properties_are_read_by_everybody_and_written_by_nobody) {
  std::set<std::pair<std::string, std::string>> interfaces;
  for (const auto& method : methods) interfaces.emplace(method.path, method.interface);
  uint32_t at = 0;
  for (const auto& [path, interface] : interfaces) {
    const auto before = properties(path, interface);
    for (const auto& property : before) {
      const std::string& name = property.first;
      const auto append_name = [&, &on = interface](sd_bus_message* message) {
        sd_bus_message_append(message, "ss", on.c_str(), name.c_str());
      };
      BOOST_TEST_CONTEXT(interface << "." << name) {
        BOOST_TEST(error_of_property("Get", path, "ss", append_name) == "");
        const auto error = error_of_property("Set", path, "ssv", [&](sd_bus_message* message) {
          append_name(message);
          RandomArguments({seed(), ++at}).append(message, "v");
        });
        BOOST_TEST((error == "org.freedesktop.DBus.Error.PropertyReadOnly" || error == "InvalidArgument"), error);
      }
    }
    for (const auto& [method, signature] : {std::pair("Get", "ss"), std::pair("Set", "ssv"), std::pair("GetAll", "s")})
      (void)error_of_property(method, path, signature, [&, &types = signature](sd_bus_message* message) {
        RandomArguments({seed(), ++at}).append(message, types);
      });
    BOOST_TEST(properties(path, interface).size() == before.size());
  }
  check_service();
}

BOOST_AUTO_TEST_CASE(what_the_bus_forbids_ends_the_connection_of_its_sender_alone) {
  forget();
  BOOST_TEST(error_of_text("\xc3\x28\xff") == "org.freedesktop.DBus.Error.Disconnected");
  BOOST_TEST(error_of_depth(RandomArguments::kDeepest + 1) == "org.freedesktop.DBus.Error.Disconnected");
  check_audit();
  check_service();
}

BOOST_AUTO_TEST_CASE(what_the_bus_just_lets_through_is_refused) {
  forget();
  BOOST_TEST(error_of_depth(RandomArguments::kDeepest) == "org.freedesktop.DBus.Error.InvalidArgs");
  BOOST_TEST(error_of_text("\xef\xbf\xbf") == "InvalidArgument");  // U+FFFF: the bus takes it for UTF-8, sd-bus doesn't
  answers = 1;
  check_audit();
  check_service();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
