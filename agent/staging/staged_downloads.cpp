#include "agent/staging/staged_downloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/by_itself.h"

namespace edgeseal::agent {

namespace {

constexpr const char* see_service = "remedy: systemctl status edgeseal-enroll.service";

// Not of the file, which may be as good as any: it can't be kept now.
bool is_of_content(const Error& error) {
  return error.code() != Code::tpm_unavailable && error.code() != Code::state_unavailable &&
         error.code() != Code::internal_error;
}

}  // namespace

StagedDownloads::StagedDownloads(EventLoop& loop, Staging& staging, World world, Times times)
    : loop_(loop), staging_(staging), world_(std::move(world)), times_(times) {
  timer_ = loop.add_timer([this] { act(); });
}

std::chrono::microseconds StagedDownloads::pause_after(const Times& times, unsigned failures) {
  const unsigned doublings = std::min(failures, 16U);  // by then it is the longest in any case
  return std::min(times.first_pause * (1U << doublings), times.longest_pause);
}

void StagedDownloads::look() {
  const std::vector<std::string> wanted = staging_.to_fetch();
  std::erase_if(downloads_, [&](const auto& one) { return std::ranges::find(wanted, one.first) == wanted.end(); });
  for (const std::string& url : wanted) downloads_.try_emplace(url, Download{.at = loop_.now()});
  set_timer();
}

// Nothing begins while somebody is busy; what has begun goes on.
void StagedDownloads::set_timer() {
  const bool busy = world_.busy();
  std::optional<EventLoop::Time> next;
  for (const auto& [url, download] : downloads_)
    if (!busy || download.stage != Stage::rests) next = std::min(next.value_or(download.at), download.at);
  if (next)
    timer_.set_time(*next);
  else
    timer_.disable();
}

std::vector<std::string> StagedDownloads::those(const std::function<bool(const Download&)>& chosen) const {
  std::vector<std::string> urls;
  for (const auto& [url, download] : downloads_)
    if (chosen(download)) urls.push_back(url);
  return urls;
}

void StagedDownloads::act() {
  const bool busy = world_.busy();
  const EventLoop::Time now = loop_.now();
  for (const std::string& url : those([&](const Download& one) { return one.at <= now && one.stage != Stage::rests; }))
    fail(url, std::string(downloads_.at(url).reason));
  for (const std::string& url :
       those([&](const Download& one) { return one.at <= now && one.stage == Stage::rests && !busy; }))
    offer(url);
  set_timer();
}

// Nobody is started for what could not be taken.
void StagedDownloads::offer(const std::string& url) {
  try {
    (void)staging_.source_of(url);
  } catch (const Error& error) {
    return fail(url, error.what());
  }
  Download& download = downloads_.at(url);
  download.stage = Stage::waits;
  download.at = loop_.now() + times_.attempt;
  download.reason = fmt::format("the enrolment service has not fetched it in time; {}", see_service);
  download.called_again = false;
  world_.waiting(url);
}

std::vector<std::string> StagedDownloads::waiting() const {
  return those([](const Download& download) { return download.stage == Stage::waits; });
}

dbus::JobWork StagedDownloads::take(const std::string& url, const std::string& runner) {
  const auto found = downloads_.find(url);
  if (found == downloads_.end() || found->second.stage != Stage::waits)
    throw Error(Code::invalid_state, fmt::format("no download of \"{:.200}\" waits to be taken", url));
  try {
    dbus::JobWork work = staging_.source_of(url);
    work.seconds = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(times_.attempt).count());
    found->second.stage = Stage::taken;
    found->second.at = loop_.now() + times_.attempt;
    found->second.runner = runner;
    set_timer();
    return work;
  } catch (const Error& error) {
    fail(url, error.what());
    throw;
  }
}

void StagedDownloads::report(const std::string& url, const std::string& runner, const dbus::DownloadOutcome& outcome) {
  const auto found = downloads_.find(url);
  if (found == downloads_.end() || found->second.stage != Stage::taken || found->second.runner != runner)
    throw Error(Code::invalid_state, fmt::format("the download of \"{:.200}\" is not yours, or not any more", url));
  if (!outcome.content) return fail(url, outcome.problem);
  rest(url);  // an entry that is complete is not looked for any more
  try {
    staging_.deliver(url, outcome.content->view());
  } catch (const Error& error) {
    if (!is_of_content(error)) throw;
  }
}

void StagedDownloads::runner_vanished(const std::string& runner) {
  for (const std::string& url :
       those([&](const Download& download) { return download.stage == Stage::taken && download.runner == runner; }))
    fail(url, "the enrolment service has ended meanwhile; remedy: journalctl -u edgeseal-enroll.service");
}

// It may have ended for want of work while this came: the next one is for it. One more that ends is not called again.
void StagedDownloads::service_left() {
  for (const std::string& url : waiting())
    if (!std::exchange(downloads_.at(url).called_again, true)) world_.waiting(url);
}

// Somebody may be there whom the bus doesn't start.
void StagedDownloads::service_missing(const std::string& problem) {
  for (const std::string& url : waiting()) {
    Download& download = downloads_.at(url);
    download.reason = fmt::format("nobody fetches it: {:.200}; {}", problem, see_service);
    download.at = std::min(download.at, loop_.now() + times_.unattended);
  }
  set_timer();
}

void StagedDownloads::fail(const std::string& url, const std::string& reason) {
  rest(url);
  by_itself("the record of a download", [&] { staging_.fail_download(url, reason); });
}

void StagedDownloads::rest(const std::string& url) {
  Download& download = downloads_.at(url);
  download = {.at = loop_.now() + pause_after(times_, download.failures), .failures = download.failures + 1};
  set_timer();
}

}  // namespace edgeseal::agent
