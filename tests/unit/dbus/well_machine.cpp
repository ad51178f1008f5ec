#include "tests/unit/dbus/well_machine.h"

#include <boost/test/unit_test.hpp>

namespace edgeseal::ctl {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

const auto kDescription = Json::parse(R"({
  "version": "1.2.3",
  "setup": {"state": "operational", "reason": ""},
  "anchor": {"finding": "consistent", "detail": ""},
  "tpm": {"health": "ready", "detail": "", "facts": {"response-encryption": "yes"}},
  "directory-drift": [],
  "applications": [{
    "name": "web", "access": ["user=www-data"],
    "groups": {"https": {
      "directory": "/var/lib/edgeseal/pki/web/https", "published": true,
      "trust-list": {"intact": true}, "alarms": [],
      "slots": [{"certificate-type": "https", "active-key": {"id": "00"}, "pending-key": null,
                 "certificate": {"not-before": "2026-10-01T00:00:00Z", "not-after": "2027-10-01T00:00:00Z"}}]}}}]})");

UnitState active() {
  return {.load = "loaded", .file = "static", .active = "active", .sub = "running", .result = "success", .status = ""};
}

FileFact file(const std::string& path, uid_t owner, mode_t mode) {
  FileFact fact;
  fact.path = path;
  fact.owner = owner;
  fact.mode = mode;
  return fact;
}

AttachedFact nginx() {
  AttachedFact fact;
  fact.attachment.service = "nginx.service";
  fact.attachment.application = "web";
  fact.attachment.group = "https";
  fact.attachment.given_rule = "user=www-data";
  fact.account = "www-data";
  fact.service = {active(), ""};
  fact.watch = {active(), ""};
  fact.reads_key = {true, ""};
  fact.process = {ProcessFact{.has_libcrypto = true, .has_provider = true}, ""};
  return fact;
}

}  // namespace

UnitState gone() {
  return {.load = "not-found", .file = "", .active = "inactive", .sub = "dead", .result = {}, .status = {}};
}

Job job_of(const std::string& state, const std::string& error_class) {
  Job job;
  job.state = state;
  job.profile = "plant";
  job.slot = "web/https/https";
  job.error_class = error_class;
  return job;
}

std::uint64_t microseconds_of(std::chrono::sys_seconds time) {
  return static_cast<std::uint64_t>(time.time_since_epoch() / 1us);
}

Facts well() {
  Facts facts;
  facts.now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};
  facts.installed_version = "1.2.3";
  facts.description = {kDescription, ""};
  Renewal renewal;
  renewal.slot = "web/https/https";
  renewal.due = 1;
  facts.renewals = {std::vector{renewal}, ""};
  facts.jobs = {std::vector{job_of("done", "")}, ""};
  facts.jobs.value->front().created = microseconds_of(facts.now - 1h);
  facts.profiles = {std::vector<ProfileFact>{{"plant", "est", ""}}, ""};
  const auto now = static_cast<double>(facts.now.time_since_epoch().count());
  facts.metrics = {std::vector<MetricFamily>{{"edgeseal_clock_timestamp_seconds", "gauge", "", "", {{"", {}, now}}}},
                   ""};
  facts.audit = {AuditFact{.intact = true, .anchor = "matches"}, ""};
  for (const char* unit : {"edgeseald.service", "edgeseald.socket", "edgeseald.timer"})
    facts.units[unit] = {active(), ""};
  facts.accounts = {{"account edgeseal", true}, {"group edgeseal-admin", true}};
  facts.agent_account = 990;
  facts.mistakes = {std::vector<ConfigurationMistake>{{"/etc/edgeseal/edgeseal.toml", 3, "warning", "may be right"}},
                    ""};
  facts.waiting_settings.value.emplace();
  facts.configuration = {file("/etc/edgeseal/edgeseal.toml", 0, 0100644)};
  facts.state = {file("/var/lib/edgeseal", 990, 040711), file("/var/lib/edgeseal/state", 990, 040700)};
  facts.published = {file("/var/lib/edgeseal/pki/web/https", 990, 040750)};
  facts.key_socket = {std::string(), ""};
  facts.clock_synchronised = true;
  facts.journal_persistent = {true, ""};
  facts.provider.keys = {{"web/https/https", ""}};
  facts.attached = {std::vector{nginx()}, ""};
  return facts;
}

std::function<void(Facts&)> says(const char* pointer, const Json& value) {
  return [pointer, value](Facts& facts) { (*facts.description.value)[Json::json_pointer(pointer)] = value; };
}

void damage_certificate(Facts& facts) {
  says(kSlot, nullptr)(facts);
  says("/applications/0/groups/https/alarms",
       Json::array(
           {{{"kind", "certificate-integrity"}, {"certificate-type", "https"}, {"message", "it was damaged"}}}))(facts);
}

const Examined& find(const std::vector<Examined>& all, const std::string& check) {
  for (const auto& one : all)
    if (one.check->id == check) return one;
  BOOST_FAIL("there is no check " + check);
  return all.front();
}

}  // namespace edgeseal::ctl
