// A program that reads what is published while it is published anew.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <thread>

#include "agent/certificates/certificate.h"
#include "agent/directories/directory.h"
#include "agent/publication/publication.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;

namespace {

constexpr std::size_t certificates = 1000;
constexpr std::size_t wanted_reads = 20;  // of each list
constexpr int max_exchanges = 1'000'000;

struct List {
  explicit List(const std::string& name) {
    const test::Authority authority(name);
    test::CertificateFields fields;
    for (std::size_t i = 0; i < certificates; ++i) {
      fields.name = name + " " + std::to_string(i);
      group.trust_list.trusted_certificates.push_back(authority.issue(fields));
      bundle += agent::pem("CERTIFICATE", group.trust_list.trusted_certificates.back());
    }
    prefix = name + " ";
  }
  agent::PublishedGroup group{.group = "application", .exports = {"milo"}};
  std::string bundle, prefix;
};

std::string content(int directory, const char* name) {
  const policy::UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 65536> part{};
  for (ssize_t size = 0; file && (size = ::read(file.get(), part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(size));
  return text;
}

std::vector<std::string> names_in(int directory, const char* path) {
  const policy::UniqueFd opened(::openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened ? agent::entries_of(opened.get()) : std::vector<std::string>{};
}

// Reads a whole generation again and again, in its own thread.
class Reader {
 public:
  Reader(std::string directory, const List& first, const List& second)
      : directory_(std::move(directory)), lists_{&first, &second}, thread_([this] {
          while (!ending_) read();
        }) {}
  ~Reader() { end(); }
  void end() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] bool has_seen_enough() const { return seen_[0] >= wanted_reads && seen_[1] >= wanted_reads; }
  std::set<std::string> mistakes;  // after end()

 private:
  void read() {
    const policy::UniqueFd generation(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!generation) return void(mistakes.insert("there was no generation at all"));
    const std::string bundle = content(generation.get(), "ca.pem");
    const auto is_in_it = [&](const List* list) { return bundle == list->bundle; };
    const auto list = std::ranges::find_if(lists_, is_in_it);
    if (list == lists_.end()) return void(mistakes.insert("the bundle is not that of a list"));
    require_names(**list, names_in(generation.get(), "trusted/certs"));
    require_names(**list, names_in(generation.get(), "export/milo/trusted/certs"));
    ++seen_[static_cast<std::size_t>(list - lists_.begin())];
  }

  void require_names(const List& list, const std::vector<std::string>& names) {
    if (names.size() != certificates) mistakes.insert(std::to_string(names.size()) + " certificates");
    for (const std::string& name : names)
      if (!name.starts_with(list.prefix)) mistakes.insert(name + " among those of the other list");
  }

  const std::string directory_;
  const std::array<const List*, 2> lists_;
  std::array<std::atomic<std::size_t>, 2> seen_{};
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(publication_exchange)

BOOST_AUTO_TEST_CASE(F16_a_reader_sees_the_old_or_the_new_generation_and_never_a_mix) {
  const test::TemporaryDirectory directory;
  agent::Publication publication(directory.file("pki"));
  const List first("first"), second("second");
  publication.prepare("server", {}, first.group).exchange();
  auto generation = publication.prepare("server", {}, second.group);
  Reader reader(publication.directory("server", "application"), first, second);
  for (int exchange = 0; exchange < max_exchanges && !reader.has_seen_enough(); ++exchange) generation.exchange();
  reader.end();
  BOOST_TEST(reader.has_seen_enough());
  for (const std::string& mistake : reader.mistakes) BOOST_ERROR(mistake);
}

BOOST_AUTO_TEST_SUITE_END()
