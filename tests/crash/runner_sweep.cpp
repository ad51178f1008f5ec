#include "tests/crash/runner_sweep.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace edgeseal::crash {
namespace {

constexpr const char* profile = "plant";
constexpr const char* user = "gateway";
constexpr int uses = 1'000'000;  // of the secret: what counts is what the device does, not what the server allows

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string profile_text(const test::EstServer& server) {
  return fmt::format(
      "protocol = \"est\"\nurl = \"{}\"\nslots = [\"{}\"]\nautomatic = false\n"
      "[trust]\nanchors = [\"\"\"{}\"\"\"]\n[credentials]\nfirst = [\"secret\"]\nuser = \"{}\"\n",
      server.url(), name_of(kHttpsSlot), content_of(server.file("root.pem")), user);
}

}  // namespace

RunnerSweep::RunnerSweep(Device& device, const Plant& plant, const Device::Snapshot& furnished)
    : device_(device), plant_(plant) {
  server_.allow(user, kSecret, uses);
  prepare(furnished);
  Client client(plant_);
  Enroller::Requests requests;
  Enroller enroller(client, requests);
  begin(client, enroller);
  enroll(enroller, nullptr);
  after_ = {{"web/https https certificate 0", kAnother}};
  after_.merge(look(device_, client.connection()));
}

void RunnerSweep::prepare(const Device::Snapshot& furnished) {
  device_.restore(furnished);
  device_.configure("");
  device_.start();
  {
    Client client(plant_);
    client.wait_until_ready();
    client.stage_deletion(kHttpsSlot);
    client.apply(kApplication);
    Enroller::Requests none;
    Enroller(client, none).set_profile(profile, profile_text(server_));
    before_ = look(device_, client.connection());
  }
  begin_ = device_.save();
}

void RunnerSweep::begin(Client& client, Enroller& enroller) {
  device_.restore(*begin_);
  device_.start();
  client.wait_until_ready();
  (void)server_.seen();
  enroller.enroll(profile, kSecret);
  enroller.wait_until_at_rest();
}

void RunnerSweep::enroll(Enroller& enroller, const std::shared_ptr<Fault>& fault) {
  if (fault) {
    ProgramRun killed(runner(fault));
    if (enroller.watch([&] { return killed.has_ended(); })) return;
  }
  ProgramRun runner_that_lives(runner(nullptr));
  if (!enroller.watch([&] { return runner_that_lives.has_ended(); })) throw Mixed("edgeseal-enroll ends by itself");
}

ProgramRun::Start RunnerSweep::runner(const std::shared_ptr<Fault>& fault) const {
  ProgramRun::Start start{
      .command = {EDGESEAL_ENROLL,
                  fmt::format("--provider-directory={}",
                              std::filesystem::path(EDGESEAL_PROVIDER_MODULE).parent_path().native()),
                  fmt::format("--key-socket={}", device_.key_socket().native())},
      .log = directory_.path() / "runner.log",
      .places = device_.places()};
  if (fault) start.judge = [fault](const StoppedCall& stopped) { return fault->decide(stopped); };
  return start;
}

Findings RunnerSweep::kills(const Share& share) {
  Findings findings;
  for (std::size_t point = share.first; point <= share.last; point += share.step) {
    const auto fault = std::make_shared<Kill>(point);
    fault->begin();
    try {
      Client client(plant_);
      Enroller::Requests requests;
      Enroller enroller(client, requests);
      begin(client, enroller);
      enroll(enroller, fault);
      if (!fault->struck()) break;
      ++findings.points;
      judge(client, enroller);
      ++findings.changed;
    } catch (const std::exception& error) {
      findings.problems.push_back(fmt::format("edgeseal-enroll, point {}, at {}: {}\n{}", point,
                                              fault->struck() ? fault->struck()->text() : "nothing", error.what(),
                                              log()));
      fmt::print(stderr, "{}\n", findings.problems.back());
    }
  }
  return findings;
}

void RunnerSweep::judge(Client& client, Enroller& enroller) {
  require_one_request();
  enroller.require_no_orphan();
  require_nowhere(device_, kSecret);
  if (side_of(look(device_, client.connection()), before_, after_) != Side::after)
    throw Mixed("it has not come to pass");
  client.renew(kHttpsSlot);
}

// However often it came.
void RunnerSweep::require_one_request() {
  const nlohmann::json seen = server_.seen();
  std::set<std::string> bodies;
  for (const auto& request : seen.at("good").at("requests"))
    if (request.at("path").get<std::string>().ends_with("enroll")) bodies.insert(request.at("body").get<std::string>());
  if (bodies.size() != 1) throw Mixed(fmt::format("{} different requests came to the server", bodies.size()));
}

std::string RunnerSweep::log() const {
  return fmt::format("edgeseal-enroll said:\n{}the agent said:\n{}", content_of(directory_.path() / "runner.log"),
                     device_.has_agent() ? device_.agent().log() : std::string());
}

}  // namespace edgeseal::crash
