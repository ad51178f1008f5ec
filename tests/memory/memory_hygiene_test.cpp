#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "policy/unique_fd.h"
#include "tests/memory/memory_search.h"

using namespace edgeseal;

namespace {

const char* const algorithms[] = {"rsa-2048", "rsa-4096", "ec-p256", "ec-p384", "ec-p521", "ed25519"};

// key_holder.cpp in a process of its own. The key is known here only: there nobody asked for it.
class KeyHolder {
 public:
  KeyHolder() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    socket_.reset(ends[0]);
    const policy::UniqueFd theirs(ends[1]);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(theirs.get(), STDIN_FILENO);
      ::execl(EDGESEAL_KEY_HOLDER, EDGESEAL_KEY_HOLDER, nullptr);
      ::_exit(127);
    }
  }
  ~KeyHolder() {
    socket_.reset();
    ::waitpid(process_, nullptr, 0);
  }

  tpm::Bytes ask(tpm::ByteView record) {
    BOOST_REQUIRE(::send(socket_.get(), record.data(), record.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(record.size()));
    tpm::Bytes answer(8192);
    const ssize_t size = ::recv(socket_.get(), answer.data(), answer.size(), 0);
    BOOST_REQUIRE(size > 0);
    answer.resize(static_cast<std::size_t>(size));
    return answer;
  }
  tpm::Bytes ask(const std::string& command) { return ask(std::as_bytes(std::span(command))); }
  void tell(const std::string& command) { require_done(ask(command)); }
  void import_key(tpm::ByteView key) {
    BOOST_REQUIRE(::send(socket_.get(), "import", 6, MSG_NOSIGNAL) == 6);
    require_done(ask(key));
  }

  test::MemorySearch search(const std::vector<test::PrivateNumber>& numbers) const {
    const auto result = test::search_memory(process_, numbers);
    BOOST_TEST(result.has_secret_mapping);
    BOOST_TEST(result.searched > 1'000'000u);
    return result;
  }
  void check_clean(const std::vector<test::PrivateNumber>& numbers) const {
    for (const test::Finding& finding : search(numbers).findings)
      BOOST_ERROR(finding.number << " lies open at " << std::hex << finding.address << " in " << finding.mapping);
  }

 private:
  static void require_done(const tpm::Bytes& answer) {
    const std::string text(reinterpret_cast<const char*>(answer.data()), answer.size());
    BOOST_REQUIRE_MESSAGE(text == "done", text);
  }

  policy::UniqueFd socket_;
  pid_t process_ = -1;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_hygiene, KeyHolder)

BOOST_DATA_TEST_CASE(a_new_key_is_nowhere_but_in_the_secret_memory, algorithms, algorithm) {
  tell(std::string("make ") + algorithm);
  const auto numbers = test::private_numbers(ask("show"));
  check_clean(numbers);
  for (int i = 0; i < 40; ++i) tell("sign");  // RSA: blinding is made anew after 32
  check_clean(numbers);
  tell("drop");
  check_clean(numbers);
  tell("sign");
  check_clean(numbers);
}

BOOST_DATA_TEST_CASE(an_imported_key_is_nowhere_but_in_the_secret_memory, algorithms, algorithm) {
  KeyHolder source;
  source.tell(std::string("make ") + algorithm);
  const auto encoded = source.ask("show");
  const auto numbers = test::private_numbers(encoded);
  import_key(encoded);
  check_clean(numbers);
  tell("sign");
  tell("drop");
  check_clean(numbers);
}

// That the search would find something.
BOOST_DATA_TEST_CASE(a_copy_on_the_heap_is_found, algorithms, algorithm) {
  tell(std::string("make ") + algorithm);
  const auto numbers = test::private_numbers(ask("show"));
  tell("plant");
  const auto findings = search(numbers).findings;
  for (const test::PrivateNumber& number : numbers)
    BOOST_TEST(std::ranges::count(findings, number.name, &test::Finding::number) > 0, number.name);
}

BOOST_AUTO_TEST_SUITE_END()
