// What the agent counts, and how it shows it.

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "agent/metrics/audit_counts.h"
#include "agent/metrics/event_counts.h"
#include "agent/metrics/key_use_counts.h"
#include "agent/metrics/metric_family.h"
#include "agent/metrics/process_facts.h"
#include "agent/metrics/timed_key_device.h"
#include "tests/fakes/fake_key_device.h"

using namespace edgeseal;
using namespace edgeseal::agent;
using namespace std::chrono_literals;

namespace {

const dbus::MetricSample& sample(const MetricFamily& family, const std::string& suffix, const Labels& labels) {
  const auto found = std::ranges::find_if(
      family.samples, [&](const auto& one) { return one.suffix == suffix && one.labels == labels; });
  BOOST_REQUIRE(found != family.samples.end());
  return *found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(what_took_as_long_as_a_bound_is_within_it) {
  DurationHistogram histogram;
  histogram.record(500us);
  histogram.record(501us);
  histogram.record(31s);
  MetricFamily family = histograms("x_seconds", "X.");
  add_histogram(family, {{"operation", "sign"}}, histogram);
  const auto bucket = [&](const char* bound) {
    return sample(family, "_bucket", {{"le", bound}, {"operation", "sign"}}).value;
  };
  BOOST_TEST(bucket("0.0005") == 1);
  BOOST_TEST(bucket("0.001") == 2);
  BOOST_TEST(bucket("30.0") == 2);
  BOOST_TEST(bucket("+Inf") == 3);
  BOOST_TEST(sample(family, "_count", {{"operation", "sign"}}).value == 3);
  BOOST_TEST(sample(family, "_sum", {{"operation", "sign"}}).value == 31.001001, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(family.unit == "seconds");
}

BOOST_AUTO_TEST_CASE(names_beyond_the_limit_count_together) {
  EventCounts counts(2);
  for (const char* name : {"a", "b", "c", "d", "a"}) counts.count(name);
  BOOST_TEST(counts.all().at("a") == 2U);
  BOOST_TEST(counts.all().at("other") == 2U);
  BOOST_TEST(counts.all().size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_first_of_what_there_may_be_is_a_change_from_0) {
  KeyUseCounts uses;
  BOOST_TEST(uses.refusals().all().at("access-denied") == 0U);
  AuditCounts audit;
  BOOST_TEST(audit.kinds.all().at("audit-chain-broken") == 0U);
  BOOST_TEST(audit.drift.all().at("repaired") == 0U);
  for (const AuditKindRow& kind : audit_kinds) audit.count(std::string(kind.name), {{"action", "resolved"}});
  BOOST_TEST(audit.kinds.all().size() == audit_kinds.size());
  BOOST_TEST(audit.kinds.all().at("audit-chain-broken") == 1U);
  BOOST_TEST(audit.drift.all().at("resolved") == 1U);
}

BOOST_AUTO_TEST_CASE(slots_beyond_the_limit_count_together) {
  KeyUseCounts uses;
  for (std::size_t i = 0; i < KeyUseCounts::most_slots + 10; ++i)
    uses.of({"application" + std::to_string(i), "https", "https"}, KeyUse::sign).count(KeyUseCounts::success);
  BOOST_TEST(uses.all(KeyUse::sign).size() == KeyUseCounts::most_slots + 1);
  BOOST_TEST(uses.all(KeyUse::sign).at({"other", "", ""}).all().at("success") == 10U);
  BOOST_TEST(uses.all(KeyUse::decrypt).empty());
}

BOOST_AUTO_TEST_CASE(one_state_of_all_is_the_present_one) {
  constexpr std::array<std::string_view, 2> states{"ready", "absent"};
  const MetricFamily set = stateset("edgeseal_tpm_health", "TPM.", states, "absent");
  BOOST_TEST(sample(set, "", {{"edgeseal_tpm_health", "ready"}}).value == 0);
  BOOST_TEST(sample(set, "", {{"edgeseal_tpm_health", "absent"}}).value == 1);
}

BOOST_AUTO_TEST_CASE(this_process_has_memory_descriptors_and_a_start) {
  const ProcessFacts facts = ProcessFacts::read();
  BOOST_TEST(facts.resident_bytes.value() > 1'000'000U);
  BOOST_TEST(facts.open_descriptors.value() >= 3U);
  BOOST_TEST(facts.most_descriptors.value() >= facts.open_descriptors.value());
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  BOOST_TEST(facts.started.value() <= now + 1);
  BOOST_TEST(facts.started.value() > now - 3600);
  BOOST_TEST(facts.started.value() == std::floor(facts.started.value()));  // the same at each look
}

BOOST_AUTO_TEST_CASE(operations_of_the_tpm_are_timed_and_its_refusals_counted) {
  test::FakeTpm chip;
  const auto times = std::make_shared<CommandTimes>();
  TimedKeyDevice device(chip.open(), times);
  const tpm::CreatedKey key = static_cast<tpm::KeyDevice&>(device).create(tpm::KeyAlgorithm::ec_p256);
  const tpm::Bytes digest(32);
  (void)device.sign_ecdsa({{}, key.tss_private_key, tpm::SecretBytes(key.auth.view())}, tpm::HashAlgorithm::sha256,
                          digest);
  const auto count = [&](TpmOperation operation) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i <= DurationHistogram::bounds.size(); ++i) all += times->of(operation).taken.count(i);
    return all;
  };
  BOOST_TEST(count(TpmOperation::create_key) == 1U);
  BOOST_TEST(count(TpmOperation::sign) == 1U);
  BOOST_TEST((times->of(TpmOperation::sign).taken.sum() > 0ns));
  BOOST_CHECK_THROW((void)device.unseal({tpm::Bytes(3), {}}), tpm::Error);
  BOOST_TEST(times->of(TpmOperation::unseal).failures == 1U);
  BOOST_TEST(count(TpmOperation::unseal) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
