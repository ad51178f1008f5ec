#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "enroll/cmp/options.h"
#include "enroll/discovery/service.h"
#include "enroll/error.h"
#include "enroll/helper/program.h"
#include "enroll/http.h"
#include "enroll/issued_certificate.h"
#include "enroll/password.h"

namespace edgeseal::enroll {

enum class Protocol { est, cmp, helper };

enum class Operation {
  enrol,  // a first certificate, or one with other names
  renew   // one with the names of the current certificate, which stands for this device
};

// On what a server is trusted where no anchor is known yet.
enum class FirstTrust {
  none,
  fingerprint,  // SHA-256 of the root, from whoever installs the device
  person        // who compares the fingerprint that is shown
};

// The keys of this device are named, never handed over.
struct NamedIdentity {
  std::string key;  // as OSSL_STORE opens it: "edgeseal:gateway/https/tls-server"
  Bytes certificate;
  std::vector<Bytes> chain;
};

struct JobTrust {
  std::vector<Bytes> anchors, intermediates, revocation_lists;
  SystemAnchors system_anchors = SystemAnchors::no;
  FirstTrust first = FirstTrust::none;  // where there is no anchor
  Bytes fingerprint;
  ServerRole role = ServerRole::any;
};

// One thing to be done at one server, complete in itself: it may be run again, after any failure and in another
// process.
struct Job {
  std::string identifier;
  Protocol protocol = Protocol::est;
  Operation operation = Operation::enrol;
  std::string url;                          // empty: one of the servers that are found
  std::optional<discovery::Query> query{};  // where there is no URL
  std::string resolution{};                 // of the host of the URL: HttpOptions::resolution
  std::string path{};                       // of a URL that is found, instead of what is announced
  std::string proxy;                        // empty: none
  JobTrust trust;
  std::optional<NamedIdentity> identity;      // renew: the current certificate
  std::optional<Password> password;           // not for renew
  Bytes request;                              // PKCS#10, the same at each run
  Bytes continuation;                         // what JobPort::keep took, where the job had to wait
  bool requires_readable_attributes = false;  // of EST: wishes of the server that can't be read end the job
  IssuedRules rules;
  cmp::Options cmp;    // where that is the protocol
  std::string helper;  // program, where that is the protocol: a name, or a path
  helper::ProgramLimits helper_limits;
  std::chrono::system_clock::time_point time_floor;  // no clock is right that is earlier
};

// What the agent is to stage.
struct Result {
  Bytes certificate;
  std::vector<Bytes> chain;
  // Where the authority says that the certificate is not quite what was asked for: in its words, printable.
  std::optional<std::string> modified;
  std::vector<Bytes> anchors, intermediates;  // empty: those in force stay
  std::optional<Error> trust_problem;         // why they stay, where the server offered others
};

enum class Stage { first_trust, trust, request, enrolment, verification };

// Whose fingerprint somebody is to compare.
struct ProposedAnchor {
  std::string host;
  Bytes certificate, fingerprint;
};

// The agent as a running job sees it. Called by the thread of the job.
class JobPort {
 public:
  virtual ~JobPort() = default;

  virtual void entered(Stage stage) = 0;
  // Somebody is to compare their fingerprints. Always throws: the answer comes with another run, as Job::trust.
  [[noreturn]] virtual void propose(const std::vector<ProposedAnchor>& anchors) = 0;
  // What the job needs to go on from where it is, should it now have to wait: Job::continuation then.
  virtual void keep(const Bytes& continuation) = 0;
  // The server has taken the secret, and the job failed afterwards all the same.
  virtual void secret_spent() = 0;
};

// What jobs find around them; replaced in tests.
struct Surroundings {
  std::function<Key(const std::string&)> open_key = enroll::open_key;
  std::function<Clock(std::chrono::system_clock::time_point floor)> clock = device_clock;
  HttpLimits limits;
  Addresses downloads_from = Addresses::other_hosts;  // of what staged files name
  // What answers a query now, in an order that stays. Throws Error{transport} where nobody can be asked.
  std::function<std::vector<discovery::Service>(const discovery::Query&, const std::stop_token&)> browse;
};

}  // namespace edgeseal::enroll
