#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "agent/keys/secret_mapping.h"

using namespace edgeseal;

namespace {

using Map = std::span<std::byte> (*)(std::size_t);
constexpr std::size_t size = 16384;

struct Kind {
  const char* name;
  Map map;
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << kind.name;
}
const Kind kinds[] = {{"/secretmem", agent::map_secret}, {"/memfd:edgeseal-secrets", agent::map_locked}};

// Its entry in /proc/self/smaps; empty where there is none.
std::string entry_of(const void* address) {
  std::ifstream file("/proc/self/smaps");
  std::ostringstream start;
  start << std::hex << reinterpret_cast<std::uintptr_t>(address) << '-';
  std::string entry;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(start.str()))
      entry = line;
    else if (!entry.empty())
      entry += "\n" + line;
    if (!entry.empty() && line.starts_with("VmFlags:")) return entry;
  }
  return entry;
}

bool kernel_has(const Kind& kind) {
  return kind.map != agent::map_secret || errno != ENOSYS;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_mapping)

BOOST_DATA_TEST_CASE(is_locked_left_out_of_dumps_and_known_by_its_name, kinds, kind) {
  const auto memory = kind.map(size);
  if (memory.empty() && !kernel_has(kind)) return;
  BOOST_REQUIRE(memory.size() == size);
  memory.back() = std::byte{1};
  const std::string entry = entry_of(memory.data());
  BOOST_TEST(entry.find(kind.name) != std::string::npos);
  const std::string flags = entry.substr(entry.find("VmFlags:")) + " ";
  for (const char* const flag : {" lo ", " dd ", " dc "})
    BOOST_TEST(flags.find(flag) != std::string::npos, flags << "lacks" << flag);
  ::munmap(memory.data(), memory.size());
}

BOOST_DATA_TEST_CASE(a_child_process_does_not_have_it, kinds, kind) {
  const auto memory = kind.map(size);
  if (memory.empty() && !kernel_has(kind)) return;
  BOOST_REQUIRE(!memory.empty());
  memory.front() = std::byte{1};
  const pid_t child = ::fork();
  if (child == 0) ::_exit(entry_of(memory.data()).empty() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  BOOST_TEST(status == 0);
  ::munmap(memory.data(), memory.size());
}

BOOST_AUTO_TEST_CASE(secret_memory_is_not_read_from_outside_even_by_root) {
  const auto memory = agent::map_secret(size);
  if (memory.empty() && errno == ENOSYS) return;
  memory.front() = std::byte{1};
  std::byte copy{};
  const iovec into{&copy, 1}, from{memory.data(), 1};
  BOOST_TEST(::process_vm_readv(::getpid(), &into, 1, &from, 1, 0) == -1);
  ::munmap(memory.data(), memory.size());
}

BOOST_DATA_TEST_CASE(what_cannot_be_had_is_empty, kinds, kind) {
  BOOST_TEST(kind.map(std::size_t{1} << 50).empty());
}

BOOST_AUTO_TEST_SUITE_END()
