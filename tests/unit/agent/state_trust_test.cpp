#include <boost/test/unit_test.hpp>

#include "agent/error.h"
#include "agent/state/state_schema.h"
#include "tests/unit/agent/state_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::State;
using agent::TrustListGeneration;

namespace {

constexpr auto now = State::Clock::time_point(1000s);

bool is_damage(const agent::Error& error) {
  return error.code() == agent::Code::security_checks_failed &&
         std::string(error.what()).find("damaged") != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state_trust, test::StateFixture)

BOOST_AUTO_TEST_CASE(all_that_an_application_declares_comes_back) {
  agent::ApplicationRecord record{"server", "urn:x:server", "", {}, {}, "bus"};
  record.trust_groups = {"user-token", "application"};
  record.server_capabilities = {"DA", "HD"};
  record.exports = {"open62541"};
  state->put_application(record);
  reopen();
  BOOST_TEST((*state->application("server") == record));
  BOOST_TEST(
      (state->unpublished() == std::vector<dbus::GroupName>{{"server", "application"}, {"server", "user-token"}}));
  record.exports.clear();
  state->put_application(record);
  BOOST_TEST((*state->application("server") == record));
}

BOOST_AUTO_TEST_CASE(what_the_disk_changed_of_a_declaration_is_refused_with_a_remedy) {
  tamper("UPDATE application SET access = 'user:1000' WHERE name = 'web'");
  const auto is_refusal = [](const agent::Error& error) {
    return error.code() == agent::Code::state_unavailable &&
           std::string(error.what()).find("remedy: the database is damaged") != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION((void)state->applications(), agent::Error, is_refusal);
  BOOST_CHECK_EXCEPTION((void)state->application("web"), agent::Error, is_refusal);
  BOOST_TEST(state->application("plc").has_value());
}

BOOST_AUTO_TEST_CASE(a_trust_list_comes_back_to_the_last_bit) {
  BOOST_TEST(!state->has_trust_list("web", "https"));
  auto record = list("web", 7);
  record.list.trusted_certificates.clear();
  for (int i = 0; i < 1000; ++i) record.list.trusted_certificates.emplace_back(900, static_cast<std::byte>(i));
  state->commit({{}, {}, {record}}, now);
  reopen();
  BOOST_TEST((*state->trust_list("web", "https", TrustListGeneration::current) == record));
  BOOST_TEST(!state->trust_list("web", "https", TrustListGeneration::previous).has_value());
  BOOST_TEST(!state->trust_list("web", "tls", TrustListGeneration::current).has_value());
  BOOST_TEST(state->has_trust_list("web", "https"));
}

BOOST_AUTO_TEST_CASE(D11_stored_bytes_that_are_no_list_are_refused) {
  state->commit({{}, {}, {list("web", 7)}}, now);
  tamper("UPDATE trust_list SET list = x'ffffffff'");
  BOOST_CHECK_EXCEPTION((void)state->trust_list("web", "https", TrustListGeneration::current), agent::Error,
                        test::has_code(agent::Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(D11_a_flipped_byte_of_an_own_certificate_or_its_issuers_is_found) {
  for (const char* flip :
       {"UPDATE certificate SET certificate = x'11'", "UPDATE issuer SET certificate = x'00' WHERE position = 1",
        "DELETE FROM issuer WHERE position = 0", "UPDATE certificate SET digest = x''"}) {
    const auto key = put_key(1, web);
    state->commit({{certificate(web, key, 0x10)}, {}, {}}, now);
    BOOST_TEST(state->certificate(web).has_value());
    tamper(flip);
    BOOST_CHECK_EXCEPTION((void)state->certificate(web), agent::Error, is_damage);
    BOOST_CHECK_EXCEPTION((void)state->certificate(key), agent::Error, is_damage);
    state->commit({{certificate(web, key, 0x10)}, {}, {}}, now);  // what the message advises
    BOOST_TEST(state->certificate(web).has_value());
    state->reset("web");
  }
}

BOOST_AUTO_TEST_CASE(a_rollback_does_not_make_a_damaged_certificate_good) {
  state->commit({{certificate(web, put_key(1, web), 0x10)}, {}, {}}, now);
  tamper("UPDATE certificate SET certificate = x'11'");
  state->commit({{certificate(web, put_key(2, web), 0x20)}, {}, {}, now}, now);
  BOOST_TEST(state->certificate(web).has_value());
  state->roll_back("web", now);
  BOOST_CHECK_EXCEPTION((void)state->certificate(web), agent::Error, is_damage);
}

BOOST_AUTO_TEST_CASE(E22_the_newest_rejected_are_kept_each_once_newest_first) {
  const auto add = [this](int mark, int second) {
    state->add_rejected({"web", "https", {static_cast<std::byte>(mark)}, now + std::chrono::seconds(second)}, 3);
  };
  for (int mark = 1; mark <= 4; ++mark) add(mark, mark);
  add(3, -500);  // the clock was set back: it is the newest all the same
  state->add_rejected({"plc", "https", {std::byte{9}}, now}, 3);
  reopen();
  std::vector<int> marks;
  for (const auto& record : state->rejected("web", "https"))
    marks.push_back(std::to_integer<int>(record.certificate.front()));
  BOOST_TEST(marks == (std::vector<int>{3, 4, 2}), boost::test_tools::per_element());
  BOOST_TEST((state->rejected("web", "https").front().rejected_at == now - 500s));
  BOOST_TEST(state->rejected("plc", "https").size() == 1u);
}

BOOST_AUTO_TEST_CASE(adopted_directories_are_known_by_their_path) {
  state->put_adopted({"/srv/b", "web", "https", "milo"});
  state->put_adopted({"/srv/a", "plc", "https", "pem"});
  state->put_adopted({"/srv/b", "web", "https", "open62541"});
  reopen();
  BOOST_TEST((state->adopted() == std::vector<agent::AdoptedRecord>{{"/srv/a", "plc", "https", "pem"},
                                                                    {"/srv/b", "web", "https", "open62541"}}));
  state->remove_adopted("/srv/a");
  BOOST_TEST(state->adopted().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_list_after_a_generation_that_no_agent_writes_is_refused_as_damage) {
  state->commit({{}, {}, {list("web", 1)}}, now);
  for (const char* damage : {"UPDATE trust_list SET generation = 9223372036854775807",
                             "UPDATE trust_list SET generation = -9223372036854775807"}) {
    tamper(damage);
    BOOST_CHECK_EXCEPTION(state->commit({{}, {}, {list("web", 2)}}, now), agent::Error,
                          test::has_code(agent::Code::state_unavailable));
  }
}

BOOST_AUTO_TEST_CASE(a_time_that_no_clock_says_is_read_as_one_that_leaves_room_for_sums) {
  state->record_latest_time(now);
  state->put_clock_record({{{}, 1s, 2s}, now});
  tamper("UPDATE latest_time SET time = 9223372036854775807");
  tamper("UPDATE device_clock SET since_boot = -9223372036854775807, since_epoch = 9223372036854775807, time = -5");
  BOOST_TEST((state->latest_time() == agent::latest_kept_time));
  const auto record = state->clock_record();
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST((record->reading.since_boot == 0s));
  BOOST_TEST((record->reading.since_epoch == agent::latest_kept_time.time_since_epoch()));
  BOOST_TEST((record->time == State::Clock::time_point{}));
}

BOOST_AUTO_TEST_CASE(the_key_of_the_seal_and_the_latest_time_are_remembered) {
  BOOST_TEST(!state->seal_key().has_value());
  BOOST_TEST(!state->latest_time().has_value());
  state->record_seal_key({{std::byte{1}}, tpm::SecretBytes(tpm::Bytes{std::byte{2}})});
  for (const auto time : {now, now - 5s}) state->record_latest_time(time);
  reopen();
  BOOST_REQUIRE(state->seal_key().has_value());
  BOOST_TEST((state->seal_key()->tss_private_key == tpm::Bytes{std::byte{1}}));
  BOOST_TEST((state->seal_key()->auth.view().front() == std::byte{2}));
  BOOST_TEST((state->latest_time() == now - 5s));
}

BOOST_AUTO_TEST_SUITE_END()
