// What edgesealctl writes of metrics; tests/programs/monitoring_test has it read by a parser of others.

#include <boost/test/unit_test.hpp>
#include <limits>

#include "dbus/ctl/open_metrics.h"

namespace edgeseal::ctl {
namespace {

const std::vector<MetricFamily> kFamilies{
    {"edgeseal_signatures",
     "counter",
     "",
     "Signatures, \"by\" key\\result.",
     {{"_total", {{"key", "a\"b\\c\nd"}, {"result", "success"}}, 41}}},
    {"edgeseal_setup_state", "stateset", "", "Setup.", {{"", {{"edgeseal_setup_state", "operational"}}, 1}}},
    {"edgeseal_build", "info", "", "Version.", {{"_info", {{"version", "0.1.0"}}, 1}}},
    {"edgeseal_age_seconds", "gauge", "seconds", "Age.", {{"", {}, 1'800'000'000.5}}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(open_metrics)

BOOST_AUTO_TEST_CASE(labels_and_help_are_escaped_and_the_end_is_told) {
  BOOST_TEST(metrics_text(kFamilies, MetricsFormat::OpenMetrics) ==
             "# TYPE edgeseal_signatures counter\n"
             "# HELP edgeseal_signatures Signatures, \\\"by\\\" key\\\\result.\n"
             "edgeseal_signatures_total{key=\"a\\\"b\\\\c\\nd\",result=\"success\"} 41\n"
             "# TYPE edgeseal_setup_state stateset\n"
             "# HELP edgeseal_setup_state Setup.\n"
             "edgeseal_setup_state{edgeseal_setup_state=\"operational\"} 1\n"
             "# TYPE edgeseal_build info\n"
             "# HELP edgeseal_build Version.\n"
             "edgeseal_build_info{version=\"0.1.0\"} 1\n"
             "# TYPE edgeseal_age_seconds gauge\n"
             "# UNIT edgeseal_age_seconds seconds\n"
             "# HELP edgeseal_age_seconds Age.\n"
             "edgeseal_age_seconds 1800000000.5\n"
             "# EOF\n");
}

BOOST_AUTO_TEST_CASE(the_older_format_has_only_what_it_knows) {
  BOOST_TEST(metrics_text(kFamilies, MetricsFormat::Prometheus) ==
             "# TYPE edgeseal_signatures_total counter\n"
             "# HELP edgeseal_signatures_total Signatures, \"by\" key\\\\result.\n"
             "edgeseal_signatures_total{key=\"a\\\"b\\\\c\\nd\",result=\"success\"} 41\n"
             "# TYPE edgeseal_setup_state gauge\n"
             "# HELP edgeseal_setup_state Setup.\n"
             "edgeseal_setup_state{edgeseal_setup_state=\"operational\"} 1\n"
             "# TYPE edgeseal_build_info gauge\n"
             "# HELP edgeseal_build_info Version.\n"
             "edgeseal_build_info{version=\"0.1.0\"} 1\n"
             "# TYPE edgeseal_age_seconds gauge\n"
             "# HELP edgeseal_age_seconds Age.\n"
             "edgeseal_age_seconds 1800000000.5\n");
}

BOOST_AUTO_TEST_CASE(values_that_are_no_numbers_have_their_names) {
  using limits = std::numeric_limits<double>;
  const std::vector<MetricFamily> odd{
      {"m", "gauge", "", "M.", {{"", {}, limits::quiet_NaN()}, {"", {}, limits::infinity()}}}};
  BOOST_TEST(metrics_text(odd, MetricsFormat::OpenMetrics) == "# TYPE m gauge\n# HELP m M.\nm NaN\nm +Inf\n# EOF\n");
}

BOOST_AUTO_TEST_CASE(programs_get_the_same_as_values) {
  const auto value = to_json(kFamilies);
  BOOST_TEST(value[0]["samples"][0]["name"] == "edgeseal_signatures_total");
  BOOST_TEST(value[0]["samples"][0]["value"] == 41);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
