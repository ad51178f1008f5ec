#include "tests/bus/fake_systemd.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

#include "dbus/compat.h"
#include "dbus/generated/systemd_adaptor.h"

namespace edgeseal::test {
namespace {

constexpr const char* kRoot = "/org/freedesktop/systemd1";
using Families = sdbus::Struct<bool, std::vector<std::string>>;
using EnvironmentFile = sdbus::Struct<std::string, bool>;
using UnitJob = sdbus::Struct<uint32_t, sdbus::ObjectPath>;

}  // namespace

class FakeSystemd::Unit final : public sdbus::AdaptorInterfaces<org::freedesktop::systemd1::Unit_adaptor,
                                                                org::freedesktop::systemd1::Service_adaptor> {
 public:
  // `job`: of the unit, now.
  Unit(sdbus::IConnection& connection, const std::string& path, Service service, std::function<UnitJob()> job)
      : AdaptorInterfaces(connection, sdbus::ObjectPath(path)), service_(std::move(service)), job_(std::move(job)) {
    registerAdaptor();
  }
  ~Unit() { unregisterAdaptor(); }

 private:
  std::string Id() override { return service_.id; }
  std::string LoadState() override { return service_.load_state; }
  UnitJob Job() override { return job_(); }
  std::string UnitFileState() override { return service_.file_state; }
  std::string ActiveState() override { return service_.active_state; }
  std::string SubState() override { return service_.sub_state; }
  std::string Type() override { return service_.type; }
  bool DynamicUser() override { return service_.dynamic_user; }
  std::string User() override { return service_.account; }
  std::string Result() override { return service_.result; }
  std::string StatusText() override { return service_.status_text; }
  std::uint32_t MainPID() override { return service_.main_process; }
  std::vector<std::string> Environment() override { return service_.environment; }
  std::vector<std::string> UnsetEnvironment() override { return service_.unset_environment; }
  std::vector<EnvironmentFile> EnvironmentFiles() override {
    std::vector<EnvironmentFile> files;
    for (const auto& file : service_.environment_files) files.emplace_back(file, true);
    return files;
  }
  Families RestrictAddressFamilies() override { return Families(service_.families_are_allowed, service_.families); }

  Service service_;
  const std::function<UnitJob()> job_;
};

class FakeSystemd::Manager final : public sdbus::AdaptorInterfaces<org::freedesktop::systemd1::Manager_adaptor> {
 public:
  Manager(sdbus::IConnection& connection, std::map<std::string, std::string> units)
      : AdaptorInterfaces(connection, sdbus::ObjectPath(kRoot)), units_(std::move(units)) {
    registerAdaptor();
  }
  ~Manager() { unregisterAdaptor(); }

  std::vector<std::string> take_calls() {
    const std::lock_guard lock(mutex_);
    return std::exchange(calls_, {});
  }
  void end_jobs_with(const std::string& result) {
    const std::lock_guard lock(mutex_);
    result_ = result;
  }
  void reload_once(std::function<void()> ending) {
    const std::lock_guard lock(mutex_);
    reload_ending_ = std::move(ending);
  }
  // Ends before the answer that names it arrives.
  UnitJob job_of_unit() {
    std::function<void()> ending;
    {
      const std::lock_guard lock(mutex_);
      ending = std::exchange(reload_ending_, nullptr);
    }
    if (!ending) return UnitJob(0, sdbus::ObjectPath("/"));
    ending();
    const auto path = job("reloaded.service");
    return UnitJob(jobs_, path);
  }

 private:
  void Subscribe() override {
    if (!subscribers_.insert(sd_bus_message_get_sender(dbus::compat::current_call(getObject()))).second)
      throw dbus::compat::error("org.freedesktop.systemd1.AlreadySubscribed", "Client is already subscribed.");
  }
  void Reload() override { note("Reload"); }

  // Whatever the states and patterns; and a template.
  std::vector<sdbus::Struct<std::string, std::string>> ListUnitFilesByPatterns(
      const std::vector<std::string>& /*states*/, const std::vector<std::string>& /*patterns*/) override {
    std::vector<sdbus::Struct<std::string, std::string>> files{{"/usr/lib/systemd/system/template@.service", "static"}};
    for (const auto& unit : units_) files.emplace_back("/usr/lib/systemd/system/" + unit.first, "enabled");
    return files;
  }

  sdbus::ObjectPath LoadUnit(const std::string& name) override {
    const auto found = units_.find(name);
    return sdbus::ObjectPath(found == units_.end() ? std::string(kRoot) + "/unit/missing" : found->second);
  }

  sdbus::ObjectPath StartUnit(const std::string& name, const std::string& /*mode*/) override {
    note("StartUnit " + name);
    started_.insert(name);
    return job(name);
  }

  sdbus::ObjectPath StopUnit(const std::string& name, const std::string& /*mode*/) override {
    if (started_.erase(name) == 0)
      throw dbus::compat::error("org.freedesktop.systemd1.NoSuchUnit", "Unit " + name + " not loaded.");
    note("StopUnit " + name);
    return job(name);
  }

  sdbus::ObjectPath RestartUnit(const std::string& name, const std::string& /*mode*/) override {
    note("RestartUnit " + name);
    return job(name);
  }

  // It ends before the call returns; the signal goes out first, as systemd may do it.
  sdbus::ObjectPath job(const std::string& unit) {
    const std::lock_guard lock(mutex_);
    const sdbus::ObjectPath path(std::string(kRoot) + "/job/" + std::to_string(++jobs_));
    emitJobRemoved(jobs_, path, unit, result_);
    return path;
  }

  void note(const std::string& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }

  const std::map<std::string, std::string> units_;
  std::set<std::string> subscribers_;
  std::set<std::string> started_;
  uint32_t jobs_ = 0;
  std::mutex mutex_;  // guards what follows: of the test, and of the loop of the connection
  std::vector<std::string> calls_;
  std::string result_ = "done";
  std::function<void()> reload_ending_;
};

FakeSystemd::FakeSystemd(const std::map<std::string, Service>& services)
    : connection_(sdbus::createSystemBusConnection()) {
  std::map<std::string, std::string> paths;
  const auto add = [&](const std::string& path, const Service& service) {
    units_.push_back(std::make_unique<Unit>(*connection_, path, service, [this] { return manager_->job_of_unit(); }));
  };
  for (auto [name, service] : services) {
    if (service.id.empty()) service.id = name;
    paths[name] = std::string(kRoot) + "/unit/u" + std::to_string(paths.size());
    add(paths[name], service);
  }
  Service missing;
  missing.load_state = "not-found";
  add(std::string(kRoot) + "/unit/missing", missing);
  manager_ = std::make_unique<Manager>(*connection_, paths);
  connection_->requestName(dbus::compat::ServiceName("org.freedesktop.systemd1"));
  connection_->enterEventLoopAsync();
}

FakeSystemd::~FakeSystemd() {
  connection_->leaveEventLoop();
}

std::vector<std::string> FakeSystemd::take_calls() {
  return manager_->take_calls();
}

void FakeSystemd::reload_once(std::function<void()> ending) {
  manager_->reload_once(std::move(ending));
}

void FakeSystemd::end_jobs_with(const std::string& result) {
  manager_->end_jobs_with(result);
}

}  // namespace edgeseal::test
