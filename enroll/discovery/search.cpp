#include "enroll/discovery/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace edgeseal::enroll::discovery {
namespace {

// That another server may do better at. Whoever is not trusted can bring about these alone.
bool may_differ_elsewhere(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::server_untrusted:
    case ErrorClass::auth_refused:
    case ErrorClass::transport:
    case ErrorClass::redirect:
    case ErrorClass::clock:
    case ErrorClass::policy: return true;
    default: return false;
  }
}

// What a job keeps while it waits: the server, in a line of its own, and what the protocol keeps.
struct Continuation {
  std::string url;
  Bytes rest;

  static Continuation parse(const Bytes& bytes) {
    const std::string_view text = text_of(bytes);
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    return {std::string(text.substr(0, end)), {bytes.begin() + static_cast<std::ptrdiff_t>(end) + 1, bytes.end()}};
  }

  [[nodiscard]] Bytes encoded() const {
    const std::string line = url + '\n';
    Bytes bytes(bytes_of(line).begin(), bytes_of(line).end());
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  }
};

// The agent, as the run at one server sees it.
class PortAtServer final : public JobPort {
 public:
  PortAtServer(JobPort& port, std::vector<ProposedAnchor>& proposals) : port_(port), proposals_(proposals) {}

  void entered(Stage stage) override { port_.entered(stage); }
  [[noreturn]] void propose(const std::vector<ProposedAnchor>& anchors) override {
    for (const ProposedAnchor& anchor : anchors)
      if (!is_known(anchor)) proposals_.push_back(anchor);
    has_proposed_ = true;
    throw Error(ErrorClass::waiting, "somebody has to compare fingerprints");
  }
  void keep(const Bytes& continuation) override { kept_ = continuation; }
  void secret_spent() override { port_.secret_spent(); }

  [[nodiscard]] bool has_proposed() const noexcept { return has_proposed_; }
  [[nodiscard]] const Bytes& kept() const noexcept { return kept_; }

 private:
  bool is_known(const ProposedAnchor& anchor) const {
    return std::any_of(proposals_.begin(), proposals_.end(), [&](const ProposedAnchor& other) {
      return other.host == anchor.host && other.certificate == anchor.certificate;
    });
  }

  JobPort& port_;
  std::vector<ProposedAnchor>& proposals_;
  Bytes kept_;
  bool has_proposed_ = false;
};

// "HOST:PORT:ADDRESS,..."; empty: no address that can be used as it is.
std::string resolution_of(const Service& service) {
  if (service.addresses.empty()) return {};
  std::vector<std::string> addresses;
  for (const std::string& address : service.addresses)
    addresses.push_back(address.find(':') == std::string::npos ? address : "[" + address + "]");
  return fmt::format("{}:{}:{}", service.host, service.port, fmt::join(addresses, ","));
}

class Search {
 public:
  Search(const Job& job, JobPort& port, const RunAt& run)
      : job_(job), port_(port), run_(run), continuation_(Continuation::parse(job.continuation)) {}

  Result at(const std::vector<Service>& services) {
    for (const Job& job : jobs_at(services))
      if (auto result = attempt(job)) return std::move(*result);
    if (!proposals_.empty()) port_.propose(proposals_);
    throw failure();
  }

 private:
  std::vector<Job> jobs_at(const std::vector<Service>& services) const {
    std::vector<Job> jobs;
    for (const Service& service : services) jobs.push_back(job_at(service));
    std::stable_partition(jobs.begin(), jobs.end(), [this](const Job& job) { return job.url == continuation_.url; });
    return jobs;
  }

  Job job_at(Service service) const {
    Job job = job_;
    if (!job.path.empty()) service.path = job.path;
    job.url = url_of(service, "https");
    job.resolution = resolution_of(service);
    job.continuation = job.url == continuation_.url ? continuation_.rest : Bytes();
    if (job.password && job.operation != Operation::renew) job.trust.role = ServerRole::registration_authority;
    return job;
  }

  std::optional<Result> attempt(const Job& job) {
    PortAtServer port(port_, proposals_);
    try {
      return run_(job, port);
    } catch (const Error& error) {
      if (port.has_proposed()) return std::nullopt;
      if (error.error_class() == ErrorClass::waiting) port_.keep(Continuation{job.url, port.kept()}.encoded());
      if (!may_differ_elsewhere(error.error_class())) throw;
      failures_.emplace_back(job.url, error);
      return std::nullopt;
    }
  }

  // The right server may be one that was not to be reached: then the job waits as if it had been the only one.
  [[nodiscard]] Error failure() const {
    if (failures_.size() == 1) return failures_.front().second;
    const auto away = std::find_if(failures_.begin(), failures_.end(), [](const auto& failed) {
      return failed.second.error_class() == ErrorClass::transport;
    });
    const Error& telling = away == failures_.end() ? failures_.front().second : away->second;
    std::string message = fmt::format("none of the {} servers that were found will do", failures_.size());
    for (const auto& [url, error] : failures_) message += fmt::format("; {}: {}", url, error.what());
    return {telling.error_class(), message, telling.retry_after()};
  }

  const Job& job_;
  JobPort& port_;
  const RunAt& run_;
  const Continuation continuation_;
  std::vector<ProposedAnchor> proposals_;
  std::vector<std::pair<std::string, Error>> failures_;
};

}  // namespace

Result run_at_servers(const Job& job, JobPort& port, const Surroundings& surroundings, const std::stop_token& stop,
                      const RunAt& run) {
  require_query(*job.query);
  if (!surroundings.browse) throw Error(ErrorClass::policy, "this program can't look for servers: give url");
  const std::vector<Service> services = surroundings.browse(*job.query, stop);
  if (services.empty())
    throw Error(ErrorClass::transport,
                fmt::format("nobody announces {} in {}; remedy: announce the server, or give url", job.query->type,
                            job.query->domain));
  return Search(job, port, run).at(services);
}

}  // namespace edgeseal::enroll::discovery
