#include "agent/publication/generation_times.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>

#include "agent/openssl.h"

namespace edgeseal::agent {

namespace {

std::array<std::byte, 32> digest_of_what_programs_read(const std::vector<PublishedFile>& files) {
  tpm::Bytes all;
  for (const auto& [path, file] : manifest_of(files)) {
    if (is_of_rejected(path)) continue;
    std::ranges::copy(std::as_bytes(std::span(path.c_str(), path.size() + 1)), std::back_inserter(all));
    std::ranges::copy(file.sha256, std::back_inserter(all));
  }
  return sha256(all);
}

// File systems count in steps of milliseconds, and clocks are set back.
timespec later(const timespec& time, const timespec& than) {
  constexpr long second = 1'000'000'000;
  const timespec next =
      than.tv_nsec + 1 < second ? timespec{than.tv_sec, than.tv_nsec + 1} : timespec{than.tv_sec + 1, 0};
  return std::tie(time.tv_sec, time.tv_nsec) < std::tie(next.tv_sec, next.tv_nsec) ? next : time;
}

}  // namespace

timespec GenerationTimes::of(const std::string& directory, const std::vector<PublishedFile>& files,
                             const timespec& made) {
  const auto digest = digest_of_what_programs_read(files);
  const std::lock_guard lock(mutex_);
  const auto [last, is_first] = last_.try_emplace(directory, Last{digest, made});
  if (!is_first && last->second.digest != digest) last->second = {digest, later(made, last->second.time)};
  return last->second.time;
}

}  // namespace edgeseal::agent
