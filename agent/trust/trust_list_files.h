#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "agent/certificates/transactions.h"
#include "agent/event_loop.h"
#include "agent/trust/trust_lists.h"

namespace edgeseal::agent {

// Trust lists as files (OPC 10000-12 §7.8.2, FileType of OPC 10000-20): handles on a snapshot for reading, or on a
// buffer for writing, which joins the transaction of the application. A handle belongs to who opened it, and ends with
// the activity timeout, when its owner goes, or where others need the room. Loop's thread. Errors: §7.8.2, with
// invalid_argument for a handle that is not the caller's.
class TrustListFiles {
 public:
  struct Settings {
    std::chrono::milliseconds activity_timeout{60'000};
    std::size_t handles = 64;  // in all
    std::size_t handles_per_account = 16;
  };
  // A list was written whole: to be checked and staged.
  using Stage = std::function<void(const TransactionOwner& owner, const dbus::GroupName& group, TrustList list)>;

  TrustListFiles(EventLoop& loop, TrustLists& lists, Transactions& transactions, const Settings& settings, Stage stage);

  static constexpr std::uint8_t mode_read = 1, mode_write = 6;  // OpenFileMode: Read; Write and EraseExisting

  std::uint32_t open(const TransactionOwner& owner, const dbus::GroupName& group, std::uint8_t mode);
  std::uint32_t open_with_masks(const TransactionOwner& owner, const dbus::GroupName& group, TrustListMask masks);
  [[nodiscard]] Bytes read(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle,
                           std::int32_t length);
  void write(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle, ByteView data);
  [[nodiscard]] std::uint64_t position(const TransactionOwner& owner, const dbus::GroupName& group,
                                       std::uint32_t handle);
  void set_position(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle,
                    std::uint64_t position);
  void close(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle);
  void close_and_update(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle);

  [[nodiscard]] std::uint16_t open_count(const dbus::GroupName& group) const;
  [[nodiscard]] bool open_for_writing(const dbus::GroupName& group) const;
  [[nodiscard]] std::chrono::milliseconds activity_timeout() const { return settings_.activity_timeout; }
  void owner_vanished(const std::string& bus_name);
  void forget(const std::string& application);

 private:
  using Content = std::shared_ptr<Bytes>;  // one that is read is not changed

  struct File {
    TransactionOwner owner;
    dbus::GroupName group;
    bool writing = false;
    Content content;
    TrustStorePtr snapshot{};  // and masks: what it is the content of, where it is read
    TrustListMask masks = 0;
    std::size_t position = 0;
    EventLoop::Time idle_until{};
  };
  void make_room(const TransactionOwner& owner);
  [[nodiscard]] std::uint32_t idlest_of(uid_t account) const;
  [[nodiscard]] Content content_of(const TrustStorePtr& snapshot, TrustListMask masks) const;
  [[nodiscard]] std::uint32_t add(File file);
  [[nodiscard]] File& file_of(const TransactionOwner& owner, const dbus::GroupName& group, std::uint32_t handle);
  void remove(std::uint32_t handle);
  void remove_where(const std::function<bool(const File&)>& condition);
  void expire();

  EventLoop& loop_;
  TrustLists& lists_;
  Transactions& transactions_;
  const Settings settings_;
  const Stage stage_;
  EventLoop::Source timer_;
  std::uint32_t last_handle_ = 0;
  std::map<std::uint32_t, File> files_;
};

}  // namespace edgeseal::agent
