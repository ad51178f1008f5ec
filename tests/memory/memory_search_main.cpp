// Whether a private key lies open in the memory of a process: exits with 0 where it does not, 1 where it does.
// usage: edgeseal-memory-search PID KEY-FILE
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/memory/memory_search.h"

namespace {

using namespace edgeseal;

tpm::Bytes read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  in.exceptions(std::ios::badbit | std::ios::failbit);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

int search(pid_t process, const char* key_file) {
  const auto result = test::search_memory(process, test::private_numbers(read_file(key_file)));
  for (const test::Finding& finding : result.findings)
    std::cout << finding.number << " at " << std::hex << finding.address << " in " << finding.mapping << "\n";
  std::cout << std::dec << result.findings.size() << " runs in " << result.searched << " bytes\n";
  return result.findings.empty() && result.searched > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3) return search(std::stoi(argv[1]), argv[2]);
    std::cerr << "usage: " << argv[0] << " PID KEY-FILE\n";
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << "\n";
  }
  return 2;
}
