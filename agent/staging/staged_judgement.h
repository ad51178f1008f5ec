#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "agent/trust/strength.h"
#include "agent/trust/trust_store.h"

namespace edgeseal::agent {

// What a certificate is staged as.
enum class StagedRole {
  authority,     // self-signed, and an authority: an anchor
  intermediate,  // an authority that another one vouches for: it completes paths, and gives no trust
  pinned,        // a self-signed certificate of a server: it is trusted as it is, byte by byte
  server,        // of a server, by an authority that is known
  own,           // its private key came along and is to be kept: a certificate of this device
  unreadable
};
[[nodiscard]] std::string_view role_name(StagedRole role);  // "authority"

struct StagedVerdict {
  StagedRole role = StagedRole::unreadable;
  std::vector<std::string> reasons;  // why it is refused, all of them; empty: it is taken
  std::vector<std::string> notes;    // what whoever compares fingerprints should know
};

struct StagedJudge {
  MinimumStrength strength;
  std::chrono::system_clock::time_point now;
  // No time server has set the clock since the start: what is not valid yet may be so all the same.
  bool clock_is_set = true;
};

// A certificate from a staged file; none of its bytes is believed. `known`: what the group trusts and knows already,
// and the other certificates of the file. See docs/staging.md for the verdicts.
[[nodiscard]] StagedVerdict judge_staged(ByteView certificate, const TrustStore& known, const StagedJudge& judge);
// The same for one whose private key came along and is to be kept: who issued it need not be known here.
[[nodiscard]] StagedVerdict judge_own(ByteView certificate, const StagedJudge& judge);

}  // namespace edgeseal::agent
