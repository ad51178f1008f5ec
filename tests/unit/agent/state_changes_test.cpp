#include <boost/test/unit_test.hpp>

#include "agent/error.h"
#include "tests/unit/agent/state_fixture.h"

using namespace edgeseal;
using namespace std::chrono_literals;
using agent::KeyStatus;
using agent::State;
using agent::TrustListGeneration;

namespace {

constexpr auto now = State::Clock::time_point(1000s);
constexpr auto later = State::Clock::time_point(2000s);

struct Fixture : test::StateFixture {
  const tpm::KeyId old_key = put_key(1, web);

  Fixture() {
    state->commit({{certificate(web, old_key, 0x10)}, {}, {list("web", 1)}}, now);
    publish_all();
  }
  // A new key and a new list, to be confirmed.
  tpm::KeyId change_unconfirmed() {
    const auto key = put_key(2, web);
    state->commit({{certificate(web, key, 0x20)}, {}, {list("web", 2)}, later}, now);
    return key;
  }
  [[nodiscard]] tpm::Bytes active_certificate() {
    const auto record = state->certificate(web);
    return record ? record->certificate : tpm::Bytes{};
  }
  [[nodiscard]] tpm::KeyId active_key() { return state->key(web, KeyStatus::active)->id; }
  [[nodiscard]] auto current() { return state->trust_list("web", "https", TrustListGeneration::current); }
  [[nodiscard]] auto previous() { return state->trust_list("web", "https", TrustListGeneration::previous); }
};

const std::vector<dbus::GroupName> web_https{{"web", "https"}};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(state_changes, Fixture)

BOOST_AUTO_TEST_CASE(a_commit_changes_certificates_and_lists_together_and_marks_their_groups) {
  const auto key = put_key(2, web);
  const auto generation = state->generation();
  state->commit({{certificate(web, key, 0x20)}, {}, {list("web", 2)}}, now);
  reopen();
  BOOST_TEST((active_key() == key));
  BOOST_TEST((active_certificate() == tpm::Bytes{std::byte{0x20}}));
  BOOST_TEST((state->key(old_key)->status == KeyStatus::retired));
  BOOST_TEST((*current() == list("web", 2)));
  BOOST_TEST((*previous() == list("web", 1)));
  BOOST_TEST((state->unpublished() == web_https));
  BOOST_TEST(state->generation() == generation + 1);
  BOOST_TEST(state->unconfirmed().empty());
}

BOOST_AUTO_TEST_CASE(a_commit_that_fails_changes_nothing) {
  auto nowhere = certificate(web, old_key, 0x20);
  nowhere.key_id.fill(std::byte{0x99});  // there is no such key
  BOOST_CHECK_THROW(state->commit({{nowhere}, {}, {list("web", 2)}, later}, now), agent::Error);
  BOOST_TEST((active_certificate() == tpm::Bytes{std::byte{0x10}}));
  BOOST_TEST((*current() == list("web", 1)));
  BOOST_TEST(state->unpublished().empty());
  BOOST_TEST(state->unconfirmed().empty());
}

BOOST_AUTO_TEST_CASE(two_generations_of_a_list_are_kept) {
  for (int content = 2; content < 5; ++content) state->commit({{}, {}, {list("web", content)}}, now);
  BOOST_TEST((*current() == list("web", 4)));
  BOOST_TEST((*previous() == list("web", 3)));
  state->restore_previous_trust_list("web", "https");
  BOOST_TEST((*current() == list("web", 3)));
  BOOST_TEST(!previous().has_value());
}

BOOST_AUTO_TEST_CASE(E20_a_deleted_key_is_gone_with_its_certificate) {
  state->commit({{}, {web}, {}}, now);
  BOOST_TEST(!state->key(old_key).has_value());
  BOOST_TEST(!state->certificate(web).has_value());
  BOOST_TEST((state->unpublished() == web_https));
}

BOOST_AUTO_TEST_CASE(what_is_not_confirmed_is_undone_also_after_a_restart) {
  const auto key = change_unconfirmed();
  publish_all();
  BOOST_TEST((active_key() == key));
  reopen();
  BOOST_REQUIRE(state->unconfirmed().size() == 1u);
  BOOST_TEST(state->unconfirmed().front().application == "web");
  BOOST_TEST((state->unconfirmed().front().confirm_by == later));
  tamper("UPDATE unconfirmed SET confirm_by = -9223372036854775807");
  BOOST_TEST((state->unconfirmed().front().confirm_by == State::Clock::time_point{}));
  state->roll_back("web", later);
  BOOST_TEST((active_key() == old_key));
  BOOST_TEST((active_certificate() == tpm::Bytes{std::byte{0x10}}));
  BOOST_TEST(state->certificate(web)->issuers.size() == 2u);
  BOOST_TEST((*current() == list("web", 1)));
  BOOST_TEST(!previous().has_value());
  BOOST_TEST((state->unpublished() == web_https));
  BOOST_TEST(state->unconfirmed().empty());
  const auto retired = state->retired_keys();
  BOOST_REQUIRE(retired.size() == 1u);
  BOOST_TEST((retired.front().id == key && retired.front().retired_at == later));
}

BOOST_AUTO_TEST_CASE(a_rollback_gives_back_both_generations_of_a_list) {
  state->commit({{}, {}, {list("web", 2)}}, now);
  state->commit({{}, {}, {list("web", 3)}, later}, now);
  state->roll_back("web", later);
  BOOST_TEST((*current() == list("web", 2)));
  BOOST_TEST((*previous() == list("web", 1)));
}

BOOST_AUTO_TEST_CASE(a_rollback_of_the_first_list_leaves_none) {
  state->commit({{}, {}, {list("plc", 2)}, later}, now);
  state->roll_back("plc", later);
  BOOST_TEST(!state->trust_list("plc", "https", TrustListGeneration::current).has_value());
}

BOOST_AUTO_TEST_CASE(a_rollback_after_the_new_list_was_found_damaged_takes_no_more_away) {
  state->commit({{}, {}, {list("web", 2)}, later}, now);
  state->restore_previous_trust_list("web", "https");
  state->roll_back("web", later);
  BOOST_TEST((*current() == list("web", 1)));
}

BOOST_AUTO_TEST_CASE(a_renewal_with_the_same_key_can_be_undone) {
  state->commit({{certificate(web, old_key, 0x20)}, {}, {}, later}, now);
  BOOST_TEST((active_certificate() == tpm::Bytes{std::byte{0x20}}));
  state->roll_back("web", later);
  BOOST_TEST((active_certificate() == tpm::Bytes{std::byte{0x10}}));
  BOOST_TEST((active_key() == old_key));
}

BOOST_AUTO_TEST_CASE(the_first_certificate_of_a_slot_can_be_undone) {
  const agent::Slot plc{"plc", "https", "https"};
  const auto key = put_key(5, plc);
  state->commit({{certificate(plc, key, 0x50)}, {}, {}, later}, now);
  state->roll_back("plc", later);
  BOOST_TEST(!state->certificate(plc).has_value());
  BOOST_TEST((state->key(key)->status == KeyStatus::retired));
}

BOOST_AUTO_TEST_CASE(a_key_that_a_rollback_needs_is_destroyed_only_after_it_was_confirmed) {
  const auto key = change_unconfirmed();
  publish_all();
  BOOST_TEST(state->retired_keys().empty());
  BOOST_TEST(!state->destroy_retired(old_key));
  state->confirm("web");
  BOOST_REQUIRE(state->retired_keys().size() == 1u);
  BOOST_TEST(state->destroy_retired(old_key));
  BOOST_TEST((active_key() == key));
  BOOST_TEST((*previous() == list("web", 1)));
  state->roll_back("web", later);  // there is nothing to undo any more
  BOOST_TEST((active_key() == key));
}

BOOST_AUTO_TEST_CASE(E20_a_deletion_can_be_undone_until_it_is_confirmed_and_then_the_key_is_gone) {
  state->commit({{}, {web}, {}, later}, now);
  BOOST_TEST(!state->certificate(web).has_value());
  BOOST_TEST((state->key(old_key)->status == KeyStatus::retired));
  state->roll_back("web", later);
  BOOST_TEST((active_certificate() == tpm::Bytes{std::byte{0x10}}));
  state->commit({{}, {web}, {}, later}, now);
  state->confirm("web");
  BOOST_TEST(!state->key(old_key).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_committed_on_top_of_what_is_unconfirmed_but_for_other_applications) {
  change_unconfirmed();
  BOOST_CHECK_EXCEPTION(state->commit({{}, {}, {list("web", 3)}}, now), agent::Error,
                        test::has_code(agent::Code::transaction_pending));
  BOOST_TEST((*current() == list("web", 2)));
  state->commit({{}, {}, {list("plc", 3)}}, now);
  state->roll_back("web", later);
  BOOST_TEST(state->trust_list("plc", "https", TrustListGeneration::current).has_value());
}

BOOST_AUTO_TEST_CASE(a_list_that_trusts_somebody_ends_setup_and_an_empty_one_does_not) {
  test::TemporaryDirectory other;
  State fresh(other.file("state"));
  fresh.put_application({"web", "urn:x:web", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
  fresh.commit({{}, {}, {agent::TrustListRecord{"web", "https"}}}, now);
  BOOST_TEST(fresh.setup_open());
  fresh.commit({{}, {}, {list("web", 1)}}, now);
  BOOST_TEST(!fresh.setup_open());
}

BOOST_AUTO_TEST_CASE(a_reset_leaves_what_a_new_application_has) {
  state->commit({{}, {}, {list("plc", 1)}}, now);
  change_unconfirmed();
  state->add_rejected({"web", "https", {std::byte{1}}, now}, 8);
  state->put_adopted({"/srv/pki", "web", "https", "milo"});
  publish_all();
  state->reset("web");
  reopen();
  BOOST_TEST(state->keys_of("web").empty());
  BOOST_TEST(!current().has_value());
  BOOST_TEST(state->rejected("web", "https").empty());
  BOOST_TEST(state->unconfirmed().empty());
  BOOST_TEST(state->application("web").has_value());
  BOOST_TEST(state->adopted().size() == 1u);
  BOOST_TEST((state->unpublished() == web_https));
  BOOST_TEST(!state->setup_open());  // the other one is configured
  state->accept_setup();
  state->reset("plc");
  BOOST_TEST(state->setup_open());
}

BOOST_AUTO_TEST_CASE(an_application_that_is_deleted_takes_its_unconfirmed_end_of_setup_with_it) {
  test::TemporaryDirectory other;
  State fresh(other.file("state"));
  fresh.accept_setup();
  for (const char* name : {"web", "plc"}) {
    fresh.put_application({name, "urn:x", "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
    fresh.commit({{}, {}, {list(name, 1)}, later}, now);
  }
  const auto before = fresh.generation();
  fresh.remove_application("web");
  BOOST_TEST((fresh.setup_flag() == agent::SetupFlag::verifying));  // by the other one
  fresh.remove_application("plc");
  BOOST_TEST(fresh.setup_open());
  BOOST_TEST(fresh.generation() == before + 2);
}

BOOST_AUTO_TEST_CASE(an_application_takes_all_of_its_trust_with_it) {
  change_unconfirmed();
  state->add_rejected({"web", "https", {std::byte{1}}, now}, 8);
  state->put_adopted({"/srv/pki", "web", "https", "milo"});
  state->remove_application("web");
  BOOST_TEST(state->unconfirmed().empty());
  BOOST_TEST(state->adopted().empty());
  BOOST_TEST(state->rejected("web", "https").empty());
  BOOST_TEST(!state->has_trust_list("web", "https"));
}

BOOST_AUTO_TEST_SUITE_END()
