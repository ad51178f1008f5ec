#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "agent/error.h"
#include "agent/state/sqlite.h"
#include "agent/state/state.h"
#include "agent/state/state_schema.h"
#include "tests/bus/needs_root.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/overwritten_index.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::KeyStatus;
using agent::Slot;
using agent::State;

namespace {

const Slot web{"web", "https", "https"};

struct Fixture {
  test::TemporaryDirectory directory;
  std::string path = directory.file("state");
  std::optional<State> state{std::in_place, path};

  Fixture() {
    state->put_application({"web",
                            "urn:x:web",
                            "",
                            {"user=root", "unit=a.service"},
                            {agent::SlotDeclaration::parse("https/https")},
                            "bus"});
  }
  void reopen() {
    state.reset();
    state.emplace(path);
  }
  tpm::KeyId put_key(std::uint8_t id) {
    agent::KeyRecord key;
    key.id.fill(std::byte{id});
    key.slot = web;
    key.public_key = {std::byte{id}};
    key.tpm_object.tss_private_key = {std::byte{1}};
    key.tpm_object.auth = tpm::SecretBytes(tpm::Bytes{std::byte{2}});
    state->put_pending_key(key);
    return key.id;
  }
  void activate(const tpm::KeyId& id, State::Clock::time_point now = State::Clock::now()) {
    state->commit({{{web, id, {std::byte{9}}, {{std::byte{8}}, {std::byte{7}}}}}}, now);
  }
};

bool is_unavailable(const agent::Error& error) {
  BOOST_TEST_MESSAGE(error.what());
  return error.code() == agent::Code::state_unavailable;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state, Fixture)

BOOST_AUTO_TEST_CASE(what_was_stored_is_there_after_a_restart) {
  const auto id = put_key(1);
  activate(id);
  state->record_storage_key_name(tpm::Bytes{std::byte{0}, std::byte{0xb}});
  reopen();
  const auto application = state->application("web");
  BOOST_REQUIRE(application);
  BOOST_TEST(application->access == (std::vector<std::string>{"user=root", "unit=a.service"}),
             boost::test_tools::per_element());
  BOOST_TEST(application->slots.size() == 1u);
  BOOST_TEST(state->storage_key_name()->size() == 2u);
  const auto certificate = state->certificate(web);
  BOOST_REQUIRE(certificate);
  BOOST_TEST((certificate->certificate == tpm::Bytes{std::byte{9}}));
  BOOST_TEST((certificate->issuers == std::vector<tpm::Bytes>{{std::byte{8}}, {std::byte{7}}}));
}

BOOST_AUTO_TEST_CASE(a_second_pending_key_takes_the_place_of_the_first) {
  const auto first = put_key(1);
  const auto second = put_key(2);
  BOOST_TEST(!state->key(first));
  BOOST_TEST((state->key(web, KeyStatus::pending)->id == second));
}

BOOST_AUTO_TEST_CASE(activation_retires_the_key_before) {
  const auto first = put_key(1);
  activate(first);
  BOOST_TEST(state->setup_open());  // whom the device trusts ends it
  const auto second = put_key(2);
  activate(second);
  BOOST_TEST((state->key(web, KeyStatus::active)->id == second));
  BOOST_TEST((state->key(first)->status == KeyStatus::retired));
  BOOST_TEST((state->certificate(first)->certificate == tpm::Bytes{std::byte{9}}));  // who still holds it may go on
}

BOOST_AUTO_TEST_CASE(a_renewal_with_the_same_key_replaces_its_certificate) {
  const auto id = put_key(1);
  activate(id);
  state->commit({{{web, id, {std::byte{10}}, {}}}}, State::Clock::now());
  BOOST_TEST((state->certificate(web)->certificate == tpm::Bytes{std::byte{10}}));
  BOOST_TEST(state->certificate(web)->issuers.empty());
  BOOST_TEST((state->key(id)->status == KeyStatus::active));
}

BOOST_AUTO_TEST_CASE(a_retired_key_is_destroyed_unless_the_published_directory_may_name_it) {
  const auto now = State::Clock::time_point(1000s);
  const auto first = put_key(1);
  activate(first, now);
  BOOST_TEST(!state->destroy_retired(first));  // it is active
  const auto second = put_key(2);
  activate(second, now);
  BOOST_REQUIRE(state->retired_keys().size() == 1u);
  const agent::RetiredKeyRecord retired = state->retired_keys().front();
  BOOST_TEST((retired.id == first && retired.slot == web));
  BOOST_TEST((retired.retired_at == now && retired.last_use == now));
  state->record_use(first, now + 5s);
  state->record_use(second, now + 5s);
  BOOST_TEST((state->retired_keys().front().last_use == now + 5s));
  BOOST_TEST(!state->destroy_retired(first));
  state->mark_published("web", "https");
  BOOST_TEST(!state->destroy_retired(second));
  BOOST_TEST(state->destroy_retired(first));
  BOOST_TEST(!state->key(first));
  BOOST_TEST(state->retired_keys().empty());
}

BOOST_AUTO_TEST_CASE(what_the_clocks_said_is_remembered) {
  BOOST_TEST(!state->clock_record().has_value());
  for (const auto time : {10s, 20s})
    state->put_clock_record({{{std::byte{7}}, time, 2 * time}, State::Clock::time_point(3 * time)});
  reopen();
  const auto record = state->clock_record();
  BOOST_REQUIRE(record.has_value());
  BOOST_TEST((record->reading.boot.front() == std::byte{7}));
  BOOST_TEST((record->reading.since_boot == 20s && record->reading.since_epoch == 40s));
  BOOST_TEST((record->time == State::Clock::time_point(60s)));
}

BOOST_AUTO_TEST_CASE(an_application_takes_its_keys_and_certificates_with_it) {
  const auto id = put_key(1);
  activate(id);
  state->remove_application("web");
  BOOST_TEST(!state->key(id));
  BOOST_TEST(!state->certificate(id));
  const auto unpublished = state->unpublished();
  BOOST_TEST((std::ranges::find(unpublished, dbus::GroupName{"web", ""}) != unpublished.end()));
}

BOOST_AUTO_TEST_CASE(what_changed_is_marked_until_it_is_published) {
  BOOST_TEST(state->unpublished().size() == 1u);
  state->mark_published("web", "https");
  activate(put_key(1));
  reopen();
  BOOST_REQUIRE(state->unpublished().size() == 1u);
  BOOST_TEST(state->unpublished().front().group == "https");
}

BOOST_AUTO_TEST_CASE(a_second_agent_on_the_same_state_is_refused_with_the_pid_of_the_first) {
  const pid_t child = ::fork();
  if (child == 0) {  // another process: flock(2) is per open file, and the pid must be told
    int status = 1;
    try {
      State second(path);
    } catch (const agent::Error& error) {
      status = std::string(error.what()).find("pid " + std::to_string(::getppid())) != std::string::npos ? 0 : 2;
    }
    ::_exit(status);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(the_state_of_a_later_release_is_refused) {
  state.reset();
  {
    agent::Database database(path + "/state.db");
    database.execute("PRAGMA user_version = 99");
  }
  BOOST_CHECK_EXCEPTION(State again(path), agent::Error, [](const agent::Error& error) {
    return is_unavailable(error) && std::string(error.what()).find("later release") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_damaged_database_is_refused_with_a_remedy) {
  state.reset();
  std::ofstream(path + "/state.db", std::ios::trunc) << std::string(8192, 'x');
  BOOST_CHECK_EXCEPTION(State again(path), agent::Error, [](const agent::Error& error) {
    return is_unavailable(error) && std::string(error.what()).find("remedy: ") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(an_index_that_was_overwritten_is_made_anew) {
  (void)put_key(1);
  state.reset();
  test::overwrite_index(path);
  state.emplace(path);
  BOOST_REQUIRE(state->key(web, KeyStatus::pending).has_value());
  reopen();
  BOOST_TEST((state->key(web, KeyStatus::pending)->public_key == tpm::Bytes{std::byte{1}}));
}

BOOST_AUTO_TEST_CASE(a_directory_that_others_may_write_is_refused) {
  state.reset();
  ::chmod(path.c_str(), 0777);
  BOOST_CHECK_EXCEPTION(State again(path), agent::Error, is_unavailable);
}

BOOST_AUTO_TEST_CASE(a_directory_that_the_agent_may_not_write_is_refused,
                     *boost::unit_test::precondition(test::is_root)) {
  state.reset();
  ::chmod(path.c_str(), 0755);
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 1;
    try {
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
      State again(path);
    } catch (const agent::Error& error) {
      status = error.code() == agent::Code::state_unavailable ? 0 : 2;
    }
    ::_exit(status);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(nobody_else_may_read_it) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0700u);
}

BOOST_AUTO_TEST_CASE(a_sealed_key_comes_back_as_it_was_put) {
  agent::KeyRecord key;
  key.id.fill(std::byte{5});
  key.slot = web;
  key.algorithm = tpm::KeyAlgorithm::ed25519;
  key.public_key = {std::byte{5}};
  key.protection = agent::KeyProtection::sealed;
  key.exposed = true;
  key.pcrs = 0x880;
  key.policy = agent::KeyPolicy::pcr;
  key.tpm_object = {{std::byte{1}}, tpm::SecretBytes(tpm::Bytes{std::byte{2}})};
  key.ciphertext = {std::byte{3}, std::byte{4}};
  state->put_pending_key(key);
  reopen();
  const auto stored = state->key(key.id);
  BOOST_REQUIRE(stored.has_value());
  BOOST_TEST((stored->algorithm == key.algorithm));
  BOOST_TEST((stored->protection == key.protection));
  BOOST_TEST(stored->exposed);
  BOOST_TEST(stored->pcrs == key.pcrs);
  BOOST_TEST((stored->policy == key.policy));
  BOOST_TEST((stored->ciphertext == key.ciphertext));
  BOOST_TEST(!stored->next_object.has_value());
  BOOST_TEST((state->keys_bound_to_pcrs() == std::vector<tpm::KeyId>{key.id}));

  state->put_next_object(key.id, {{std::byte{6}}, tpm::SecretBytes(tpm::Bytes{std::byte{7}})});
  BOOST_REQUIRE(state->key(key.id)->next_object.has_value());
  state->promote_and_put_next_object(key.id, {{std::byte{8}}, tpm::SecretBytes(tpm::Bytes{std::byte{9}})});
  BOOST_TEST((state->key(key.id)->tpm_object.tss_private_key == tpm::Bytes{std::byte{6}}));
  BOOST_TEST((state->key(key.id)->next_object->tss_private_key == tpm::Bytes{std::byte{8}}));
}

BOOST_AUTO_TEST_CASE(a_spare_key_is_taken_once) {
  const auto rsa = tpm::KeyAlgorithm::rsa_2048;
  state->put_spare_key({rsa, {std::byte{1}}, {{std::byte{2}}, tpm::SecretBytes(tpm::Bytes{std::byte{3}})}});
  BOOST_TEST(!state->take_spare_key(tpm::KeyAlgorithm::rsa_3072).has_value());
  reopen();
  const auto taken = state->take_spare_key(rsa);
  BOOST_REQUIRE(taken.has_value());
  BOOST_TEST((taken->public_key == tpm::Bytes{std::byte{1}}));
  BOOST_TEST(!state->take_spare_key(rsa).has_value());
}

BOOST_AUTO_TEST_CASE(the_latest_approvals_are_kept) {
  for (unsigned i = 0; i < 20; ++i)
    state->add_pcr_approval({{std::byte{9}}, 1U << i, {std::byte{1}}, {static_cast<std::byte>(i)}});
  const auto approvals = state->pcr_approvals();
  BOOST_REQUIRE(approvals.size() == tpm::KeyDevice::kMaxApprovals);
  BOOST_TEST(approvals.back().pcrs == 1U << 19);
}

BOOST_AUTO_TEST_CASE(each_activation_is_a_new_generation) {
  const auto before = state->generation();
  activate(put_key(1));
  activate(put_key(2));
  BOOST_TEST(state->generation() == before + 2);
}

// A state of an earlier release, with one application.
struct EarlierState {
  test::TemporaryDirectory directory;
  const std::string path = directory.file("state");
  std::optional<agent::Database> database;

  explicit EarlierState(std::size_t schema) {
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    database.emplace(path + "/state.db");
    for (const char* migration : agent::state_migrations().first(schema)) database->execute(migration);
    database->execute(
        "INSERT INTO application(name, application_uri, account, access, slots, origin) "
        "VALUES ('web', 'urn:x:web', '', '', 'https/https=ec-p256', 'bus')");
    database->execute(("PRAGMA user_version = " + std::to_string(schema)).c_str());
  }
  // What stands behind the columns of each schema for a key whose id is 32 times `mark`.
  void put_key(int mark, KeyStatus status, std::int64_t retired_at) {
    database->execute(("INSERT INTO key(id, application, certificate_group, certificate_type, algorithm, status, "
                       "public_key, tss_private_key, auth, retired_at) VALUES (x'" +
                       std::string(32, static_cast<char>('0' + mark)) + std::string(32, static_cast<char>('0' + mark)) +
                       "', 'web', 'https', 'https', 'ec-p256', " + std::to_string(static_cast<int>(status)) + ", x'0" +
                       std::to_string(mark) + "', x'02', x'03', " + std::to_string(retired_at) + ")")
                          .c_str());
  }
  [[nodiscard]] State upgraded() {
    database.reset();
    return State(path);
  }
};

BOOST_AUTO_TEST_CASE(a_state_of_the_first_schema_is_taken_over_with_its_keys) {
  EarlierState earlier(1);
  earlier.put_key(1, KeyStatus::active, 0);
  State upgraded = earlier.upgraded();
  const auto key = upgraded.key(web, KeyStatus::active);
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST((key->protection == agent::KeyProtection::tpm));
  BOOST_TEST(!key->exposed);
  BOOST_TEST((key->tpm_object.tss_private_key == tpm::Bytes{std::byte{2}}));
  BOOST_TEST(upgraded.application("web")->legacy.empty());
}

BOOST_AUTO_TEST_CASE(retired_keys_of_the_second_schema_are_unused_since_they_were_replaced) {
  EarlierState earlier(2);
  earlier.put_key(1, KeyStatus::active, 0);
  earlier.put_key(2, KeyStatus::retired, 1'000'000);
  earlier.put_key(3, KeyStatus::retired, 99'000'000'000);  // the clock was wrong then
  State upgraded = earlier.upgraded();
  const auto now = State::Clock::now();
  const auto retired = upgraded.retired_keys();
  BOOST_REQUIRE(retired.size() == 2u);
  BOOST_TEST((retired.front().retired_at == State::Clock::time_point(1'000'000s)));
  for (const auto& key : retired) {
    BOOST_TEST((key.last_use == key.retired_at));
    BOOST_TEST((key.retired_at <= now));
  }
  BOOST_TEST(!upgraded.clock_record().has_value());
}

BOOST_AUTO_TEST_CASE(what_the_second_schema_published_is_published_anew) {
  EarlierState earlier(2);
  earlier.put_key(1, KeyStatus::active, 0);
  State upgraded = earlier.upgraded();
  BOOST_TEST((upgraded.unpublished() == std::vector<dbus::GroupName>{{"web", "https"}}));
}

BOOST_AUTO_TEST_CASE(a_state_of_the_third_schema_is_taken_over_with_its_certificates) {
  EarlierState earlier(3);
  earlier.put_key(1, KeyStatus::active, 0);
  earlier.put_key(2, KeyStatus::retired, 1'000'000);
  const std::string first(64, '1'), second(64, '2');
  earlier.database->execute(("INSERT INTO certificate VALUES (x'" + first + "', x'09'), (x'" + second +
                             "', x'08'); INSERT INTO issuer VALUES (x'" + first + "', 0, x'07'), (x'" + first +
                             "', 1, x'06')")
                                .c_str());
  State upgraded = earlier.upgraded();
  const auto certificate = upgraded.certificate(web);
  BOOST_REQUIRE(certificate.has_value());
  BOOST_TEST((certificate->certificate == tpm::Bytes{std::byte{9}}));
  BOOST_TEST((certificate->issuers == std::vector<tpm::Bytes>{{std::byte{7}}, {std::byte{6}}}));
  BOOST_TEST(upgraded.certificate(upgraded.retired_keys().front().id).has_value());
  const auto application = upgraded.application("web");
  BOOST_TEST(application->trust_groups.empty());
  BOOST_TEST(application->server_capabilities.empty());
  BOOST_TEST(application->exports.empty());
  BOOST_TEST(!upgraded.has_trust_list("web", "https"));
  BOOST_TEST(upgraded.unconfirmed().empty());
}

BOOST_AUTO_TEST_CASE(in_a_state_of_the_fifth_schema_no_deletion_is_due) {
  EarlierState earlier(5);
  State upgraded = earlier.upgraded();
  BOOST_TEST(upgraded.application("web").has_value());
  BOOST_TEST(upgraded.deletions().empty());
  upgraded.put_deletions({"web"});
  BOOST_TEST(upgraded.deletions().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_deletion_is_due_until_its_application_is_deleted) {
  const std::vector<std::string> due{"web"};
  state->put_deletions({"web", "nobody"});
  state->put_deletions({"web"});
  reopen();
  BOOST_TEST(state->deletions() == due, boost::test_tools::per_element());
  const auto record = *state->application("web");
  state->put_application(record);  // changed, and not another one
  BOOST_TEST(state->deletions() == due, boost::test_tools::per_element());
  state->remove_application("web");
  state->put_application(record);
  BOOST_TEST(state->deletions().empty());
  state->put_deletions({"web"});
  state->remove_deletion("web");
  BOOST_TEST(state->deletions().empty());
}

BOOST_AUTO_TEST_SUITE_END()
