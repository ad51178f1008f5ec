// What the agent's process still holds of a secret once the call that carried it has ended.

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/bus/bus_client.h"
#include "tests/bus/memory_file.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using ByteArray = std::vector<uint8_t>;
using Marker = std::array<uint8_t, 24>;

constexpr const char* kGroupPath = "/org/edgeseal/application/web/https";
constexpr uint64_t kLargestMapping = 256 * 1024 * 1024;  // larger is the shadow of a sanitizer
constexpr size_t kRepetitions = 2000;  // so many that what is freed and used again still shows some of them

Marker random_marker() {
  Marker marker{};
  std::random_device random;
  for (auto& octet : marker) octet = static_cast<uint8_t>(random());
  return marker;
}

// How this process may hold a marker without finding itself.
Marker inverted(Marker marker) {
  for (auto& octet : marker) octet = static_cast<uint8_t>(~octet);
  return marker;
}

std::string repeated(const Marker& marker, size_t times) {
  std::string secret;
  for (size_t i = 0; i < times; ++i) secret.append(marker.begin(), marker.end());
  return secret;
}

bool holds(const ByteArray& memory, const Marker& inverted_marker) {
  const int first = static_cast<uint8_t>(~inverted_marker[0]);
  const auto same = [](uint8_t present, uint8_t wanted) { return present == static_cast<uint8_t>(~wanted); };
  const uint8_t* at = memory.data();
  const uint8_t* end = at + memory.size();
  while (static_cast<size_t>(end - at) >= inverted_marker.size()) {
    at = static_cast<const uint8_t*>(memchr(at, first, static_cast<size_t>(end - at)));
    if (at == nullptr || static_cast<size_t>(end - at) < inverted_marker.size()) return false;
    if (std::equal(at, at + inverted_marker.size(), inverted_marker.begin(), same)) return true;
    ++at;
  }
  return false;
}

bool this_process_holds(const Marker& inverted_marker) {
  std::ifstream maps("/proc/self/maps");
  const sdbus::UnixFd memory(open("/proc/self/mem", O_RDONLY | O_CLOEXEC), sdbus::adopt_fd);
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    uint64_t begin = 0;
    uint64_t end = 0;
    char dash = 0;
    std::string rights;
    words >> std::hex >> begin >> dash >> end >> rights;
    if (!rights.starts_with("rw") || end - begin > kLargestMapping) continue;
    ByteArray content(end - begin);
    const ssize_t size = pread(memory.get(), content.data(), content.size(), static_cast<off_t>(begin));
    content.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    if (holds(content, inverted_marker)) return true;
  }
  return false;
}

using Call = std::function<void(sdbus::IConnection&, const Marker&)>;

// A client in a process of its own, forked before the service has threads: it makes a marker, waits for send(), calls,
// and reports the marker, inverted, when it has the answer.
class Client {
 public:
  explicit Client(const Call& call) {
    BOOST_REQUIRE(pipe2(go_.data(), O_CLOEXEC) == 0);
    BOOST_REQUIRE(pipe2(report_.data(), O_CLOEXEC) == 0);
    pid_ = fork();
    if (pid_ == 0) run(call);
  }
  ~Client() {
    for (const int fd : {go_[0], go_[1], report_[0], report_[1]}) close(fd);
    waitpid(pid_, nullptr, 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] Marker send() const {
    Marker marker{};
    BOOST_REQUIRE(write(go_[1], "!", 1) == 1);
    BOOST_REQUIRE(read(report_[0], marker.data(), marker.size()) == static_cast<ssize_t>(marker.size()));
    return marker;
  }

 private:
  [[noreturn]] void run(const Call& call) const {
    close(go_[1]);  // else the end of a failed parent would not be seen
    char go = 0;
    if (read(go_[0], &go, 1) != 1) _exit(1);
    const Marker marker = random_marker();
    const auto connection = sdbus::createSystemBusConnection();
    (void)error_of([&] { call(*connection, marker); });
    const Marker report = inverted(marker);
    _exit(write(report_[1], report.data(), report.size()) == static_cast<ssize_t>(report.size()) ? 0 : 1);
  }

  std::array<int, 2> go_{};
  std::array<int, 2> report_{};
  pid_t pid_ = -1;
};

struct Agent {
  explicit Agent(const Call& call) : client(call) {
    service.in_loop([](auto& ports, auto&) { return ports.groups.keeps_keys = false; });
  }

  std::string outcome() {
    const auto records = service.in_loop([](auto& ports, auto&) { return ports.audit.records; });
    BOOST_REQUIRE(records.size() == 1u);
    return records[0].success ? "done" : records[0].error;
  }

  PrivateBus bus;
  Client client;
  ServiceThread service{{}, [](auto& ports) { ports.agent.add({"web", "urn:web", "", {}, {}, {"https"}, "bus"}); }};
};

void import_key(sdbus::IConnection& connection, const std::string& type, const Marker& marker) {
  dbus::RemoteGroup group(connection, kGroupPath);
  group.ImportPrivateKey(type, memory_file(repeated(marker, kRepetitions)),
                         {{"passphrase", sdbus::Variant(memory_file(repeated(marker, 40)))}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(the_search_finds_what_is_there) {
  const Marker marker = random_marker();
  BOOST_TEST(this_process_holds(inverted(marker)));
}

BOOST_AUTO_TEST_CASE(a_key_and_its_passphrase_in_memory_files_leave_nothing) {
  Agent agent([](auto& connection, const Marker& marker) { import_key(connection, "https", marker); });
  const Marker marker = agent.client.send();
  BOOST_TEST(agent.outcome() == "done");
  BOOST_TEST(!this_process_holds(marker));
}

BOOST_AUTO_TEST_CASE(neither_do_those_of_a_refused_call) {
  Agent agent([](auto& connection, const Marker& marker) { import_key(connection, "", marker); });
  const Marker marker = agent.client.send();
  BOOST_TEST(agent.outcome() == "InvalidArgument");
  BOOST_TEST(!this_process_holds(marker));
}

BOOST_AUTO_TEST_CASE(nor_does_a_key_that_was_sent_as_bytes_where_a_descriptor_belongs) {
  Agent agent([](auto& connection, const Marker& marker) {
    const std::string key = repeated(marker, kRepetitions);
    sdbus::createProxy(connection, dbus::compat::ServiceName("org.edgeseal.Agent1"), sdbus::ObjectPath(kGroupPath))
        ->callMethod("ImportPrivateKey")
        .onInterface("org.edgeseal.CertificateGroup1")
        .withArguments(std::string("https"), ByteArray(key.begin(), key.end()),
                       std::map<std::string, sdbus::Variant>());
  });
  const Marker marker = agent.client.send();
  BOOST_TEST(!this_process_holds(marker));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
