#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/renewal/job.h"
#include "tpm/bytes.h"

namespace edgeseal::agent {

using tpm::SecretBytes;

// Secrets that somebody gave to jobs: in memory, until they are used or the job ends, and never anywhere else; and
// those that systemd holds for the agent (systemd.exec(5), LoadCredential=). Loop's thread.
class OneTimeSecrets {
 public:
  // `directory`: of systemd; empty: none.
  explicit OneTimeSecrets(std::string directory) : directory_(std::move(directory)) {}

  static constexpr std::size_t max_size = 1024;

  void put(JobNumber job, tpm::SecretBytes secret) { given_.insert_or_assign(job, Given{++last_, std::move(secret)}); }
  void erase(JobNumber job) { given_.erase(job); }
  // A copy: what was given to the job, else the credential of this name; nothing: there is none.
  [[nodiscard]] std::optional<tpm::SecretBytes> get(JobNumber job, const std::string& credential) const;
  // Of what was given to the job; no two have the same. 0: nothing was.
  [[nodiscard]] std::uint64_t number(JobNumber job) const;

 private:
  struct Given {
    std::uint64_t number;
    tpm::SecretBytes secret;
  };
  [[nodiscard]] std::optional<tpm::SecretBytes> read(const std::string& credential) const;

  const std::string directory_;
  std::map<JobNumber, Given> given_;
  std::uint64_t last_ = 0;
};

}  // namespace edgeseal::agent
