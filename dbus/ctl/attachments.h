#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbus/ctl/attachment.h"

namespace edgeseal::ctl {

// The attachments of this machine, as their files say. Files of others are neither replaced nor removed. Throws Failure
// (Usage) where a file can't be read, written or removed.
class Attachments {
 public:
  explicit Attachments(AttachmentPlaces places) : places_(std::move(places)) {}

  [[nodiscard]] const AttachmentPlaces& places() const { return places_; }
  // By service; also those of which only some files are left.
  [[nodiscard]] std::vector<Attachment> list() const;
  // The one of the same service and group.
  [[nodiscard]] std::optional<Attachment> find(const Attachment& wanted) const;

  // Refuses what put() would refuse.
  void check(const std::vector<AttachmentFile>& files) const;
  // Writes `files` and removes what an earlier attachment of the same service and group had besides.
  void put(const Attachment& attachment, const std::vector<AttachmentFile>& files) const;
  // Removes the files of an attachment, and the configuration of OpenSSL with the last one.
  void remove(const Attachment& attachment) const;
  // What systemd made in its chroot to mount the key socket on.
  static void remove_mount_point(const Attachment& attachment);

 private:
  AttachmentPlaces places_;
};

}  // namespace edgeseal::ctl
