#include "agent/trust/trust_alarms.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "agent/certificates/certificate.h"
#include "tests/unit/trust/trust_fixture.h"

namespace edgeseal::agent {
namespace {

using namespace std::chrono_literals;
using test::CertificateFields;
using test::Days;

constexpr auto day = 24h;

struct Fixture : test::TrustFixture {
  Fixture() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    clock_was_set.reset(ends[1]);
    alarms.emplace(
        loop, *state, *lists, audit, TrustAlarms::Settings{}, [this] { return now; },
        [this](const dbus::GroupName& group, const Alarm& alarm) {
          told.push_back(group.group + " " + alarm.kind + " " + std::to_string(alarm.severity));
        },
        policy::UniqueFd(ends[0]));
  }
  // An own certificate that ends so long after now.
  void install(Days lifetime) {
    CertificateFields fields;
    fields.to = lifetime;
    install(root.issue(fields));
  }
  void install(const Bytes& certificate) {
    KeyRecord key;
    key.id.fill(static_cast<std::byte>(++keys));
    key.slot = {"web", "https", "https"};
    key.public_key = {static_cast<std::byte>(keys)};
    state->put_pending_key(key);
    state->commit({{{key.slot, key.id, certificate, {}}}}, now);
  }
  [[nodiscard]] Time own_end() {
    const CertificatePtr own = parse_certificate(state->certificate({"web", "https", "https"})->certificate);
    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(own.get()), &end);
    return Time(std::chrono::seconds(::timegm(&end)));
  }
  void set_clock(std::chrono::hours jump) {
    now += jump;
    BOOST_REQUIRE(::write(clock_was_set.get(), "12345678", 8) == 8);
  }
  [[nodiscard]] std::vector<std::string> heard() { return std::exchange(told, {}); }
  void look() { alarms->look(); }

  int keys = 0;
  std::vector<std::string> told;
  policy::UniqueFd clock_was_set;
  std::optional<TrustAlarms> alarms;
};

using Told = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trust_alarms, Fixture)

BOOST_AUTO_TEST_CASE(J1_a_certificate_raises_an_alarm_two_weeks_before_its_end_and_a_higher_one_at_it) {
  install(Days(30));
  look();
  BOOST_TEST(heard().empty());
  now = own_end() - 14 * day - 1h;
  look();
  BOOST_TEST(heard().empty());
  now += 1h + 1s;
  look();
  BOOST_TEST((heard() == Told{"https certificate-expiration 500"}));
  look();
  BOOST_TEST(heard().empty());
  BOOST_REQUIRE(alarms->active(https).size() == 1u);
  BOOST_TEST(alarms->active(https).front().source == "https");
  now += 14 * day;
  look();
  BOOST_TEST((heard() == Told{"https certificate-expiration 900"}));
  BOOST_TEST(audits("alarm") == 2u);
}

BOOST_AUTO_TEST_CASE(J1_it_ends_when_the_certificate_is_replaced) {
  install(Days(1));
  look();
  BOOST_TEST((heard() == Told{"https certificate-expiration 500"}));
  install(Days(100));
  look();
  BOOST_TEST((heard() == Told{"https certificate-expiration 0"}));
  BOOST_TEST(alarms->active(https).empty());
}

BOOST_AUTO_TEST_CASE(J1_a_clock_that_is_set_raises_and_ends_alarms_at_once) {
  install(Days(100));
  look();
  BOOST_TEST(heard().empty());
  set_clock(200 * day);
  run_until([&] { return !told.empty(); });
  BOOST_TEST((heard() == Told{"https certificate-expiration 900"}));
  set_clock(-200 * day);
  run_until([&] { return !told.empty(); });
  BOOST_TEST((heard() == Told{"https certificate-expiration 0"}));
}

BOOST_AUTO_TEST_CASE(J1_an_alarm_that_is_due_is_raised_by_itself) {
  install(Days(100));
  now = own_end() - 14 * day - 30ms;
  look();
  BOOST_TEST(heard().empty());
  now += 30ms;
  run_until([&] { return !told.empty(); });
  BOOST_TEST((heard() == Told{"https certificate-expiration 500"}));
}

BOOST_AUTO_TEST_CASE(J1_a_certificate_without_an_end_raises_none) {
  install(Days(2'900'000));  // about the year 9966
  look();
  BOOST_TEST(heard().empty());
}

BOOST_AUTO_TEST_CASE(J1_a_certificate_that_ended_before_any_clock_has_expired) {
  const CertificatePtr own = parse_certificate(root.issue());
  BOOST_REQUIRE(ASN1_TIME_set_string(X509_getm_notBefore(own.get()), "14000101000000Z") == 1);
  BOOST_REQUIRE(ASN1_TIME_set_string(X509_getm_notAfter(own.get()), "15000101000000Z") == 1);
  BOOST_REQUIRE(i2d_re_X509_tbs(own.get(), nullptr) > 0);
  install(der_of(own.get(), i2d_X509));
  look();
  BOOST_TEST((heard() == Told{"https certificate-expiration 900"}));
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_own_certificate_raises_an_alarm) {
  install(Days(100));
  Database(directory.file("state") + "/state.db").execute("UPDATE certificate SET certificate = x'3000'");
  look();
  BOOST_TEST((heard() == Told{"https certificate-integrity 900"}));
}

BOOST_AUTO_TEST_CASE(J2_a_list_is_out_of_date_when_its_update_did_not_come) {
  put(list());
  commit(lists->with_options(lists->present(https), 48h, std::nullopt));
  look();
  BOOST_TEST(heard().empty());
  now += 48h;
  look();
  BOOST_TEST((heard() == Told{"https trust-list-out-of-date 500"}));
  put(list());
  look();
  BOOST_TEST((heard() == Told{"https trust-list-out-of-date 0"}));
}

BOOST_AUTO_TEST_CASE(J2_without_an_expected_interval_it_never_is) {
  put(list());
  for (const auto frequency : {0ms, -1ms}) {
    commit(lists->with_options(lists->present(https), frequency, std::nullopt));
    now += 100'000h;
    look();
    BOOST_TEST(heard().empty());
  }
}

BOOST_AUTO_TEST_CASE(J2_an_interval_beyond_all_bounds_is_no_overflow) {
  put(list());
  commit(lists->with_options(lists->present(https), std::chrono::milliseconds::max(), std::nullopt));
  look();
  BOOST_TEST(heard().empty());
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_list_raises_an_alarm) {
  put(list());
  state->restore_previous_trust_list("web", "https");
  put(list());
  Database(directory.file("state") + "/state.db").execute("UPDATE trust_list SET seal = x'00'");
  lists->forget("web");
  look();
  BOOST_TEST((heard() == Told{"https trust-list-integrity 900"}));
  put(list());
  look();
  BOOST_TEST((heard() == Told{"https trust-list-integrity 0"}));
}

BOOST_AUTO_TEST_CASE(alarms_of_an_application_end_with_it) {
  install(Days(1));
  look();
  (void)heard();
  state->remove_application("web");
  look();
  BOOST_TEST((heard() == Told{"https certificate-expiration 0"}));
}

BOOST_AUTO_TEST_CASE(the_kernel_gives_the_descriptor_that_tells_when_the_clock_is_set) {
  const policy::UniqueFd descriptor = open_clock_set();
  std::uint64_t unused = 0;
  BOOST_TEST(::read(descriptor.get(), &unused, sizeof unused) < 0);
  BOOST_TEST(errno == EAGAIN);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::agent
