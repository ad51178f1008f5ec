#include "enroll/job_description.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "enroll/printable.h"

namespace edgeseal::enroll {
namespace {

using std::chrono::system_clock;

using Octets = std::vector<std::uint8_t>;

constexpr off_t max_secret_size = 1024;

// The fields of the map; what isn't there is empty.
class Fields {
 public:
  explicit Fields(const dbus::VariantMap& work) : work_(work) {}

  template <class Value>
  [[nodiscard]] Value get(const char* name) const try {
    const auto found = work_.find(name);
    return found == work_.end() ? Value() : found->second.get<Value>();
  } catch (const sdbus::Error&) {
    throw Error(ErrorClass::policy, fmt::format("the field {} of the job has another type than is known here", name));
  }
  [[nodiscard]] std::string text(const char* name) const { return get<std::string>(name); }
  [[nodiscard]] Bytes bytes(const char* name) const { return bytes_of_octets(get<Octets>(name)); }
  [[nodiscard]] std::vector<Bytes> byte_strings(const char* name) const {
    std::vector<Bytes> all;
    for (const Octets& octets : get<std::vector<Octets>>(name)) all.push_back(bytes_of_octets(octets));
    return all;
  }

 private:
  static Bytes bytes_of_octets(const Octets& octets) {
    const ByteView view = std::as_bytes(std::span(octets));
    return {view.begin(), view.end()};
  }

  const dbus::VariantMap& work_;
};

// One of several words.
template <class Value>
Value choose(const Fields& fields, const char* name, std::initializer_list<std::pair<const char*, Value>> words) {
  const std::string word = fields.text(name);
  for (const auto& [known, value] : words)
    if (word == known) return value;
  throw Error(ErrorClass::policy, fmt::format("the job has {} \"{}\", which is not known here", name, printable(word)));
}

SecretBytes read_secret(int descriptor) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || info.st_size < 1 || info.st_size > max_secret_size)
    throw Error(ErrorClass::policy, "the secret of the job is no memory file of 1 to 1024 bytes");
  SecretBytes secret(static_cast<std::size_t>(info.st_size));
  if (::pread(descriptor, secret.data(), secret.size(), 0) != info.st_size)
    throw Error(ErrorClass::policy, "the secret of the job can't be read");
  return secret;
}

JobTrust trust_of(const Fields& fields) {
  JobTrust trust;
  trust.anchors = fields.byte_strings("anchors");
  trust.intermediates = fields.byte_strings("issuers");
  trust.revocation_lists = fields.byte_strings("crls");
  trust.fingerprint = fields.bytes("fingerprint");
  trust.first = choose<FirstTrust>(fields, "trust",
                                   {{"explicit", FirstTrust::none},
                                    {"implicit", FirstTrust::none},
                                    {"fingerprint", FirstTrust::fingerprint},
                                    {"person", FirstTrust::person}});
  if (fields.text("trust") == "implicit") trust.system_anchors = SystemAnchors::yes;
  return trust;
}

IssuedRules rules_of(const Fields& fields) {
  IssuedRules rules;
  const auto rejects = fields.get<std::vector<std::string>>("rejects");
  const bool other_names = std::find(rejects.begin(), rejects.end(), "subject") == rejects.end();
  rules.names = other_names ? Names::server_decides : Names::as_requested;
  rules.extended_key_usages = choose<std::vector<int>>(fields, "key-usage",
                                                       {{"", {}},
                                                        {"tls-client", {NID_client_auth}},
                                                        {"tls-server", {NID_server_auth}},
                                                        {"tls", {NID_client_auth, NID_server_auth}}});
  return rules;
}

void read_credential(const Fields& fields, Job& job) {
  const std::string credential = fields.text("credential");
  if (credential == "secret")
    job.password =
        Password{fields.text("user"), read_secret(fields.get<sdbus::UnixFd>("secret").get()), fields.text("realm")};
  if (!fields.text("identity-key").empty())
    job.identity = NamedIdentity{fields.text("identity-key"), fields.bytes("identity-certificate"),
                                 fields.byte_strings("identity-chain")};
}

// The label is a part of the path of EST, and a profile name of CMP.
void read_address(const Fields& fields, Job& job) {
  job.url = fields.text("url");
  if (job.url.empty() && !fields.text("discover").empty())
    job.query = discovery::Query{fields.text("discover"), fields.text("discover-domain"), ""};
  job.proxy = fields.text("proxy");
  const std::string label = fields.text("label");
  if (job.protocol == Protocol::cmp)
    job.cmp.profile = label;
  else if (!label.empty() && job.query)
    job.path = "/.well-known/est/" + label;
  else if (!label.empty())
    job.url += (job.url.ends_with("/") ? ".well-known/est/" : "/.well-known/est/") + label;
}

system_clock::time_point time_of(std::uint64_t microseconds) {
  constexpr auto last = std::chrono::floor<std::chrono::microseconds>(system_clock::duration::max()).count();
  if (microseconds > static_cast<std::uint64_t>(last))
    throw Error(ErrorClass::policy, "the time of the job is after the year 2262");
  return system_clock::time_point(std::chrono::microseconds(microseconds));
}

// The agent takes a job back after so long and is told nothing any more, neither what came nor that the server lets
// wait: a helper has to end before, and an exchange with a CMP server that has begun. Where it does not say, as always.
void limit_time(std::chrono::seconds time, Job& job) {
  constexpr std::chrono::seconds for_the_answer{10};
  if (time.count() == 0) return;
  job.cmp.patience = std::min(job.cmp.patience, time / 2);
  job.helper_limits.time =
      std::min<std::chrono::milliseconds>(job.helper_limits.time, std::max(time - for_the_answer, time / 2));
}

// What is known of any server.
void read_server(const Fields& fields, Job& job) {
  read_address(fields, job);
  job.trust = trust_of(fields);
  job.time_floor = time_of(fields.get<std::uint64_t>("time"));
}

}  // namespace

Job download_of(const std::string& url, const dbus::VariantMap& work) {
  Job job;
  job.identifier = url;
  read_server(Fields(work), job);
  return job;
}

Job contact_of(const std::string& name, const dbus::VariantMap& work) {
  const Fields fields(work);
  Job job;
  job.identifier = name;
  job.protocol = choose<Protocol>(fields, "protocol",
                                  {{"est", Protocol::est}, {"cmp", Protocol::cmp}, {"helper", Protocol::helper}});
  read_server(fields, job);
  return job;
}

Job job_of(const std::string& name, const dbus::VariantMap& work) {
  const Fields fields(work);
  Job job = contact_of(name, work);
  job.helper = fields.text("helper");
  job.operation = choose<Operation>(fields, "operation", {{"enroll", Operation::enrol}, {"renew", Operation::renew}});
  read_credential(fields, job);
  job.request = fields.bytes("request");
  job.cmp.key = fields.bytes("key");
  job.continuation = fields.bytes("continuation");
  job.requires_readable_attributes = fields.text("attributes") == "stop";
  job.rules = rules_of(fields);
  limit_time(std::chrono::seconds(fields.get<std::uint32_t>("seconds")), job);
  return job;
}

}  // namespace edgeseal::enroll
