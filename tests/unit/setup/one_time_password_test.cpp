#include "agent/setup/one_time_password.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "jose/bytes.h"
#include "tests/unit/setup/device_run.h"

using namespace edgeseal;
using agent::Code;

namespace {

struct Fixture : test::Device {
  std::optional<test::DeviceRun> run;
  agent::OneTimePassword::Settings password_settings{.pause = std::chrono::milliseconds(0), .iterations = 1};

  Fixture() { start(); }
  test::DeviceRun& start() {
    run.reset();
    agent::Setup::Settings settings;
    settings.open_by = {agent::OpenWay::password};
    return run.emplace(disk, chip, settings, password_settings).start();
  }
  void require_refused(const std::string& given, Code code) {
    BOOST_CHECK_EXCEPTION(run->submit(given), agent::Error, test::has_code(code));
  }

  static constexpr const char* wrong = "0000-0000-0000";
};

bool contains(const std::filesystem::path& directory, const std::string& text) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream content;
    content << std::ifstream(entry.path()).rdbuf();
    if (content.str().find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(one_time_password, Fixture)

BOOST_AUTO_TEST_CASE(C9_it_opens_setup_once) {
  const std::string password = run->make_password();
  BOOST_TEST(run->now() == "setup-locked");
  BOOST_TEST(run->password.remaining() == 5u);
  run->submit(password);
  BOOST_TEST(run->now() == "setup-open");
  BOOST_TEST(!run->password.exists());
  require_refused(password, Code::invalid_state);
}

BOOST_AUTO_TEST_CASE(C9_it_stays_used_over_a_restart_and_an_older_disk) {
  const std::string password = run->make_password();
  run.reset();
  save("before");
  start().submit(password);
  start();
  BOOST_TEST(run->now() == "setup-locked");
  require_refused(password, Code::invalid_state);
  run.reset();
  restore("before");
  start();
  require_refused(password, Code::invalid_state);
  BOOST_TEST(run->now() != "setup-open");
}

BOOST_AUTO_TEST_CASE(C9_neither_the_disk_nor_the_audit_has_it_in_the_clear) {
  const std::string password = run->make_password();
  std::string plain = password;
  std::erase(plain, '-');
  run->submit(password);
  const std::string second = run->make_password();
  std::string second_plain = second;
  std::erase(second_plain, '-');
  for (const std::string& secret : {password, plain, second, second_plain}) {
    BOOST_TEST(!contains(disk, secret));
    for (const auto& [kind, fields] : run->audited)
      for (const auto& [name, value] : fields) BOOST_TEST(value.find(secret) == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(C9_wrong_ones_cost_tries_and_the_last_one_destroys_it) {
  const std::string password = run->make_password();
  for (unsigned left = 5; left-- > 0;) {
    require_refused(wrong, Code::user_access_denied);
    BOOST_TEST(run->password.remaining() == left);
  }
  BOOST_TEST(run->now() == "locked-out");
  BOOST_TEST(!run->password.exists());
  require_refused(password, Code::invalid_state);
  BOOST_TEST(start().now() == "locked-out");
  BOOST_TEST(chip.anchor()->failed_tries == 5u);
}

BOOST_AUTO_TEST_CASE(C9_a_restart_gives_no_try_back) {
  const std::string password = run->make_password();
  for (int i = 0; i < 4; ++i) {
    require_refused(wrong, Code::user_access_denied);
    start();
  }
  BOOST_TEST(run->password.remaining() == 1u);
  run->submit(password);
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(killed_between_the_last_try_and_its_answer_it_is_destroyed_at_the_next_start) {
  (void)run->make_password();
  run.reset();
  auto anchor = *chip.anchor();
  anchor.failed_tries += 5;
  chip.set_anchor(anchor);
  start();
  BOOST_TEST(!run->password.exists());
  BOOST_TEST(run->now() == "locked-out");
}

BOOST_AUTO_TEST_CASE(one_without_tries_is_destroyed_where_somebody_guesses_before_the_start_could_do_it) {
  (void)run->make_password();
  auto anchor = *chip.anchor();
  anchor.failed_tries += 5;
  chip.set_anchor(anchor);
  require_refused(wrong, Code::invalid_state);
  BOOST_TEST(!run->password.exists());
  BOOST_TEST(run->now() == "locked-out");
}

BOOST_AUTO_TEST_CASE(C9_guesses_are_rate_limited) {
  password_settings.pause = std::chrono::hours(1);
  start();
  const std::string password = run->make_password();
  require_refused(wrong, Code::user_access_denied);
  require_refused(password, Code::busy);
  BOOST_TEST(run->password.remaining() == 4u);
}

BOOST_AUTO_TEST_CASE(one_guess_at_a_time) {
  const std::string password = run->make_password();
  int answers = 0, busy = 0;
  for (int i = 0; i < 100; ++i) {
    try {
      run->password.submit(std::as_bytes(std::span(std::string_view(wrong))),
                           [&](const std::variant<std::monostate, agent::Error>&) { ++answers; });
    } catch (const agent::Error& error) {
      busy += error.code() == Code::busy ? 1 : 0;
    }
  }
  run->run_until([&] { return answers == 1; });
  BOOST_TEST(busy == 99);
  BOOST_TEST(run->password.remaining() == 4u);
}

BOOST_AUTO_TEST_CASE(none_is_made_while_another_is_looked_at_and_none_looked_at_while_another_is_made) {
  const std::string old_one = run->make_password();
  bool answered = false;
  run->password.submit(std::as_bytes(std::span(std::string_view(wrong))), [&](const auto&) { answered = true; });
  BOOST_CHECK_EXCEPTION((void)run->make_password(), agent::Error, test::has_code(Code::busy));
  run->run_until([&] { return answered; });
  std::string new_one;
  run->password.make([&](const std::variant<agent::OneTimePassword::SecretPtr, agent::Error>& made) {
    new_one = jose::text_of(std::get<agent::OneTimePassword::SecretPtr>(made)->view());
  });
  require_refused(old_one, Code::busy);
  BOOST_CHECK_EXCEPTION((void)run->make_password(), agent::Error, test::has_code(Code::busy));
  run->run_until([&] { return !new_one.empty(); });
  run->submit(new_one);
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(one_that_was_not_made_keeps_no_other_from_being_made) {
  const auto anchor = chip.anchor();
  chip.set_anchor(std::nullopt);
  chip.set_owner_auth(tpm::Bytes{std::byte{1}});
  BOOST_CHECK_EXCEPTION((void)run->make_password(), agent::Error, test::has_code(Code::tpm_unavailable));
  chip.set_anchor(anchor);
  run->submit(run->make_password());
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(a_tpm_that_does_not_say_how_far_its_counter_is_destroys_none) {
  const std::string password = run->make_password();
  const auto anchor = chip.anchor();
  chip.set_anchor(std::nullopt);
  chip.set_owner_auth(tpm::Bytes{std::byte{1}});
  start();
  BOOST_TEST(!run->tries.unaccounted().has_value());
  BOOST_TEST(run->password.exists());
  chip.set_anchor(anchor);
  start().submit(password);
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(it_is_read_as_people_write_it) {
  std::string password = run->make_password();
  for (char& c : password) {
    if (c == '0') c = 'o';
    if (c == '1') c = 'L';
    if (c == '-') c = ' ';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  run->submit(password + "\n");
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_one_costs_no_try) {
  (void)run->make_password();
  for (const char* given : {"", "-", "short", "0123-4567-89ABC", "0123-4567-89A!", "UUUU-UUUU-UUUU"})
    require_refused(given, Code::invalid_argument);
  BOOST_TEST(run->password.remaining() == 5u);
}

BOOST_AUTO_TEST_CASE(a_new_one_takes_the_place_of_the_old_one) {
  const std::string old_one = run->make_password(), new_one = run->make_password();
  require_refused(old_one, Code::user_access_denied);
  run->submit(new_one);
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(an_old_hash_does_not_go_with_the_tries_of_a_new_password) {
  const std::string old_one = run->make_password();
  const auto old_record = *run->state.record("one-time-password");
  run->submit(old_one);
  (void)run->make_password();
  run->state.put_record("one-time-password", old_record);
  require_refused(old_one, Code::invalid_state);
}

BOOST_AUTO_TEST_CASE(its_hash_stays_as_it_is_on_disks_of_earlier_versions) {
  using namespace std::string_literals;
  (void)run->make_password();
  const agent::Bytes stored = *agent::SealedRecord(run->state, run->seal, "one-time-password").read();
  const std::string cbor(jose::text_of(stored));
  BOOST_REQUIRE(cbor.size() == 80u);
  BOOST_TEST(cbor.substr(0, 8) == "\xa4\x64hash\x58\x20"s);  // 32 octets, of any value
  BOOST_TEST(cbor.substr(40, 18) == "\x6aiterations\x01\x64salt\x50"s);
  BOOST_TEST(cbor.substr(74) == "\x64used\xf4"s);
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_read_is_refused_and_a_new_one_takes_its_place) {
  const std::string password = run->make_password();
  for (const char* damage : {"", "\xa1", "\x80"}) {
    agent::SealedRecord(run->state, run->seal, "one-time-password").write(jose::bytes_of(damage));
    require_refused(password, Code::security_checks_failed);
    start();
  }
  run->submit(run->make_password());
  BOOST_TEST(run->now() == "setup-open");
}

BOOST_AUTO_TEST_CASE(passwords_have_sixty_bits_and_differ) {
  std::set<std::string> seen;
  for (int i = 0; i < 20; ++i) {
    const std::string password = run->make_password();
    BOOST_TEST(password.size() == 14u);
    BOOST_TEST(password.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ-") == std::string::npos);
    seen.insert(password);
  }
  BOOST_TEST(seen.size() == 20u);
}

BOOST_AUTO_TEST_SUITE_END()
