#include "agent/inhibitors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include "agent/error.h"

namespace edgeseal::agent {

namespace {

struct Pipe {
  policy::UniqueFd reader, writer;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return {policy::UniqueFd(ends[0]), policy::UniqueFd(ends[1])};
}

bool has_writer(const policy::UniqueFd& reader) {
  pollfd entry{reader.get(), 0, 0};
  return ::poll(&entry, 1, 0) == 0;
}

std::string more_than_one(std::size_t count) {
  return count < 2 ? "" : fmt::format(" (and {} more)", count - 1);
}

}  // namespace

Inhibitors::Inhibitors(EventLoop& loop, Limits limits, Observer observer)
    : loop_(loop), limits_(limits), observer_(std::move(observer)) {}

policy::UniqueFd Inhibitors::take(Inhibitor inhibitor) {
  require_room(inhibitor.uid);
  Pipe pipe = open_pipe();
  Held& added = held_.emplace_back(Held{std::move(inhibitor), std::move(pipe.reader), {}});
  try {
    added.closed = loop_.add_io(added.reader.get(), 0, [this, &added](std::uint32_t) {  // EPOLLHUP comes unasked
      added.closed.disable();  // a source must not end in its own callback
      loop_.post([this] { forget_closed(); });
    });
  } catch (...) {
    held_.pop_back();
    throw;
  }
  observer_.changed();
  return std::move(pipe.writer);
}

void Inhibitors::require_room(uid_t uid) {
  forget_closed();
  if (held_.size() >= limits_.in_all)
    throw Error(Code::too_many_operations,
                fmt::format("there are {} inhibitors, which is the most; \"edgesealctl inhibitors\" tells whose",
                            held_.size()));
  const auto own = std::ranges::count_if(held_, [&](const Held& one) { return one.inhibitor.uid == uid; });
  if (static_cast<std::size_t>(own) >= limits_.of_account)
    throw Error(Code::too_many_operations,
                fmt::format("uid {} has {} inhibitors, which is the most of one account; close one", uid, own));
}

bool Inhibitors::busy() {
  forget_closed();
  return !held_.empty();
}

void Inhibitors::require_free() {
  if (!busy()) return;
  const Inhibitor& oldest = held_.front().inhibitor;
  throw Error(Code::busy, fmt::format("busy: {}: {}{}; try again when \"edgesealctl inhibitors\" shows none",
                                      oldest.who, oldest.why, more_than_one(held_.size())));
}

std::vector<Inhibitors::Inhibitor> Inhibitors::held() {
  forget_closed();
  std::vector<Inhibitor> all;
  std::ranges::transform(held_, std::back_inserter(all), &Held::inhibitor);
  return all;
}

// The observer may ask, and end up here again.
void Inhibitors::forget_closed() {
  if (held_.remove_if([](const Held& one) { return !has_writer(one.reader); }) == 0) return;
  const bool free = held_.empty();
  observer_.changed();
  if (free) observer_.freed();
}

}  // namespace edgeseal::agent
