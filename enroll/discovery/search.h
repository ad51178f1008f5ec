#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "enroll/job.h"

namespace edgeseal::enroll::discovery {

using RunAt = std::function<Result(const Job& job, JobPort& port)>;

// Runs a job that names no URL at the servers that the network announces, one after the other, until one of them has
// the last word: one that is trusted, whatever it says. Those that are not trusted, or don't answer, keep no other from
// being tried. Announcements are anybody's words, so that each server is verified by what the job trusts and by the
// name it was announced with; a secret is for a registration authority alone, for anybody with a certificate of the
// same authority could announce himself. Where a person has to say who is trusted, all that was found is proposed at
// once. A job that has to wait is continued at the server that said so.
//
// Throws what the run throws, and Error{transport} where nothing is found.
[[nodiscard]] Result run_at_servers(const Job& job, JobPort& port, const Surroundings& surroundings,
                                    const std::stop_token& stop, const RunAt& run);

}  // namespace edgeseal::enroll::discovery
