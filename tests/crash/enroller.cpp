#include "tests/crash/enroller.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "tests/bus/memory_file.h"
#include "tests/crash/managed_objects.h"

namespace edgeseal::crash {
namespace {

constexpr std::chrono::minutes patience{2};

bool has_ended(const std::string& state) {
  return state == "done" || state == "cancelled";
}

// Waits for somebody, or has failed and waits for its next try.
bool rests(const std::string& state, const std::string& error) {
  static const std::set<std::string> waiting{"ready", "running", "awaiting-approval", "awaiting-credential",
                                             "awaiting-certificate"};
  return waiting.contains(state) || (state == "scheduled" && !error.empty());
}

// SHA-256 of the public key, as the agent names keys.
std::string key_of(const Der& request) {
  const unsigned char* cursor = request.data();
  const std::shared_ptr<X509_REQ> parsed(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(request.size())),
                                         X509_REQ_free);
  if (!parsed) throw std::runtime_error("the request of a job does not parse");
  const Der key = der_of(X509_REQ_get0_pubkey(parsed.get()), i2d_PUBKEY);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(key.data(), key.size(), digest.data());
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

// Of the slot's application.
std::string uri_of(const std::string& slot) {
  return application_uri(slot.substr(0, slot.find('/')));
}

[[noreturn]] void fail(const std::string& error, const std::string& message) {
  throw dbus::compat::error("org.edgeseal.Error." + error, message);
}

}  // namespace

std::string name_of(const SlotName& slot) {
  return fmt::format("{}/{}/{}", slot.application, slot.group, slot.type);
}

void Enroller::set_profile(const std::string& name, const std::string& text) {
  enrolment().SetProfile(name, text);
}

void Enroller::enroll(const std::string& profile, const std::string& secret) {
  requests_.clear();
  std::map<std::string, sdbus::Variant> options;
  if (!secret.empty()) options.emplace("secret", sdbus::Variant(test::memory_file(secret)));
  (void)enrolment().Enroll(profile, options);
}

void Enroller::renew(const SlotName& slot) {
  requests_.clear();
  (void)enrolment().Renew(name_of(slot));
}

void Enroller::cancel() {
  if (const auto job = under_way()) remote(*job).Cancel();
}

void Enroller::finish() {
  until_ended([](const Job& job) { fail(job.error, job.message); });
}

void Enroller::finish_after_all() {
  until_ended([this](const Job& job) {
    if (job.next_try == 0) throw Mixed(fmt::format("{} has failed for ever: {}", job.path, job.message));
    (void)enrolment().Renew(job.slot);
  });
}

void Enroller::until_ended(const std::function<void(const Job&)>& when_it_failed) {
  while (const auto job = when_it_rests())
    if (job->state == "scheduled")
      when_it_failed(*job);
    else
      further(*job);
}

void Enroller::wait_until_at_rest() {
  (void)when_it_rests();
}

std::optional<Enroller::Job> Enroller::when_it_rests() {
  return when([](const Job& job) { return rests(job.state, job.error); });
}

bool Enroller::watch(const std::function<bool()>& gave_up) {
  const auto left = when([&](const Job& job) {
    if (gave_up()) return true;
    if (job.state == "scheduled" && !job.error.empty()) (void)enrolment().Renew(job.slot);
    return false;
  });
  return !left;
}

std::optional<Enroller::Job> Enroller::when(const std::function<bool(const Job&)>& reached) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto job = under_way();
    if (!job || reached(*job)) return job;
    if (std::chrono::steady_clock::now() > deadline)
      throw Mixed(fmt::format("{} is still {}: {}", job->path, job->state, job->message));
  }
}

std::optional<Enroller::Job> Enroller::under_way() {
  for (const auto& [path, interfaces] : managed_objects(client_.connection())) {
    const auto found = interfaces.find("org.edgeseal.Job1");
    if (found == interfaces.end()) continue;
    const Properties& job = found->second;
    if (has_ended(job.at("State").get<std::string>())) continue;
    return same_request({path, job.at("State").get<std::string>(), job.at("ErrorClass").get<std::string>(),
                         job.at("Message").get<std::string>(), job.at("Slot").get<std::string>(),
                         job.at("NextTry").get<std::uint64_t>(), job.at("Request").get<Der>(),
                         job.at("Fingerprints").get<std::vector<Der>>()});
  }
  return std::nullopt;
}

// The one that it ever had, from when it had one.
Enroller::Job Enroller::same_request(Job job) {
  if (requests_.contains(job.path) && requests_.at(job.path) != job.request)
    throw Mixed(job.path + " has another request than before");
  if (!job.request.empty()) requests_.emplace(job.path, job.request);
  return job;
}

void Enroller::further(const Job& job) {
  if (job.state == "ready") return run(job);
  if (job.state == "awaiting-approval") return remote(job).Approve(job.fingerprints.at(0));
  if (job.state == "awaiting-credential") return remote(job).SetSecret(test::memory_file(kSecret));
  if (job.state == "awaiting-certificate")
    return remote(job).Install(client_.plant().certify(job.request, uri_of(job.slot)), {client_.plant().authority()});
  throw Mixed(fmt::format("{} is {}, and nobody has it", job.path, job.state));
}

void Enroller::take() {
  if (const auto job = when_it_rests(); job && job->state == "ready") (void)take(*job);
}

Enroller::Work Enroller::take(const Job& job) {
  if (pending_keys()[job.slot] != key_of(job.request)) throw Mixed(job.path + " has a request, and its key is gone");
  Work work = remote(job).Take();
  if (work.at("request").get<Der>() != job.request) throw Mixed(job.path + " was taken with another request");
  return work;
}

// What it had from the authority before a crash it gets again: the same anchors, and a certificate for the same key.
void Enroller::run(const Job& job) {
  const Plant& plant = client_.plant();
  const Work work = take(job);
  dbus::RemoteJob runner(client_.connection(), job.path);
  if (work.at("trust").get<std::string>() == "person")
    return runner.ProposeAnchors({plant.authority()}, {"plant.example"});
  runner.Report("asking the authority");
  const bool has_list = work.contains("crls");
  if (has_list) runner.DeliverAnchors({plant.next().root}, {plant.next().link});
  runner.Deliver(plant.certify(job.request, uri_of(job.slot), has_list ? Plant::By::next : Plant::By::present),
                 {has_list ? plant.next().root : plant.authority()}, {});
}

std::map<std::string, std::string> Enroller::pending_keys() {
  std::map<std::string, std::string> keys;
  dbus::RemoteAgent agent(client_.connection(), dbus::kRootPath);
  const auto description = nlohmann::json::parse(agent.Describe());
  for (const auto& application : description.at("applications"))
    for (const auto& [group, described] : application.at("groups").items())
      for (const auto& slot : described.value("slots", nlohmann::json::array()))
        if (const auto& key = slot.at("pending-key"); !key.is_null())
          keys[slot.at("key-name").get<std::string>()] = key.at("id").get<std::string>();
  return keys;
}

void Enroller::require_no_orphan() {
  const auto job = under_way();
  for (const auto& [slot, key] : pending_keys())
    if (!job || job->slot != slot || (!job->request.empty() && key_of(job->request) != key))
      throw Mixed(fmt::format("{} has a pending key of no job", slot));
}

}  // namespace edgeseal::crash
