#include "agent/trust/trust_list_files.h"

#include <boost/test/unit_test.hpp>

#include "agent/trust/trust_list_changes.h"
#include "tests/unit/trust/trust_fixture.h"

namespace edgeseal::agent {
namespace {

using namespace std::chrono_literals;
using test::has_code;

struct Fixture : test::TrustFixture {
  explicit Fixture(std::size_t max_size = 100'000) : TrustFixture({max_size, {}}) { open_files({}); }

  void open_files(const TrustListFiles::Settings& file_settings) {
    changes.reset();
    files.emplace(loop, *lists, transactions, file_settings,
                  [this](const TransactionOwner& owner, const dbus::GroupName& group, const TrustList& written) {
                    changes->replace(owner, group, written);
                  });
    changes.emplace(
        *lists, transactions, *files, [this] { return now; },
        [this](const TransactionOwner& owner, const dbus::GroupName& group, CheckedTrustList list) {
          transactions.join(owner, group.application).put(std::move(list));
        });
  }
  [[nodiscard]] Bytes read_all(std::uint32_t handle) {
    Bytes all;
    for (Bytes part; !(part = files->read(alice, https, handle, 100)).empty();)
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }
  [[nodiscard]] TrustList list_of(std::uint32_t handle) { return decode_trust_list(read_all(handle)); }
  std::uint32_t open(std::uint8_t mode) { return files->open(alice, https, mode); }
  std::uint32_t written(const TrustList& content) {
    const std::uint32_t handle = open(TrustListFiles::mode_write);
    files->write(alice, https, handle, encode_trust_list(content));
    return handle;
  }
  void apply() {
    const StagedChanges staged = transactions.begin_apply(alice, "web");
    for (const CheckedTrustList& list : staged.trust_lists) commit(list);
    (void)transactions.end_apply("web", {}, "Good");
  }

  const TransactionOwner alice{":1.1", "a"}, other_session{":1.1", "b"}, bob{":1.2", ""};
  Transactions transactions{[this] { return now; }, [](const std::string&, const StagedChanges&) {}};
  std::optional<TrustListFiles> files;
  std::optional<TrustListChanges> changes;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trust_list_files, Fixture)

BOOST_AUTO_TEST_CASE(F2_open_with_masks_gives_those_lists_and_no_others) {
  const TrustList whole = list();
  put(whole);
  for (TrustListMask mask = 0; mask <= all_lists_mask; ++mask) {
    const std::uint32_t handle = files->open_with_masks(alice, https, mask);
    BOOST_TEST((list_of(handle) == select(whole, mask)), mask);
    files->close(alice, https, handle);
  }
  BOOST_CHECK_EXCEPTION((void)files->open_with_masks(alice, https, 16), Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(F2_what_is_written_changes_those_lists_and_no_others) {
  const TrustList whole = list();
  put(whole);
  const TrustList crls{.specified = trusted_crls_mask, .trusted_crls = {root.crl()}};
  files->close_and_update(alice, https, written(crls));
  apply();
  BOOST_TEST((lists->record(https).list.trusted_crls == crls.trusted_crls));
  BOOST_TEST((lists->record(https).list.issuer_crls == whole.issuer_crls));
  BOOST_TEST((lists->record(https).list.trusted_certificates == whole.trusted_certificates));
}

BOOST_AUTO_TEST_CASE(F3_there_are_two_modes) {
  for (unsigned mode = 0; mode < 256; ++mode)
    if (mode != 1 && mode != 6)
      BOOST_CHECK_EXCEPTION((void)open(static_cast<std::uint8_t>(mode)), Error, has_code(Code::not_supported));
  BOOST_TEST(files->open_count(https) == 0u);
}

BOOST_AUTO_TEST_CASE(F4_close_discards_what_was_written) {
  const TrustList whole = list();
  put(whole);
  files->close(alice, https, written({}));
  BOOST_TEST(transactions.staged("web")->trust_lists.empty());
  apply();
  BOOST_TEST((lists->record(https).list == whole));
}

BOOST_AUTO_TEST_CASE(F5_what_is_refused_changes_nothing_and_closes_the_handle) {
  const TrustList whole = list();
  put(whole);
  TrustList bad = list();
  bad.trusted_certificates.push_back({std::byte{1}});
  const std::uint32_t handle = written(bad);
  BOOST_CHECK_EXCEPTION(files->close_and_update(alice, https, handle), Error, has_code(Code::certificate_invalid));
  BOOST_TEST(files->open_count(https) == 0u);
  BOOST_TEST(transactions.staged("web")->trust_lists.empty());
  apply();
  BOOST_TEST((lists->record(https).list == whole));
  const std::uint32_t garbage = open(TrustListFiles::mode_write);
  files->write(alice, https, garbage, Bytes(7));
  BOOST_CHECK_EXCEPTION(files->close_and_update(alice, https, garbage), Error, has_code(Code::invalid_argument));
  BOOST_TEST(!files->open_for_writing(https));
}

BOOST_AUTO_TEST_CASE(F6_reads_before_apply_changes_give_the_old_list) {
  const TrustList old = list();
  put(old);
  const TrustList next{.trusted_certificates = {intermediate.certificate(), root.certificate()}};
  files->close_and_update(alice, https, written(next));
  BOOST_TEST((list_of(open(TrustListFiles::mode_read)) == old));
  apply();
  BOOST_TEST((list_of(open(TrustListFiles::mode_read)) == next));
}

BOOST_AUTO_TEST_CASE(F7_a_handle_that_is_idle_is_closed) {
  open_files({20ms, 64, 16});
  const std::uint32_t reading = open(TrustListFiles::mode_read), writing = open(TrustListFiles::mode_write);
  BOOST_TEST(files->open_count(https) == 2u);
  run_until([&] { return files->open_count(https) == 0; });
  BOOST_CHECK_EXCEPTION((void)files->position(alice, https, reading), Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(files->write(alice, https, writing, Bytes(1)), Error, has_code(Code::invalid_argument));
  BOOST_CHECK_NO_THROW(apply());  // no list is open for writing any more
}

BOOST_AUTO_TEST_CASE(F7_each_use_prolongs_its_life) {
  open_files({5s, 64, 16});
  const std::uint32_t used = open(TrustListFiles::mode_read);
  (void)open(TrustListFiles::mode_read);
  run_until([&] {
    (void)files->position(alice, https, used);
    return files->open_count(https) == 1;
  });
  BOOST_TEST(files->position(alice, https, used) == 0u);
}

BOOST_AUTO_TEST_CASE(F8_more_than_the_limit_is_not_taken) {
  const std::uint32_t handle = open(TrustListFiles::mode_write);
  files->write(alice, https, handle, Bytes(lists->max_size()));
  BOOST_CHECK_EXCEPTION(files->write(alice, https, handle, Bytes(1)), Error, has_code(Code::request_too_large));
  files->set_position(alice, https, handle, 10);
  BOOST_CHECK_NO_THROW(files->write(alice, https, handle, Bytes(1)));  // in the place of another
}

BOOST_AUTO_TEST_CASE(F9_no_certificate_is_added_or_removed_while_the_list_is_open_for_writing) {
  put(list());
  const std::uint32_t handle = open(TrustListFiles::mode_write);
  BOOST_CHECK_EXCEPTION(changes->add(alice, https, root.issue(), true), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(changes->remove(alice, https, std::string(40, 'a'), true), Error,
                        has_code(Code::invalid_state));
  files->close(alice, https, handle);
  BOOST_CHECK_NO_THROW(changes->add(alice, https, root.issue(), true));
}

BOOST_AUTO_TEST_CASE(F12_a_reader_has_a_snapshot) {
  const TrustList old = list();
  put(old);
  const std::uint32_t handle = open(TrustListFiles::mode_read);
  const Bytes begin = files->read(alice, https, handle, 10);
  put({});
  Bytes all = begin;
  const Bytes rest = read_all(handle);
  all.insert(all.end(), rest.begin(), rest.end());
  BOOST_TEST((decode_trust_list(all) == old));
}

BOOST_AUTO_TEST_CASE(a_handle_belongs_to_bus_name_session_and_group) {
  const std::uint32_t handle = open(TrustListFiles::mode_read);
  const auto refused = [&](const TransactionOwner& owner, const dbus::GroupName& group) {
    BOOST_CHECK_EXCEPTION((void)files->read(owner, group, handle, 1), Error, has_code(Code::invalid_argument));
    BOOST_CHECK_EXCEPTION(files->close(owner, group, handle), Error, has_code(Code::invalid_argument));
  };
  refused(bob, https);
  refused(other_session, https);
  refused(alice, {"web", "user-token"});
  BOOST_TEST(files->open_count(https) == 1u);
}

BOOST_AUTO_TEST_CASE(a_list_is_open_for_writing_once_and_holds_up_apply_changes) {
  const std::uint32_t handle = open(TrustListFiles::mode_write);
  BOOST_CHECK_EXCEPTION((void)open(TrustListFiles::mode_write), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION((void)files->open(bob, https, TrustListFiles::mode_write), Error,
                        has_code(Code::transaction_pending));
  BOOST_CHECK_NO_THROW((void)files->open(bob, https, TrustListFiles::mode_read));
  BOOST_CHECK_EXCEPTION(apply(), Error, has_code(Code::invalid_state));
  files->close(alice, https, handle);
  BOOST_CHECK_NO_THROW(apply());
}

BOOST_AUTO_TEST_CASE(what_is_read_is_not_written_and_the_other_way_round) {
  const std::uint32_t reading = open(TrustListFiles::mode_read), writing = open(TrustListFiles::mode_write);
  BOOST_CHECK_EXCEPTION(files->write(alice, https, reading, Bytes(1)), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION(files->close_and_update(alice, https, reading), Error, has_code(Code::invalid_state));
  BOOST_CHECK_EXCEPTION((void)files->read(alice, https, writing, 1), Error, has_code(Code::invalid_state));
  for (const std::int32_t length : {0, -1})
    BOOST_CHECK_EXCEPTION((void)files->read(alice, https, reading, length), Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(a_position_is_within_the_file) {
  put(list());
  const std::uint32_t handle = open(TrustListFiles::mode_read);
  const std::size_t size = encoded_size(lists->record(https).list);
  files->set_position(alice, https, handle, ~std::uint64_t{0});
  BOOST_TEST(files->position(alice, https, handle) == size);
  BOOST_TEST(files->read(alice, https, handle, 100).empty());
  files->set_position(alice, https, handle, size - 3);
  BOOST_TEST(files->read(alice, https, handle, 100).size() == 3u);
}

BOOST_AUTO_TEST_CASE(handles_are_bounded_for_all_and_for_each) {
  open_files({60s, 5, 3});
  const TransactionOwner first{.bus_name = ":1.1", .uid = 1000}, again{.bus_name = ":1.2", .uid = 1000};
  const TransactionOwner second{.bus_name = ":1.3", .uid = 1001};
  const auto open_by = [this](const TransactionOwner& owner) { return files->open(owner, https, 1); };
  std::vector<std::uint32_t> handles;
  for (int i = 0; i < 3; ++i) handles.push_back(open_by(first));
  for (const TransactionOwner& same : {first, again})
    BOOST_CHECK_EXCEPTION((void)open_by(same), Error, has_code(Code::busy));
  files->close(first, https, handles.front());
  BOOST_CHECK_NO_THROW((void)open_by(again));
  for (int i = 0; i < 2; ++i) (void)open_by(second);
  BOOST_CHECK_EXCEPTION((void)open_by(second), Error, has_code(Code::busy));
}

BOOST_AUTO_TEST_CASE(the_account_with_the_most_handles_leaves_room_for_one_with_less) {
  open_files({60s, 5, 3});
  const TransactionOwner greedy{.bus_name = ":1.1", .uid = 1000}, modest{.bus_name = ":1.2", .uid = 1001};
  const TransactionOwner late{.bus_name = ":1.3", .uid = 1002};
  std::vector<std::uint32_t> handles;
  for (int i = 0; i < 3; ++i) handles.push_back(files->open(greedy, https, TrustListFiles::mode_read));
  for (int i = 0; i < 2; ++i) (void)files->open(modest, https, TrustListFiles::mode_read);
  for (const EventLoop::Time before = loop.now(); loop.now() == before;) loop.run_once({});
  (void)files->position(greedy, https, handles[0]);
  (void)files->open(late, https, TrustListFiles::mode_write);
  BOOST_CHECK_EXCEPTION((void)files->position(greedy, https, handles[1]), Error, has_code(Code::invalid_argument));
  for (const std::size_t kept : {0U, 2U}) BOOST_CHECK_NO_THROW((void)files->position(greedy, https, handles[kept]));
  BOOST_TEST(files->open_count(https) == 5u);
  BOOST_CHECK_EXCEPTION((void)files->open(late, https, TrustListFiles::mode_read), Error, has_code(Code::busy));
}

BOOST_AUTO_TEST_CASE(handles_end_with_their_owner_and_with_their_application) {
  (void)open(TrustListFiles::mode_write);
  (void)files->open(bob, https, TrustListFiles::mode_read);
  files->owner_vanished(alice.bus_name);
  BOOST_TEST(files->open_count(https) == 1u);
  BOOST_TEST(!files->open_for_writing(https));
  files->forget("other");
  BOOST_TEST(files->open_count(https) == 1u);
  files->forget("web");
  BOOST_TEST(files->open_count(https) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
