#include "tests/bench/soak/promises.h"

#include <fmt/format.h>

#include <algorithm>

namespace edgeseal::bench {
namespace {

constexpr double rss_allowance_kib = 4096;            // what the allocator keeps for later
constexpr double growth_limit_kib = 64;               // a minute; seen over
constexpr std::chrono::minutes growth_seen_over{30};  // at least: before, it is the noise of the allocator
constexpr double busy_part = 0.01;                    // of the requests of an account
constexpr double journal_limit_kib = 64;              // a minute, whatever is asked

void judge_answers(const Crowd& crowd, std::vector<std::string>& broken) {
  const auto who = fmt::format("{} (uid {})", crowd.name, crowd.account);
  if (crowd.answered == 0) broken.push_back(who + ": nobody was served");
  const std::uint64_t outcomes = crowd.answered + crowd.busy + crowd.late + crowd.lost + crowd.wrong;
  if (outcomes != crowd.sent)
    broken.push_back(fmt::format("{}: {} requests and {} outcomes", who, crowd.sent, outcomes));
  if (crowd.late > 0) broken.push_back(fmt::format("{}: {} requests had no answer in time", who, crowd.late));
  if (crowd.lost > 0) broken.push_back(fmt::format("{}: {} requests lost their connections", who, crowd.lost));
  if (crowd.wrong > 0)
    broken.push_back(fmt::format("{}: {} wrong answers, the first: {}", who, crowd.wrong, crowd.sample));
}

// Whoever asks for less than the hostile account gets is refused nothing that the hostile one is given: a busy account
// is served as often as the one that floods. But for single requests: 300 programs of an account that were held up
// together, by another load of the machine, are more than may wait.
void judge_shares(const SoakResult& result, std::vector<std::string>& broken) {
  const auto flood = std::ranges::find(result.crowds, "flood", &Crowd::name);
  for (const Crowd& crowd : result.crowds)
    if (crowd.kind == Crowd::Kind::signers &&
        static_cast<double>(crowd.busy) > busy_part * result.patience * static_cast<double>(crowd.sent) &&
        10 * crowd.answered < 8 * flood->answered)
      broken.push_back(fmt::format("{} (uid {}): {} signatures and {} times busy, beside {} of the account that floods",
                                   crowd.name, crowd.account, crowd.answered, crowd.busy, flood->answered));
}

void judge_resources(const SoakResult& result, std::vector<std::string>& broken) {
  if (result.end.descriptors > result.start.descriptors)
    broken.push_back(
        fmt::format("{} descriptors instead of {} are left", result.end.descriptors, result.start.descriptors));
  if (result.end.rss_kib > result.start.rss_kib + rss_allowance_kib)
    broken.push_back(fmt::format("{:.0f} KiB are left resident, {:.0f} more than before", result.end.rss_kib,
                                 result.end.rss_kib - result.start.rss_kib));
  const double growth = growth_per_minute(result.readings);
  if (result.time >= growth_seen_over && growth > growth_limit_kib)
    broken.push_back(fmt::format("the resident memory grows by {:.1f} KiB a minute", growth));
}

void judge_journal(const SoakResult& result, std::vector<std::string>& broken) {
  const double minutes = std::max(1.0, result.time.count() / 60);
  const double kib = static_cast<double>(result.end.journal_bytes - result.start.journal_bytes) / 1024;
  if (kib / minutes > journal_limit_kib)
    broken.push_back(fmt::format("{:.0f} KiB a minute went into the journal", kib / minutes));
}

}  // namespace

std::vector<std::string> broken_promises(const SoakResult& result) {
  std::vector<std::string> broken;
  for (const Crowd& crowd : result.crowds)
    if (crowd.kind != Crowd::Kind::hostile) judge_answers(crowd, broken);
  judge_shares(result, broken);
  judge_resources(result, broken);
  judge_journal(result, broken);
  return broken;
}

}  // namespace edgeseal::bench
