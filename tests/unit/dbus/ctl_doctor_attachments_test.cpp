// What the doctor says of services that are attached.

#include <boost/test/unit_test.hpp>

#include "dbus/ctl/doctor/check.h"
#include "tests/unit/dbus/well_machine.h"

namespace edgeseal::ctl {

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(an_attachment_is_mended_with_all_that_was_chosen_for_it) {
  Facts facts = well();
  auto& fact = facts.attached.value->at(0);
  fact.attachment.after_renewal = AfterRenewal::Restart;
  fact.attachment.copies = Copies{"/srv/x", ""};
  const std::string again = "edgesealctl attach nginx.service web/https --restart --copy-to /srv/x";
  const auto fix = [&] { return find(examine(facts), "attachments").findings.at(0).fix; };
  fact.reads_key.value = false;
  BOOST_TEST(fix() == again);
  fact.attachment.is_known_whole = false;
  BOOST_TEST(fix().starts_with(again + ", with the --reload"));
}

BOOST_AUTO_TEST_CASE(a_service_is_missed_only_where_it_failed_or_is_to_run) {
  Facts facts = well();
  auto& service = *facts.attached.value->at(0).service.value;
  const auto missed = [&](const std::string& type, const std::string& file, const std::string& is) {
    service.type = type;
    service.file = file;
    service.active = is;
    return !find(examine(facts), "attachments").findings.empty();
  };
  BOOST_TEST(missed("notify", "enabled", "inactive"));
  BOOST_TEST(missed("simple", "enabled-runtime", "activating"));
  BOOST_TEST(!missed("notify", "enabled", "reloading"));
  BOOST_TEST(!missed("simple", "static", "inactive"));  // by a timer, or a socket
  BOOST_TEST(!missed("simple", "disabled", "inactive"));
  BOOST_TEST(!missed("oneshot", "enabled", "inactive"));
  BOOST_TEST(missed("oneshot", "static", "failed"));
}

BOOST_AUTO_TEST_CASE(of_a_service_that_runs_without_the_provider_it_is_told_why) {
  Facts facts = well();
  const auto found = [&](const Known<ProcessFact>& process) {
    facts.attached.value->at(0).process = process;
    const auto attachments = find(examine(facts), "attachments");
    return attachments.findings.empty() ? "" : attachments.findings[0].problem + " / " + attachments.findings[0].fix;
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  const auto late = found({ProcessFact{.has_libcrypto = true}, ""});
  BOOST_TEST(has(late, "not restarted"), late);
  BOOST_TEST(has(late, " / systemctl restart nginx.service; "), late);
  BOOST_TEST(has(late, "what takes it away: edgesealctl attach nginx.service"), late);
  const auto secure = found({ProcessFact{.has_libcrypto = true, .is_secure = true}, ""});
  BOOST_TEST(has(secure, "ignores OPENSSL_CONF"), secure);
  BOOST_TEST(has(secure, "AmbientCapabilities="), secure);
  BOOST_TEST(found({ProcessFact{.has_provider = true, .is_secure = true}, ""}) == "");
  BOOST_TEST(found({}) == "");

  for (const auto& unseen : {Known<ProcessFact>{ProcessFact{}, ""}, {std::nullopt, "only root can see"}}) {
    BOOST_TEST(found(unseen).starts_with("nginx.service: "));
    BOOST_TEST(exit_status_of(examine(facts)) == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_watch_is_missed_only_where_there_is_to_be_one) {
  Facts facts = well();
  auto& fact = facts.attached.value->at(0);
  const auto attachments = [&] { return find(examine(facts), "attachments"); };
  fact.watch.value->active = "failed";
  BOOST_TEST(attachments().findings.at(0).fix == "systemctl start edgeseal-reload-nginx.web.https.path");
  fact.watch = {gone(), ""};
  BOOST_TEST(attachments().findings.at(0).fix == "edgesealctl attach nginx.service web/https");
  fact.attachment.is_known_whole = false;
  BOOST_TEST(verdict_name(attachments().verdict()) == "well");
  fact.attachment.is_known_whole = true;
  fact.attachment.after_renewal = AfterRenewal::Nothing;
  BOOST_TEST(verdict_name(attachments().verdict()) == "well");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
