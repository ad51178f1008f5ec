#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <chrono>
#include <thread>

#include "tests/provider/fixture.h"

namespace edgeseal::tests {
namespace {

using fakes::KeyServer;
using Behaviour = KeyServer::Behaviour;

struct Refused {
  wire::Status status;
  const char* reason;
  const char* advice;
};

std::ostream& operator<<(std::ostream& out, const Refused& shown) {
  return out << shown.reason;
}

const std::vector<Refused> refusals{
    {wire::Status::bad_request, "agent refused the request", ""},
    {wire::Status::unknown_key, "unknown key", "edgesealctl application list"},
    {wire::Status::not_permitted, "not permitted", "add an access rule"},
    {wire::Status::key_retired, "key retired", "reload the key and its certificate"},
    {wire::Status::unsupported, "operation not supported by the key", ""},
    {wire::Status::busy, "agent busy", "try again"},
    {wire::Status::tpm_unavailable, "TPM unavailable", ""},
    {wire::Status::internal, "agent failed", "journal"},
};

struct Hostile {
  Behaviour behaviour;
  const char* reason;
};

std::ostream& operator<<(std::ostream& out, const Hostile& shown) {
  return out << static_cast<int>(shown.behaviour);
}

const std::vector<Hostile> hostile{{Behaviour::answer_garbage, "agent refused the request"},
                                   {Behaviour::answer_header_only, "malformed answer"},
                                   {Behaviour::answer_short, "malformed answer"},
                                   {Behaviour::answer_long, "malformed answer"},
                                   {Behaviour::answer_wrong_length, "malformed answer"},
                                   {Behaviour::answer_in_two_parts, "malformed answer"},
                                   {Behaviour::answer_other_id, "malformed answer"},
                                   {Behaviour::answer_other_operation, "malformed answer"},
                                   {Behaviour::answer_other_version, "speaks version 9"},
                                   {Behaviour::answer_unknown_status, "malformed answer"},
                                   {Behaviour::answer_oversized, "malformed answer"},
                                   {Behaviour::answer_huge, "malformed answer"}};

// With a time limit for agents that do not answer; long enough for those that do on a loaded machine.
struct ImpatientFixture : Fixture {
  Program impatient{directory, socket, "timeout-ms = 5000\n"};
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(failures)

BOOST_DATA_TEST_CASE_F(Fixture, a_refusal_names_cause_and_remedy, boost::unit_test::data::make(refusals), refused) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.refuse(KeyServer::Refusal{refused.status, "the agent's own words\x1b[31m"});
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  const std::string errors = take_errors();
  BOOST_TEST(contains(errors, refused.reason), errors);
  BOOST_TEST(contains(errors, refused.advice), errors);
  BOOST_TEST(contains(errors, "the agent's own words?[31m"), errors);
  BOOST_TEST(contains(errors, "key ec"), errors);
  server.refuse(std::nullopt);
  BOOST_TEST(!sign(program.context(), key.get(), "message").empty());
}

// Most programs print the reason alone.
BOOST_FIXTURE_TEST_CASE(a_reason_carries_the_fact_that_matters, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  const auto reason_of = [&](wire::Status status, const char* text) {
    server.refuse(KeyServer::Refusal{status, text}, 1);
    BOOST_TEST(sign(program.context(), key.get(), "message").empty());
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return std::string(reason != nullptr ? reason : "");
  };
  BOOST_TEST(reason_of(wire::Status::not_permitted, "no rule") ==
             "not permitted for uid " + std::to_string(::geteuid()));
  BOOST_TEST(reason_of(wire::Status::tpm_unavailable, "locked out until noon; wait") ==
             "TPM unavailable: locked out until noon");
  for (int i = 0; i < 40; ++i) {
    const std::string words = "locked out for " + std::to_string(i);
    const std::string reason = reason_of(wire::Status::tpm_unavailable, words.c_str());
    BOOST_TEST((reason == "TPM unavailable: " + words || (i > 8 && reason == "TPM unavailable")), reason);
  }
  BOOST_TEST(reason_of(wire::Status::not_permitted, "no rule") ==
             "not permitted for uid " + std::to_string(::geteuid()));
}

BOOST_FIXTURE_TEST_CASE(a_busy_agent_is_asked_again_after_the_time_it_said, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.refuse(KeyServer::Refusal{wire::Status::busy, "queue full", 5}, 2);
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(!sign(program.context(), key.get(), "message").empty());
  BOOST_TEST((std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(10)));
  BOOST_TEST(server.requests(wire::Operation::sign) == 3U);
  BOOST_TEST(take_errors() == "");
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_stays_busy_is_given_up, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.refuse(KeyServer::Refusal{wire::Status::busy, "queue full", 1});
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  const std::string errors = take_errors();
  BOOST_TEST(contains(errors, "agent busy"), errors);
  BOOST_TEST(contains(errors, "queue full; try again after 1 ms"), errors);
  BOOST_TEST(server.requests(wire::Operation::sign) == 4U);
}

BOOST_FIXTURE_TEST_CASE(a_pause_beyond_the_time_limit_is_not_waited_for, ImpatientFixture) {
  const PkeyPtr key = impatient.load_key("edgeseal:ec");
  server.refuse(KeyServer::Refusal{wire::Status::busy, "queue full", 60'000});
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(sign(impatient.context(), key.get(), "message").empty());
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(60)));
  BOOST_TEST(contains(take_errors(), "try again after 60000 ms"));
  BOOST_TEST(server.requests(wire::Operation::sign) == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_agent_without_room_for_a_connection_is_asked_again, Fixture) {
  const PkeyPtr key = program.read_key(pem_reference("ec", Material::get().ec.get()));
  server.behave(Behaviour::turn_away, 2);
  BOOST_TEST(!sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(server.connections() == 3U);
  BOOST_TEST(take_errors() == "");
  server.stop();
  server.start();
  server.behave(Behaviour::turn_away, 100);
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(contains(take_errors(), "key ec: too many connections; try again after 1 ms"));
}

BOOST_FIXTURE_TEST_CASE(an_unknown_name_is_told, Fixture) {
  BOOST_TEST(!program.load_key("edgeseal:nobody"));
  BOOST_TEST(contains(take_errors(), "key nobody: no such key"));
  BOOST_TEST(!program.load_key("edgeseal:"));
  BOOST_TEST(contains(take_errors(), "invalid key URI"));
  BOOST_TEST(!program.load_key("edgeseal:" + std::string(256, 'a')));
  BOOST_TEST(contains(take_errors(), "invalid key URI"));
}

BOOST_DATA_TEST_CASE_F(Fixture, a_hostile_agent_breaks_nothing, boost::unit_test::data::make(hostile), chosen) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.behave(chosen.behaviour);
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  const std::string errors = take_errors();
  BOOST_TEST(contains(errors, chosen.reason), errors);
  BOOST_TEST(signs(program, key));

  server.behave(chosen.behaviour);
  BOOST_TEST(!program.load_key("edgeseal:ec"));
  BOOST_TEST(program.load_key("edgeseal:ec"));
}

// To the client it is the end of the connection.
BOOST_FIXTURE_TEST_CASE(an_empty_answer_is_asked_for_again, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.behave(Behaviour::answer_nothing);
  BOOST_TEST(signs(program, key));
  server.behave(Behaviour::answer_nothing, 100);
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(contains(take_errors(), "agent closed the connection"));
}

BOOST_FIXTURE_TEST_CASE(a_second_answer_is_not_that_to_the_next_request, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.answer_digests();
  server.behave(Behaviour::answer_twice);
  const Bytes first(32, std::byte{1});
  const Bytes second(32, std::byte{2});
  BOOST_TEST((sign_digest(program.context(), key.get(), first, "SHA256") == first));
  BOOST_TEST(sign_digest(program.context(), key.get(), second, "SHA256").empty());
  BOOST_TEST(contains(take_errors(), "malformed answer"));
  BOOST_TEST((sign_digest(program.context(), key.get(), second, "SHA256") == second));
}

BOOST_FIXTURE_TEST_CASE(a_late_answer_is_not_that_to_the_next_request, ImpatientFixture) {
  const PkeyPtr key = impatient.load_key("edgeseal:ec");
  server.answer_digests();
  server.behave(Behaviour::answer_late);
  const Bytes first(32, std::byte{1});
  const Bytes second(32, std::byte{2});
  BOOST_TEST(sign_digest(impatient.context(), key.get(), first, "SHA256").empty());
  BOOST_TEST(contains(take_errors(), "agent did not answer in time"));
  BOOST_TEST((sign_digest(impatient.context(), key.get(), second, "SHA256") == second));
  BOOST_TEST(server.connections() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_signature_of_the_wrong_size_is_none, Fixture) {
  server.answer_digests();
  BOOST_TEST(sign(program.context(), program.load_key("edgeseal:rsa").get(), "message").empty());
  BOOST_TEST(contains(take_errors(), "an RSA signature of 32 bytes instead of 256"));
  const std::string long_message(200, 'm');
  BOOST_TEST(
      sign(program.context(), program.load_key("edgeseal:ed25519").get(), long_message, options_of("ed25519")).empty());
  BOOST_TEST(contains(take_errors(), "a signature of 200 bytes where at most 64 are possible"));
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_always_closes_is_given_up, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.behave(Behaviour::close, 100);
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(contains(take_errors(), "agent closed the connection"));
  BOOST_TEST(server.requests(wire::Operation::sign) <= 3U);
}

BOOST_FIXTURE_TEST_CASE(an_agent_that_does_not_answer_costs_the_time_limit, ImpatientFixture) {
  const PkeyPtr key = impatient.load_key("edgeseal:ec");
  server.behave(Behaviour::hold);
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(sign(impatient.context(), key.get(), "message").empty());
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(10)));  // which it is without a setting
  BOOST_TEST(contains(take_errors(), "agent did not answer in time"));
  BOOST_TEST(!sign(impatient.context(), key.get(), "message").empty());
}

BOOST_FIXTURE_TEST_CASE(a_missing_socket_is_told_with_its_path, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  server.stop();
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  const std::string errors = take_errors();
  BOOST_TEST(contains(errors, "agent not reachable"), errors);
  BOOST_TEST(contains(errors, socket.string()), errors);
  BOOST_TEST(contains(errors, "edgeseald.socket"), errors);
}

// As many as threads that signed at once left behind.
BOOST_FIXTURE_TEST_CASE(connections_of_before_a_restart_cost_no_request, Fixture) {
  const PkeyPtr key = program.load_key("edgeseal:ec");
  const auto sign_in_threads = [&] {
    constexpr int thread_count = 12;
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < thread_count; ++i) threads.emplace_back([&] { good += signs(program, key) ? 1 : 0; });
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(good == thread_count);
  };
  sign_in_threads();
  server.stop();
  server.start();
  BOOST_TEST(!sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(take_errors().empty());

  sign_in_threads();
  server.stop();
  BOOST_TEST(sign(program.context(), key.get(), "message").empty());
  BOOST_TEST(contains(take_errors(), "agent not reachable"));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_setting_is_told_when_a_key_is_asked_for, Fixture) {
  const std::string reference = pem_reference("ec", Material::get().ec.get());
  for (const char* wrong : {"timeout-ms = 0\n", "timeout-ms = soon\n", "timeout-ms = 600001\n", "timeout-ms = -5\n",
                            "fips = true\n", "socket = keys.sock\n",
                            "socket = /a/path/that/is/longer/than/the/address/of/a/socket/may/be/by/some/"
                            "characters/more/and/more/and/more/and/more/keys.sock\n"}) {
    const Program misconfigured(directory, socket, wrong);
    BOOST_TEST(!misconfigured.load_key("edgeseal:ec"));
    BOOST_TEST(contains(take_errors(), "invalid setting"));
    BOOST_TEST(!misconfigured.read_key(reference));
    BOOST_TEST(contains(take_errors(), "invalid setting"));
    BOOST_TEST(!misconfigured.is_active());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::tests
