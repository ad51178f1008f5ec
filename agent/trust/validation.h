#pragma once

#include <chrono>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/error.h"
#include "agent/trust/path.h"
#include "agent/trust/strength.h"
#include "agent/trust/trust_store.h"
#include "agent/trust/validation_options.h"

namespace edgeseal::agent {

// What a certificate is shown for.
enum class Purpose {
  application,   // an OPC UA application, whichever side it is
  https_server,  // the server of a TLS connection
  https_client,
  tls,  // either side of a TLS connection
  user  // a user token
};

struct ValidationRequest {
  Purpose purpose = Purpose::application;
  std::string host_name;        // DNS name or IP address that a client connects to; empty: not judged
  std::string application_uri;  // that the peer claims; empty: not judged
  ValidationOptions options = default_validation_options;
  MinimumStrength strength;
  std::chrono::system_clock::time_point now;
  unsigned max_signatures = max_path_signatures;                       // of certificates, that are verified
  unsigned max_crl_signatures = std::numeric_limits<unsigned>::max();  // that are verified
};

struct Finding {
  Code code = Code::certificate_invalid;
  std::string problem;  // names the certificate and what is wrong with it
  bool suppressed = false;
};

struct Verdict {
  std::vector<Finding> findings;  // in the order of the steps; nothing follows one that is not suppressed
  unsigned signatures = 0;        // of certificates, that were verified
  unsigned crl_signatures = 0;    // that were verified

  [[nodiscard]] bool good() const { return findings.empty() || findings.back().suppressed; }
};

// By the steps of OPC 10000-4 §6.1.3, each for every certificate of the chain before the next step. `chain` is what the
// peer sent, DER, its own first; the others complete a path, as those of the store do, and give no trust.
// Throws Error{request_too_large} where more signatures of CRLs would have to be verified than the request allows.
[[nodiscard]] Verdict validate(const TrustStore& store, std::span<const Bytes> chain, const ValidationRequest& request);

}  // namespace edgeseal::agent
