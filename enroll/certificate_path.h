#pragma once

#include <string>
#include <vector>

#include "enroll/server_trust.h"

namespace edgeseal::enroll {

// One question whether a certificate leads to an anchor: chain, time, and strength (112 bits) always.
struct PathQuestion {
  const Certificate& certificate;
  const std::vector<Certificate>& anchors;
  std::vector<Certificate> intermediates;
  std::string tls_server_name;  // empty: not to be used as a TLS server
};

struct PathAnswer {
  int error = 0;                   // X509_V_OK, or why not
  std::vector<Certificate> chain;  // of a good path: from the certificate to the anchor
  [[nodiscard]] bool good() const noexcept { return error == 0; }
  [[nodiscard]] std::string reason() const;
};
[[nodiscard]] PathAnswer find_path(const PathQuestion& question, const Clock& clock);

}  // namespace edgeseal::enroll
