#include "agent/trust/trust_list_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/error.h"
#include "agent/group_name.h"

namespace edgeseal::agent {

namespace {

[[noreturn]] void refuse_direction(bool writing) {
  throw Error(Code::invalid_state, writing ? "the handle is open for writing, not for reading"
                                           : "the handle is open for reading, not for writing");
}

}  // namespace

TrustListFiles::TrustListFiles(EventLoop& loop, TrustLists& lists, Transactions& transactions, const Settings& settings,
                               Stage stage)
    : loop_(loop), lists_(lists), transactions_(transactions), settings_(settings), stage_(std::move(stage)) {
  timer_ = loop_.add_timer([this] { expire(); });
}

std::uint32_t TrustListFiles::open(const TransactionOwner& owner, const dbus::GroupName& group, std::uint8_t mode) {
  if (mode == mode_read) return open_with_masks(owner, group, all_lists_mask);
  if (mode != mode_write)
    throw Error(Code::not_supported,
                fmt::format("a trust list is opened with mode 1 (Read) or 6 (Write and EraseExisting), not {}", mode));
  transactions_.require_free(owner, group.application);
  if (open_for_writing(group))
    throw Error(Code::invalid_state, fmt::format("the trust list of {} is open for writing already", name_of(group)));
  make_room(owner);
  transactions_.opened_for_writing(owner, group.application, group.group);
  return add({owner, group, true, std::make_shared<Bytes>()});
}

std::uint32_t TrustListFiles::open_with_masks(const TransactionOwner& owner, const dbus::GroupName& group,
                                              TrustListMask masks) {
  if ((masks & ~all_lists_mask) != 0)
    throw Error(Code::invalid_argument, fmt::format("{:#x} is no sum of TrustListMasks", masks));
  const TrustStorePtr snapshot = lists_.store(group);
  make_room(owner);
  return add({owner, group, false, content_of(snapshot, masks), snapshot, masks});
}

// Readers of the same have the same, so that many of them take no more memory than one.
TrustListFiles::Content TrustListFiles::content_of(const TrustStorePtr& snapshot, TrustListMask masks) const {
  const auto same = std::ranges::find_if(
      files_, [&](const auto& entry) { return entry.second.snapshot == snapshot && entry.second.masks == masks; });
  if (same != files_.end()) return same->second.content;
  return std::make_shared<Bytes>(encode_trust_list(select(snapshot->list(), masks)));
}

Bytes TrustListFiles::read(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle,
                           std::int32_t length) {
  File& file = file_of(owner, group, handle);
  if (file.writing) refuse_direction(true);
  if (length <= 0) throw Error(Code::invalid_argument, "the length to read is not positive");
  const std::size_t size = std::min(static_cast<std::size_t>(length), file.content->size() - file.position);
  const auto begin = file.content->begin() + static_cast<std::ptrdiff_t>(file.position);
  file.position += size;
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

void TrustListFiles::write(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle,
                           ByteView data) {
  File& file = file_of(owner, group, handle);
  if (!file.writing) refuse_direction(false);
  const std::size_t end = file.position + data.size();
  if (end > lists_.max_size())
    throw Error(Code::request_too_large, fmt::format("the trust list would have {} bytes or more; at most {} are taken",
                                                     end, lists_.max_size()));
  if (end > file.content->size()) file.content->resize(end);
  std::ranges::copy(data, file.content->begin() + static_cast<std::ptrdiff_t>(file.position));
  file.position = end;
}

std::uint64_t TrustListFiles::position(const TransactionOwner& owner, const dbus::GroupName& group,
                                       std::uint32_t handle) {
  return file_of(owner, group, handle).position;
}

// Behind the end it is the end (OPC 10000-20 §4.2.7).
void TrustListFiles::set_position(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle,
                                  std::uint64_t position) {
  File& file = file_of(owner, group, handle);
  file.position = static_cast<std::size_t>(std::min<std::uint64_t>(position, file.content->size()));
}

void TrustListFiles::close(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle) {
  static_cast<void>(file_of(owner, group, handle));
  remove(handle);
}

void TrustListFiles::close_and_update(const TransactionOwner& owner, const dbus::GroupName& group,
                                      std::uint32_t handle) {
  const File& file = file_of(owner, group, handle);
  if (!file.writing) refuse_direction(false);
  const Content content = file.content;
  remove(handle);  // whatever is wrong with what was written (§7.8.2.5)
  stage_(owner, group, decode_trust_list(*content));
}

std::uint16_t TrustListFiles::open_count(const dbus::GroupName& group) const {
  return static_cast<std::uint16_t>(
      std::ranges::count_if(files_, [&](const auto& entry) { return entry.second.group == group; }));
}

bool TrustListFiles::open_for_writing(const dbus::GroupName& group) const {
  return std::ranges::any_of(files_,
                             [&](const auto& entry) { return entry.second.writing && entry.second.group == group; });
}

void TrustListFiles::owner_vanished(const std::string& bus_name) {
  remove_where([&](const File& file) { return file.owner.bus_name == bus_name; });
}

void TrustListFiles::forget(const std::string& application) {
  remove_where([&](const File& file) { return file.group.application == application; });
}

// Where no more may be open, the account with the most of them leaves room for one with less.
void TrustListFiles::make_room(const TransactionOwner& owner) {
  std::map<uid_t, std::size_t> open;
  for (const auto& [handle, file] : files_) ++open[file.owner.uid];
  const std::size_t own = open[owner.uid];
  const auto greediest = std::ranges::max_element(open, {}, [](const auto& entry) { return entry.second; });
  const bool full = files_.size() >= settings_.handles;
  if (own >= settings_.handles_per_account || (full && greediest->second <= own + 1))
    throw Error(Code::busy, fmt::format("{} trust lists are open, {} of them by this account; at most {}, and {} for "
                                        "each: close some first",
                                        files_.size(), own, settings_.handles, settings_.handles_per_account));
  if (full) remove(idlest_of(greediest->first));
}

std::uint32_t TrustListFiles::idlest_of(uid_t account) const {
  const auto idle_until = [&](const auto& entry) {
    return entry.second.owner.uid == account ? entry.second.idle_until : EventLoop::Time::max();
  };
  return std::ranges::min_element(files_, {}, idle_until)->first;
}

std::uint32_t TrustListFiles::add(File file) {
  do {
    ++last_handle_;
  } while (last_handle_ == 0 || files_.contains(last_handle_));
  file.idle_until = loop_.now() + settings_.activity_timeout;
  if (files_.empty()) timer_.set_time(file.idle_until);
  files_.emplace(last_handle_, std::move(file));
  return last_handle_;
}

TrustListFiles::File& TrustListFiles::file_of(const TransactionOwner& owner, const dbus::GroupName& group,
                                              std::uint32_t handle) {
  const auto found = files_.find(handle);
  if (found == files_.end() || found->second.owner != owner || found->second.group != group)
    throw Error(Code::invalid_argument, fmt::format("{} is no handle that you opened on the trust list of {}, or it "
                                                    "was idle for too long, or others needed the room",
                                                    handle, name_of(group)));
  found->second.idle_until = loop_.now() + settings_.activity_timeout;
  return found->second;
}

void TrustListFiles::remove(std::uint32_t handle) {
  const File file = std::move(files_.extract(handle).mapped());
  if (file.writing) transactions_.closed(file.group.application, file.group.group);
}

void TrustListFiles::remove_where(const std::function<bool(const File&)>& condition) {
  std::vector<std::uint32_t> handles;
  for (const auto& [handle, file] : files_)
    if (condition(file)) handles.push_back(handle);
  for (const std::uint32_t handle : handles) remove(handle);
}

// Set for the first that may be due; finds out here who was used meanwhile.
void TrustListFiles::expire() {
  const EventLoop::Time now = loop_.now();
  remove_where([&](const File& file) { return file.idle_until <= now; });
  const auto next = std::ranges::min_element(files_, {}, [](const auto& entry) { return entry.second.idle_until; });
  if (next != files_.end()) timer_.set_time(next->second.idle_until);
}

}  // namespace edgeseal::agent
