#include "tests/memory/memory_search.h"

#include <sys/uio.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <system_error>
#include <unordered_map>

namespace edgeseal::test {
namespace {

constexpr std::size_t run_length = 16;
constexpr std::size_t step = std::size_t{1} << 20;

// Every run of the numbers, found by its first eight bytes.
class Runs {
 public:
  explicit Runs(const std::vector<PrivateNumber>& numbers) {
    for (const PrivateNumber& number : numbers) {
      add(number.name, number.octets);
      add(number.name, {number.octets.rbegin(), number.octets.rend()});
    }
  }

  // The number that a run at the place belongs to; nothing where there is none.
  [[nodiscard]] const std::string* at(const std::byte* place) const {
    const std::uint64_t head = head_of(place);
    if (!filter_->test(slot(head))) return nullptr;
    const auto [first, last] = runs_.equal_range(head);
    const auto found = std::find_if(first, last, [place](const auto& run) {
      return std::memcmp(run.second.rest.data(), place + sizeof head, run_length - sizeof head) == 0;
    });
    return found == last ? nullptr : &found->second.name;
  }

 private:
  struct Run {
    std::string name;
    std::array<std::byte, run_length - sizeof(std::uint64_t)> rest{};
  };
  using Filter = std::bitset<std::size_t{1} << 20>;  // says no for nearly all places

  static std::uint64_t head_of(const std::byte* place) {
    std::uint64_t head = 0;
    std::memcpy(&head, place, sizeof head);
    return head;
  }
  static std::size_t slot(std::uint64_t head) { return (head * 0x9e3779b97f4a7c15) >> 44; }

  void add(const std::string& name, const tpm::Bytes& octets) {
    for (std::size_t begin = 0; begin + run_length <= octets.size(); ++begin) {
      const std::byte* const place = octets.data() + begin;
      Run run{name, {}};
      std::memcpy(run.rest.data(), place + sizeof(std::uint64_t), run.rest.size());
      filter_->set(slot(head_of(place)));
      runs_.emplace(head_of(place), std::move(run));
    }
  }

  std::unique_ptr<Filter> filter_ = std::make_unique<Filter>();
  std::unordered_multimap<std::uint64_t, Run> runs_;
};

struct Mapping {
  std::size_t begin = 0, end = 0;
  bool readable = false, secret = false;
  std::string line;
};

std::vector<Mapping> mappings_of(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  std::vector<Mapping> mappings;
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    char dash = 0;
    std::string permissions, offset, device, inode, name;
    std::istringstream(line) >> std::hex >> mapping.begin >> dash >> mapping.end >> permissions >> offset >> device >>
        inode >> name;
    mapping.readable = permissions.starts_with('r');
    mapping.secret = name == "/secretmem" || name == "/memfd:edgeseal-secrets";
    mapping.line = line;
    mappings.push_back(mapping);
  }
  if (mappings.empty()) throw std::system_error(ESRCH, std::generic_category(), "maps of the process");
  return mappings;
}

// How much could be read.
std::size_t read_from(pid_t process, std::size_t address, std::span<std::byte> into) {
  const iovec local{into.data(), into.size()};
  const iovec remote{reinterpret_cast<void*>(address), into.size()};  // NOLINT(performance-no-int-to-ptr)
  const ssize_t size = ::process_vm_readv(process, &local, 1, &remote, 1, 0);
  if (size < 0 && errno != EFAULT && errno != EIO)
    throw std::system_error(errno, std::generic_category(), "process_vm_readv");
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

void search(pid_t process, const Mapping& mapping, const Runs& runs, MemorySearch& result) {
  std::vector<std::byte> buffer(step + run_length - 1);
  for (std::size_t begin = mapping.begin; begin < mapping.end; begin += step) {
    const std::size_t wanted = std::min(buffer.size(), mapping.end - begin);
    const std::size_t size = read_from(process, begin, std::span(buffer).first(wanted));
    (size == 0 ? result.not_readable : result.searched) += std::min(step, mapping.end - begin);
    for (std::size_t i = 0; i + run_length <= size; ++i)
      if (const std::string* const number = runs.at(buffer.data() + i))
        result.findings.push_back({*number, mapping.line, begin + i});
  }
}

}  // namespace

MemorySearch search_memory(pid_t process, const std::vector<PrivateNumber>& numbers) {
  const Runs runs(numbers);
  MemorySearch result;
  for (const Mapping& mapping : mappings_of(process)) {
    result.has_secret_mapping = result.has_secret_mapping || mapping.secret;
    if (mapping.readable && !mapping.secret) search(process, mapping, runs, result);
  }
  return result;
}

}  // namespace edgeseal::test
